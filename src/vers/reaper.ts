/**
 * Machines whose deletion failed are deleted again, each after a pause that grows with its tries, until the platform's own
 * list is without them. The hub's ledger says which there are; without the hub, or the platform, it is tried again later.
 */
import type { Undeleted } from "../contract/undeleted.ts";
import { reason } from "../errors.ts";
import type { Clock, Timer } from "../world.ts";
import type { Ended } from "./machines.ts";

export interface ReaperParts {
	readonly clock: Pick<Clock, "now" | "after">;
	/** This host's, in the ledger. */
	noted(): Promise<readonly Undeleted[]>;
	/** Ids of all that the platform lists. */
	listed(): Promise<readonly string[]>;
	end(machine: string): Promise<Ended>;
	/** A further try failed: into the ledger. */
	left(machine: string, ended: Extract<Ended, { type: "left" }>): void;
	/** The hub judges by the list which are gone, and says so. */
	confirm(seen: readonly Undeleted[], listed: readonly string[]): Promise<readonly string[]>;
	/** Some are gone: there may be room for others. */
	freed(): void;
	/** Whether any may be left, also after a restart. */
	remember(some: boolean): void;
	complain(what: string): void;
}

/** ms after the first try, doubled with each, up to the longest. */
export const REAP_MS = 60_000;
export const REAP_MAX_MS = 6 * 3_600_000;

/** When a machine is to be deleted again, wall time in ms. A clock that was set back makes no longer pause. */
export function dueAt({ tries, lastAt }: Pick<Undeleted, "tries" | "lastAt">, now: number): number {
	const pause = Math.min(REAP_MAX_MS, REAP_MS * 2 ** (tries - 1));
	return Math.min(Date.parse(lastAt), now) + pause;
}

export class Reaper {
	readonly #parts: ReaperParts;
	#timer: Timer | undefined;
	#running = false;
	/** Why the last round failed: said once for each reason, for a platform that is away for a night fills no log. */
	#why: string | undefined;
	#closed = false;

	constructor(parts: ReaperParts) {
		this.#parts = parts;
	}

	/** A machine was left, or may have been: it is looked at after the shortest pause. */
	begin(): void {
		this.#parts.remember(true);
		this.#arm(REAP_MS);
	}

	close(): void {
		this.#closed = true;
		this.#timer?.cancel();
	}

	/** One round: what is due is deleted again, and what the list is without is confirmed as gone. */
	async round(): Promise<void> {
		if (this.#running || this.#closed) return;
		this.#running = true;
		try {
			this.#arm(await this.#reap());
			this.#why = undefined;
		} catch (thrown) {
			const why = reason(thrown);
			if (this.#why !== why && !this.#closed) this.#parts.complain(`what is left to be deleted: ${why}`);
			this.#why = why;
			this.#arm(REAP_MS);
		} finally {
			this.#running = false;
		}
	}

	/** ms until the next round; undefined when nothing is left. */
	async #reap(): Promise<number | undefined> {
		const { clock, noted, listed, end, left, confirm, freed, remember } = this.#parts;
		for (const one of await noted()) {
			if (this.#closed || dueAt(one, clock.now()) > clock.now()) continue;
			const ended = await end(one.machine);
			if (ended.type === "left") left(one.machine, ended);
		}
		// The ledger is read before the platform is asked: what is tried meanwhile is not proven by this list.
		const seen = await noted();
		const gone = seen.length === 0 ? [] : await confirm(seen, await listed());
		if (gone.length > 0) freed();
		const rest = seen.filter(({ machine }) => !gone.includes(machine));
		remember(rest.length > 0);
		if (rest.length === 0) return undefined;
		const now = clock.now();
		return Math.max(REAP_MS, Math.min(...rest.map((one) => dueAt(one, now))) - now);
	}

	#arm(ms: number | undefined): void {
		this.#timer?.cancel();
		this.#timer = ms === undefined || this.#closed ? undefined : this.#parts.clock.after(ms, () => void this.round());
	}
}
