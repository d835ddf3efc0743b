/**
 * One other machine, as this host sees it: the way there, the host there, and the lieutenants that run there for this
 * one. The way may break and come back at any time: calls wait and are asked again under the same key, rows are sent
 * whole again, notices until they are stored here.
 */
import { createHostClient, type HostClient, type HostState } from "../../client/host.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import type { Acting, Call, Launch, Notice } from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { Fault, fault, reason } from "../../errors.ts";
import type { Timer, World } from "../../world.ts";
import type { Carried, Carrier } from "./carrier.ts";

/** ms without a way there, after which its lieutenants are shown as unreachable (`protocol.md` §6). */
export const UNREACHABLE_MS = 30_000;
/** Pauses before a way that could not be made is tried again, in ms; the last one repeats. */
const PAUSES = [0, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000] as const;
/** A way that stands and leads to no host for so long, in ms, is made anew, which starts a host: its loop was ended, too. */
const HOSTLESS_MS = 5_000;
/** A new lieutenant's work is claimed in the hub: so long, in ms, its host is given to hear where that is. */
const MEET_MS = 10_000;
/** A call waits so long for a way that is gone, in ms: one that heals at once is not worth a refusal. */
const PATIENCE = 15_000;

export interface PeerParts {
	readonly world: World;
	readonly version: string;
	/** This host's id. */
	readonly host: string;
	/** `ssh:user@machine:port`. */
	readonly place: string;
	readonly carrier: Carrier;
	/** As last stored. */
	readonly rows: readonly Lieutenant[];
	/** Stores what changed, and tells the sessions. */
	changed(rows: readonly Lieutenant[]): void;
	/** Stores a notice; only then it is acknowledged there. */
	notice(notice: Notice): void;
	/** Where the hub is, if one is known. */
	hub(): string | null;
	/** What opens models for those who live there. */
	keys(): Readonly<Record<string, string>>;
	/** The platform does not know the machine any more: what was there ends. */
	gone(rows: readonly Lieutenant[], why: string): void;
	/** Makes the hub token of a host there known, so that it can link by itself. */
	letIn(host: string, tokenHash: string): Promise<void>;
	complain(what: string): void;
}

/** What is passed on for somebody else. */
export interface Passed {
	readonly target?: string | undefined;
	readonly key?: string | undefined;
	readonly acting?: Acting | undefined;
	readonly author: NonNullable<Call["author"]>;
	readonly launch?: Launch | undefined;
}

export class Peer {
	/** Calls under way that need it. */
	uses = 0;
	readonly #parts: PeerParts;
	readonly #rows = new Map<string, Lieutenant>();
	readonly #client: HostClient;
	readonly #ended = new AbortController();
	readonly #waiting = new Set<(what: string) => void>();
	readonly #meeting = new Set<() => void>();
	/** The host there was met, and told where the hub is. */
	#settled = false;
	#carried: Carried | undefined;
	#opening: Promise<Carried> | undefined;
	#failures = 0;
	/** `elapsed` when the host there was last heard to be away. */
	#awaySince: number | undefined;
	#why = "";
	#silence: Timer | undefined;
	#unreachable = false;
	/** Until what must not be disturbed there is over. */
	#still: Promise<void> | undefined;
	/** Why nothing is there any more. */
	#over: string | undefined;
	#hash: { readonly host: string; readonly token: string | undefined } | undefined;

	constructor(parts: PeerParts) {
		this.#parts = parts;
		for (const row of parts.rows) this.#rows.set(row.id, row);
		const { world, version, host } = parts;
		this.#client = createHostClient({
			world,
			version,
			caller: { type: "host", host },
			findHost: () => this.#address(),
		});
		this.#lost();
		this.#client.listen({
			onState: (state) => this.#state(state),
			onLieutenants: (rows, all) => this.#learn(rows, all),
			onNotice: (notice) => {
				parts.notice(notice);
				this.#client.acknowledge([notice.id]);
			},
		});
		this.#client.connect();
	}

	get place(): string {
		return this.#parts.place;
	}

	/** Its lieutenants, as they are shown. */
	rows(): readonly Lieutenant[] {
		return [...this.#rows.values()].map((row) => this.#shown(row));
	}

	/** Resolves with the way there. `step` hears what is done to make it. Rejects with why there is none. */
	async ready(step: (what: string) => void): Promise<Carried> {
		this.#waiting.add(step);
		try {
			return await this.#way();
		} finally {
			this.#waiting.delete(step);
		}
	}

	/** The machine is no more. */
	get over(): boolean {
		return this.#over !== undefined;
	}

	/** Works while nothing of ours runs there; then the way is made anew, which starts host and loop with their keys. */
	async still<T>(work: () => Promise<T>): Promise<T> {
		const way = await this.#way();
		let over: () => void = () => undefined;
		this.#still = new Promise((resolve) => {
			over = resolve;
		});
		try {
			await way.halt();
			return await work();
		} finally {
			this.#still = undefined;
			over();
			if (this.#carried === way) this.#carried = undefined;
			void way.close();
		}
	}

	/** Keys go by word to a machine whose disk a snapshot takes along. */
	giveKeys(): void {
		if (this.#carried?.volatile === true) this.#client.tellKeys(this.#parts.keys());
	}

	/** Resolves once the host there was met and has its hub, or soon in any case: without either, calls say so. */
	async met(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.#meeting.add(resolve);
			this.#parts.world.clock.after(MEET_MS, resolve);
			if (this.#settled) resolve();
		});
	}

	/** Asks the host there. Throws its refusal, or `machine_unreachable`. */
	async call(operation: AnyOperation, input: unknown, passed: Passed): Promise<unknown> {
		try {
			return await this.#client.call(operation, input as never, { ...passed, patience: PATIENCE });
		} catch (thrown) {
			if (thrown instanceof Fault && thrown.code === "host_unreachable")
				throw fault("machine_unreachable", this.place, this.#why);
			throw thrown;
		}
	}

	/** The hub is reached from there, and lets that host in. Without a hub it keeps what it has to tell. */
	async bringHub(): Promise<void> {
		const { hub, letIn, complain } = this.#parts;
		const url = hub();
		if (url === null || this.#carried === undefined || this.#hash?.token === undefined) return;
		try {
			await letIn(this.#hash.host, this.#hash.token);
			this.#client.tellHub(await this.#carried.bring(url));
		} catch (thrown) {
			complain(`${this.place} does not reach the hub: ${reason(thrown)}`);
		}
	}

	/** The host there and its agents go on. */
	close(): void {
		this.#ended.abort();
		this.#silence?.cancel();
		this.#client.close();
		void this.#carried?.close();
	}

	/** The socket of the host there; the way is made anew when it is gone, after a pause that grows. */
	async #address(): Promise<string> {
		await this.#still;
		const { clock } = this.#parts.world;
		if (this.#carried !== undefined && clock.elapsed() - (this.#awaySince ?? clock.elapsed()) > HOSTLESS_MS) {
			void this.#carried.close();
			this.#carried = undefined;
		}
		const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)] ?? 0;
		if (this.#carried === undefined && pause > 0)
			await new Promise<void>((resolve) => this.#parts.world.clock.after(pause, resolve));
		return (await this.#way()).address;
	}

	async #way(): Promise<Carried> {
		if (this.#carried !== undefined) return this.#carried;
		this.#opening ??= this.#open().finally(() => {
			this.#opening = undefined;
		});
		return await this.#opening;
	}

	async #open(): Promise<Carried> {
		this.#ended.signal.throwIfAborted();
		if (this.#over !== undefined) throw fault("machine_unreachable", this.place, this.#over);
		try {
			const step = (what: string) => {
				for (const tell of this.#waiting) tell(what);
			};
			const carried = await this.#parts.carrier.open(step, this.#ended.signal);
			this.#failures = 0;
			this.#awaySince = undefined;
			this.#carried = carried;
			void carried.closed.then((why) => {
				this.#why = why;
				if (this.#carried === carried) this.#carried = undefined;
			});
			return carried;
		} catch (thrown) {
			this.#failures++;
			if (this.#why !== reason(thrown)) this.#parts.complain(`${this.place}: ${reason(thrown)}`);
			this.#why = reason(thrown);
			if (thrown instanceof Fault && thrown.code === "vers_gone" && this.#rows.size > 0) this.#end(thrown.message);
			throw thrown;
		}
	}

	/** Told by the platform, not by the line: each of its lieutenants has failed, once, and nobody reaches for them. */
	#end(why: string): void {
		if (this.#over !== undefined) return;
		this.#over = `its machine is gone (${why.replace(/\.$/, "")})`;
		const lost = [...this.#rows.values()].filter(({ state }) => state !== "failed" && state !== "gone");
		for (const row of lost) {
			const { tool: _, ...left } = row;
			this.#rows.set(row.id, { ...left, state: "failed", reason: this.#over, cause: { type: "machine-gone" } });
		}
		this.#silence?.cancel();
		this.#client.close();
		const rows = this.rows().filter(({ id }) => lost.some((row) => row.id === id));
		this.#parts.gone(rows, this.#over);
		this.#parts.changed(rows);
	}

	/** One that was made or has come there, as the answer to that says: its row may be told later. */
	take(row: Lieutenant): void {
		if (!this.#rows.has(row.id)) this.#learn([row], false);
	}

	/** It has gone elsewhere: its row here is another machine's now. */
	drop(id: string): void {
		this.#rows.delete(id);
	}

	/** One of a machine that is no more: nothing has to be ended, its row goes. */
	forget(id: string): void {
		const row = this.#rows.get(id);
		if (row === undefined || this.#over === undefined) return;
		this.#rows.delete(id);
		this.#parts.changed([{ ...row, state: "gone" }]);
	}

	#state(state: HostState): void {
		if (state.type === "away") {
			this.#awaySince ??= this.#parts.world.clock.elapsed();
			this.#settled = false;
			if (this.#carried !== undefined) this.#why = state.why.message;
			this.#lost();
			return;
		}
		if (state.type !== "connected") return;
		this.#awaySince = undefined;
		this.#silence?.cancel();
		this.#silence = undefined;
		this.#hash = { host: state.host, token: state.tokenHash };
		this.giveKeys();
		void this.bringHub().then(() => {
			this.#settled = true;
			for (const tell of this.#meeting) tell();
			this.#meeting.clear();
		});
	}

	/** Without a word from there for a while nobody knows how they are. */
	#lost(): void {
		if (this.#over !== undefined) return;
		this.#silence ??= this.#parts.world.clock.after(UNREACHABLE_MS, () => {
			this.#unreachable = true;
			this.#parts.changed(this.rows());
		});
	}

	/** The first rows of a connection are all there are: who is missing has ended meanwhile. */
	#learn(rows: readonly Lieutenant[], all: boolean): void {
		const { place, changed } = this.#parts;
		const here = rows.map((row) => ({ ...row, place }));
		const ids = new Set(here.map(({ id }) => id));
		const missing = all ? [...this.#rows.values()].filter(({ id }) => !ids.has(id)) : [];
		const told = [...here, ...missing.map((row) => ({ ...row, state: "gone" }) as const)];
		this.#unreachable = false;
		for (const row of told) {
			if (row.state === "gone") this.#rows.delete(row.id);
			else this.#rows.set(row.id, row);
		}
		changed(told);
	}

	#shown(row: Lieutenant): Lieutenant {
		if (!this.#unreachable || this.#over !== undefined) return row;
		const why = this.#why === "" ? `${this.place} is not reached` : this.#why.replace(/\.$/, "");
		return { ...row, state: "unreachable", reason: `${why}; it may well be at work` };
	}
}
