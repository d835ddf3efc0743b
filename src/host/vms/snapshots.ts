/**
 * Each snapshot that this host takes is in the ledger. What is to stand there is stored before the platform is asked: where its
 * answer is lost, or this host is killed right after, the snapshot is found in the platform's list and recorded all the same.
 */
import type { Static } from "@sinclair/typebox";
import * as contract from "../../contract/commits.ts";
import { Fault, reason } from "../../errors.ts";
import type { Commit, VersClient } from "../../vers/client.ts";
import { VersFault } from "../../vers/fault.ts";
import type { World } from "../../world.ts";
import type { Store } from "../store/store.ts";

/** What the ledger is to hold, but for the id, which the platform gives. */
export type Due = Omit<Static<typeof contract.record.input>, "commitId">;

export interface Wanted {
	readonly due: Due;
	/** Whose token records it. */
	readonly author: string;
	readonly keepPaused?: boolean;
	/** As the platform shows it. */
	readonly name?: string;
}

interface Begun {
	readonly id: string;
	readonly author: string;
	readonly due: Due;
	/** Snapshots of that VM that are no answer to this. */
	readonly before: readonly string[];
}

export interface SnapshotsParts {
	readonly world: World;
	readonly store: Store;
	client(): Promise<VersClient>;
	newId(): string;
	/** Kept for the hub, in the author's name, under this key. */
	keep(author: string, operation: string, input: unknown, key: string): void;
	complain(what: string): void;
}

const NOTE = "snapshot begun ";
const AGAIN_MS = 60_000;

export class Snapshots {
	readonly #parts: SnapshotsParts;
	/** What an earlier host has left is told from what this one takes. */
	#settling: Promise<void> = Promise.resolve();
	/** Those that this process waits for: their answer may still come. */
	readonly #asked = new Set<string>();

	constructor(parts: SnapshotsParts) {
		this.#parts = parts;
	}

	begin(): void {
		if (this.#begun().length > 0) this.#settling = this.#settle();
	}

	/** Takes one; its id. It is recorded, whatever happens from here on. Throws what the platform refuses. */
	async take({ due, author, ...how }: Wanted): Promise<string> {
		await this.#settling;
		const client = await this.#parts.client();
		const begun = { id: this.#parts.newId(), author, due, before: await listed(client, due.vmId) };
		this.#note(begun);
		this.#asked.add(begun.id);
		try {
			const commit = await this.#answered(client, begun, how);
			this.#record(begun, commit);
			return commit;
		} finally {
			this.#asked.delete(begun.id);
		}
	}

	async #answered(
		client: VersClient,
		begun: Begun,
		how: { readonly keepPaused?: boolean; readonly name?: string },
	): Promise<string> {
		try {
			return await client.commit(begun.due.vmId, how);
		} catch (thrown) {
			// Surely not taken: nothing is to be looked for.
			if (thrown instanceof VersFault && !thrown.maybeDone) this.#forget(begun.id);
			else {
				const [one, another] = await this.#fresh(client, begun).catch(() => []);
				if (one !== undefined && another === undefined) return one;
				this.#later();
			}
			throw thrown;
		}
	}

	/** Of that VM, and not there before. */
	async #fresh(client: VersClient, { due, id }: Begun): Promise<readonly string[]> {
		const now = await listed(client, due.vmId);
		// Asked again: others may have been recorded since.
		const before = this.#begun().find((one) => one.id === id)?.before ?? [];
		return now.filter((commit) => !before.includes(commit));
	}

	async #settle(): Promise<void> {
		try {
			const client = await this.#parts.client();
			for (const begun of this.#begun().filter(({ id }) => !this.#asked.has(id))) {
				const fresh = await this.#fresh(client, begun);
				if (fresh.length === 0) this.#forget(begun.id);
				// Which of several is this one's nobody can say: each may hold what memory held.
				const due = fresh.length > 1 ? careful(begun.due) : begun.due;
				for (const commit of fresh) this.#record({ ...begun, due }, commit);
			}
		} catch (thrown) {
			this.#parts.complain(`a snapshot that was begun is not yet looked for: ${reason(thrown)}`);
			if (thrown instanceof Fault) this.#later();
		}
	}

	#later(): void {
		this.#parts.world.clock.after(AGAIN_MS, () => void this.#settle());
	}

	#record({ id, author, due }: Begun, commit: string): void {
		const { store, keep } = this.#parts;
		store.transaction(() => {
			keep(author, contract.record.name, { commitId: commit, ...due }, `commit ${commit}`);
			for (const other of this.#begun())
				if (other.due.vmId === due.vmId && other.id !== id) this.#note({ ...other, before: [...other.before, commit] });
			this.#forget(id);
		});
	}

	#note({ id, ...begun }: Begun): void {
		this.#parts.store.setMeta(`${NOTE}${id}`, JSON.stringify(begun));
	}

	#forget(id: string): void {
		this.#parts.store.run("delete from meta where key = ?", `${NOTE}${id}`);
	}

	#begun(): readonly Begun[] {
		return this.#parts.store
			.rows("select key, value from meta where key like 'snapshot begun %' order by key")
			.map(({ key, value }) => ({ ...JSON.parse(String(value)), id: String(key).slice(NOTE.length) }) as Begun);
	}
}

/** One that cannot list them leaves a lost answer unsettled, and takes snapshots all the same. */
async function listed(client: VersClient, vm: string): Promise<readonly string[]> {
	try {
		return (await client.commits()).filter((one) => isOf(one, vm)).map(({ id }) => id);
	} catch (thrown) {
		if (thrown instanceof VersFault && thrown.type !== "transient" && thrown.type !== "auth") return [];
		throw thrown;
	}
}

/** A platform that does not say of which VM it is leaves all in question. */
const isOf = ({ vm }: Commit, wanted: string): boolean => vm === undefined || vm === wanted;

const careful = ({ tags = [], ...due }: Due): Due => ({
	...{ ...due, containsSecrets: true, tags: tags.filter((tag) => tag !== contract.GOLDEN) },
});
