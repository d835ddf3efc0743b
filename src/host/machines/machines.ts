/**
 * The other machines on which this host's lieutenants run. An orchestrator talks to its own host alone, with the same
 * tools for all places: what concerns a lieutenant elsewhere is passed on to the host there, and comes back from it.
 */

import { untilAborted } from "../../client/time.ts";
import { type Lieutenant, type LieutenantState, pause, resume } from "../../contract/lieutenants.ts";
import type { Call, Launch, Notice } from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import type { Settings } from "../../daemon/settings.ts";
import { fault, reason } from "../../errors.ts";
import { onlyKeys } from "../../pi/environment.ts";
import type { World } from "../../world.ts";
import type { Context } from "../calls.ts";
import type { KeptMachines } from "../store/machines.ts";
import { VmWays } from "../vms/ways.ts";
import type { Around, Carrier, Carry } from "./carrier.ts";
import { Peer } from "./peer.ts";
import { machineSettings } from "./settings.ts";
import type { Ssh } from "./ssh.ts";

/** Their pi runs. */
const AWAKE: readonly LieutenantState[] = ["starting", "idle", "working", "stalled", "unreachable"];
/** Done by this host, wherever the lieutenant is. */
const HERE: readonly string[] = ["lieutenants.create", "lieutenants.move"];

/** Its answer is the row of another lieutenant, without which nobody would live there any more. */
const SUCCESSOR = "lieutenants.replace";

/** Another machine, for the time of a piece of work that needs more than a call. */
export interface Visit {
	/** Home folder of the account there. */
	readonly folder: string;
	/** What is asked there carries `key`, so that it is done once. */
	ask(operation: AnyOperation, input: unknown, key: string): Promise<unknown>;
	put(file: string, there: string): Promise<void>;
	fetch(there: string, file: string): Promise<void>;
	/** This lieutenant lives there no more; nobody is told. */
	drop(id: string): void;
}

export interface MachinesParts {
	readonly world: World;
	readonly version: string;
	/** This host's id. */
	readonly host: string;
	readonly kept: KeptMachines;
	readonly settings: Settings;
	readonly carry: Carry;
	readonly around: Pick<Around, "launch" | "platform">;
	/** The platform does not know the machine of these any more: told, and their tasks given back. */
	gone(rows: readonly Lieutenant[], why: string): void;
	/** Nobody lives there any more. */
	left(place: string): void;
	/** These rows go to all sessions. */
	changed(rows: readonly Lieutenant[]): void;
	/** A notice that was made elsewhere, for an orchestrator of this host. */
	notice(notice: Notice): void;
	/** Where the hub is, if one is known. */
	hub(): string | null;
	/** Makes the hub token of a host elsewhere known. */
	letIn(host: string, tokenHash: string): Promise<void>;
	complain(what: string): void;
}

export class Machines {
	readonly #parts: MachinesParts;
	readonly #peers = new Map<string, Peer>();
	/** By lieutenant: what of its row was stored last. */
	readonly #saved = new Map<string, string>();

	/** To VMs that somebody has at hand. */
	readonly ways: VmWays;

	constructor(parts: MachinesParts) {
		this.#parts = parts;
		this.ways = new VmWays({ open: (vm, signal) => this.#reach(`vers:${vm}`, signal) });
	}

	/** The way to a machine on which nobody has to live; no key goes there. */
	carrier(place: string): Carrier {
		const { carry, around } = this.#parts;
		return carry(place, { ...around, keys: () => ({}) });
	}

	#reach(place: string, signal: AbortSignal): Promise<Ssh> {
		const carrier = this.carrier(place);
		if (carrier.reach === undefined) throw fault("machine_unreachable", place, "there is no ssh from here");
		return carrier.reach(signal);
	}

	/** Those with lieutenants are reached for at once. */
	begin(): void {
		for (const [place, rows] of this.#parts.kept.all()) {
			try {
				this.#peer(place, rows);
			} catch (thrown) {
				this.#parts.complain(`${place} cannot be reached for: ${reason(thrown)}`);
			}
		}
	}

	/** A hub has come, perhaps at another address. */
	hubMoved(): void {
		for (const peer of this.#peers.values()) void peer.bringHub();
	}

	close(): void {
		for (const peer of this.#peers.values()) peer.close();
		this.ways.close();
	}

	/** Somebody lives elsewhere, and would not be heard without this host. */
	get busy(): boolean {
		return this.rows().length > 0;
	}

	rows(): readonly Lieutenant[] {
		return [...this.#peers.values()].flatMap((peer) => peer.rows());
	}

	named(name: string): Lieutenant | undefined {
		return this.rows().find((row) => row.name === name);
	}

	/** What passes this call on, where its lieutenant lives elsewhere; undefined for all others. */
	route(operation: AnyOperation, { target, input }: Call): ((context: Context) => Promise<unknown>) | undefined {
		if (!operation.name.startsWith("lieutenants.") || this.#peers.size === 0) return undefined;
		const name = (input as { name?: unknown }).name;
		const row = this.rows().find(({ id, name: own }) => (target === undefined ? own === name : id === target));
		if (row === undefined || HERE.includes(operation.name)) return undefined;
		return (context) => this.pass(row, operation, input, context);
	}

	/** Somebody lives there, or is being made there. */
	lived(place: string): boolean {
		const peer = this.#peers.get(place);
		return peer !== undefined && (peer.uses > 0 || peer.rows().length > 0);
	}

	/** What is asked of one whose machine is gone: its end is only noted; nothing else can be. */
	#over(peer: Peer, { id, name, reason: why }: Lieutenant, operation: AnyOperation): unknown {
		if (operation.name !== "lieutenants.destroy") throw fault("lieutenant_deaf", name, "failed", why);
		peer.forget(id);
		return { destroyed: [{ name, kept: [] }], failed: [] };
	}

	/** Asks the host where this one lives, in the name of who asks here. */
	pass(row: Lieutenant, operation: AnyOperation, input: unknown, context: Context): Promise<unknown> {
		const { id, place } = row;
		return this.#using(place, async (peer) => {
			if (peer.over) return this.#over(peer, row, operation);
			const answer = await peer.call(operation, input, { ...passed(context), target: id });
			return operation.name === SUCCESSOR ? arrived(peer, answer) : placed(answer, place);
		});
	}

	/** A new one there. `launch` is that of the session which asks: what of it holds elsewhere, goes along. */
	create(place: string, operation: AnyOperation, input: unknown, context: Context, launch: Launch): Promise<unknown> {
		return this.#using(place, async (peer) => {
			const { signal, step } = context;
			const there = await untilAborted(this.#launch(peer, launch, step), signal);
			await untilAborted(peer.met(), signal);
			step("its host is ready; starting the lieutenant");
			return arrived(peer, await peer.call(operation, input, { ...passed(context), launch: there }));
		});
	}

	/**
	 * Works while nothing of ours runs there: lieutenants rest, host and loop are ended, and no key is in its memory. Who
	 * rests is given to `resting` first; they go on by `wake`.
	 */
	still<T>(
		place: string,
		context: Context,
		resting: (ids: readonly string[]) => void,
		work: () => Promise<T>,
	): Promise<T> {
		return this.#using(place, async (peer) => {
			// What is shown may be old: who is not reached just now may well be at work.
			await peer.ready(() => undefined);
			await peer.met();
			const awake = peer.rows().filter(({ state }) => AWAKE.includes(state));
			resting(awake.map(({ id }) => id));
			for (const row of awake) await this.#ask(peer, pause, row, context);
			return await peer.still(work);
		});
	}

	/** Those that rest go on. */
	async wake(place: string, ids: readonly string[], context: Context): Promise<void> {
		await this.#using(place, async (peer) => {
			await peer.met();
			for (const row of peer.rows().filter(({ id }) => ids.includes(id))) await this.#ask(peer, resume, row, context);
		});
	}

	#ask(peer: Peer, operation: AnyOperation, { id, name }: Lieutenant, context: Context): Promise<unknown> {
		const key = `${operation.name} ${id} ${context.key ?? ""}`;
		return peer.call(operation, { name }, { ...passed(context), key, target: id });
	}

	/** Works with the machine as long as `work` takes; one on which nobody lives afterwards is let go. */
	visit<T>(place: string, context: Context, launch: Launch, work: (visit: Visit) => Promise<T>): Promise<T> {
		return this.#using(place, async (peer) => {
			if (peer.over) throw fault("machine_unreachable", place, "it is gone");
			const there = await this.#launch(peer, launch, context.step);
			await peer.met();
			const way = await peer.ready(() => undefined);
			return await work({
				folder: way.folder,
				ask: async (operation, input, key) =>
					arrived(peer, await peer.call(operation, input, { ...passed(context), launch: there, key })),
				put: (file, path) => way.put(file, path),
				fetch: (path, file) => way.fetch(path, file),
				drop: (id) => {
					peer.drop(id);
					this.#saved.delete(id);
				},
			});
		});
	}

	/** pi and folder are that machine's; of the session's environment only what opens a model goes there. */
	async #launch(peer: Peer, { env: mine, model, thinking }: Launch, step: (what: string) => void): Promise<Launch> {
		const { pi, folder, env, volatile } = await peer.ready((what) => {
			this.#parts.complain(`${peer.place}: ${what}`);
			step(what);
		});
		const keys = this.#keys(mine);
		peer.giveKeys();
		return {
			...{ pi, cwd: folder, env: volatile ? env : { ...env, ...keys } },
			...(volatile ? { keys: Object.keys(keys) } : {}),
			...(model === undefined ? {} : { model }),
			...(thinking === undefined ? {} : { thinking }),
			from: { host: this.#parts.host, place: peer.place },
		};
	}

	/** What a person keeps for all lieutenants, and what this session has. */
	#keys(mine: Launch["env"]): Record<string, string> {
		const { env, values } = this.#parts.settings;
		return onlyKeys({ ...env, ...mine }, machineSettings(values).settings.env);
	}

	/** A machine on which nobody lives is let go when the last call that needs it is over. */
	async #using<T>(place: string, work: (peer: Peer) => Promise<T>): Promise<T> {
		const peer = this.#peer(place);
		peer.uses++;
		try {
			return await work(peer);
		} finally {
			peer.uses--;
			this.#letGo(peer);
		}
	}

	#letGo(peer: Peer): void {
		if (peer.uses > 0 || peer.rows().length > 0 || this.#peers.get(peer.place) !== peer) return;
		this.#peers.delete(peer.place);
		peer.close();
		this.#parts.left(peer.place);
	}

	#peer(place: string, rows: readonly Lieutenant[] = []): Peer {
		const known = this.#peers.get(place);
		if (known !== undefined) return known;
		const { world, version, host, carry, around, notice, hub, letIn, gone, complain } = this.#parts;
		const keys = () => this.#keys(around.launch()?.env ?? {});
		const peer = new Peer({
			...{ world, version, host, place, rows, notice, hub, letIn, gone, keys, complain },
			carrier: carry(place, { ...around, keys }),
			changed: (now) => this.#changed(peer, now),
		});
		this.#peers.set(place, peer);
		return peer;
	}

	#changed(peer: Peer, rows: readonly Lieutenant[]): void {
		const { kept, changed } = this.#parts;
		for (const row of rows) {
			if (row.state === "gone") {
				kept.remove(row.id);
				this.#saved.delete(row.id);
			} else if (row.state !== "unreachable") this.#keep(row);
		}
		changed(rows);
		this.#letGo(peer);
	}

	/** What a host that starts again has to show at once. What comes and goes in a run is heard with the next connection. */
	#keep(row: Lieutenant): void {
		const text = JSON.stringify([row.state, row.reason, row.owner, row.task, row.branch]);
		if (this.#saved.get(row.id) === text) return;
		this.#parts.kept.save(row);
		this.#saved.set(row.id, text);
	}
}

const passed = ({ caller, acting, key }: Context) => ({ acting, key, author: { name: caller, role: "orchestrator" } });

/** A row in an answer is known here at once: without it the machine might be let go as one on which nobody lives. */
function arrived(peer: Peer, output: unknown): unknown {
	const row = placed(output, peer.place);
	if (isRow(row)) {
		const { note: _, ...own } = row;
		peer.take(own);
	}
	return row;
}

const isRow = (value: unknown): value is Lieutenant & { readonly note?: string } =>
	typeof value === "object" && value !== null && "place" in value && "lives" in value;

/** Rows that come back say the place as it is called here. */
function placed(output: unknown, place: string): unknown {
	const row = typeof output === "object" && output !== null && "place" in output;
	return row ? { ...output, place } : output;
}
