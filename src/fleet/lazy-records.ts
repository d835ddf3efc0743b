/**
 * Records that are opened when first used, and shared by the extensions of one pi process: pi gives each extension
 * modules of its own, and loading the client in each would cost every session for nothing.
 */
import type { Records } from "../gates/records.ts";

export interface Opened {
	readonly records: Records;
	leave(): void;
}

export type Open = () => Promise<Opened>;

interface Shared {
	users: number;
	opened: Promise<Opened> | undefined;
}

const SLOT = Symbol.for("flagship.records");

export interface RecordsUse extends Records {
	/** At session_shutdown, after the last write. */
	leave(): Promise<void>;
}

/** `open` is called at most once among all users, at the first write of any; a failed opening is tried again. */
export function useRecords(open: Open): RecordsUse {
	const place = globalThis as { [SLOT]?: Shared };
	place[SLOT] ??= { users: 0, opened: undefined };
	const shared = place[SLOT];
	shared.users += 1;
	let left = false;

	const records = async (): Promise<Records> => {
		shared.opened ??= open();
		try {
			return (await shared.opened).records;
		} catch (thrown) {
			shared.opened = undefined;
			throw thrown;
		}
	};
	return {
		append: async (entry, key) => (await records()).append(entry, key),
		publish: async (event, key) => (await records()).publish(event, key),
		fired: async () => (await records()).fired(),
		holdsTask: async (agent) => (await records()).holdsTask(agent),
		territories: async () => (await records()).territories(),
		noteTask: async (task, content, key) => (await records()).noteTask(task, content, key),
		beginTask: async (title, key) => (await records()).beginTask(title, key),
		wayBack: async () => (await records()).wayBack(),
		recordUsage: async (session, key) => (await records()).recordUsage(session, key),
		async leave() {
			if (left) return;
			left = true;
			shared.users -= 1;
			if (shared.users > 0) return;
			if (place[SLOT] === shared) delete place[SLOT];
			const opened = shared.opened;
			shared.opened = undefined;
			// An opening that failed has said so to whoever wrote.
			await opened?.then(
				(one) => one.leave(),
				() => undefined,
			);
		},
	};
}
