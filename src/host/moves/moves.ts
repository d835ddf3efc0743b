/**
 * What a host does when a lieutenant leaves it or comes to it. Between the two it is fenced: paused, with a note that
 * outlives this host, so that nobody starts it here while it may live elsewhere already.
 */
import type { Launch } from "../../contract/link.ts";
import { lieutenantFolder, worktreeFolder } from "../../daemon/home.ts";
import { Fault, fault, reason } from "../../errors.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import { shouldRun } from "../lifecycle.ts";
import { freePorts } from "../operations/create.ts";
import { moneyFor } from "../operations/order.ts";
import type { Worktree } from "../places/place.ts";
import type { Spec, Standing } from "../store/roster.ts";
import { Branches } from "./branch.ts";
import { BUNDLE, type Manifest, packed, placeSession, unpacked } from "./luggage.ts";

interface Fence {
	/** Where it goes. */
	readonly to: string;
	/** It ran before. */
	readonly ran: boolean;
}

const noteOf = (id: string): string => `moving ${id}`;

export class Moves {
	readonly #host: Host;
	readonly #branches: Branches;
	/** Under way by this process. */
	readonly #busy = new Set<string>();

	constructor(host: Host) {
		this.#host = host;
		this.#branches = new Branches(host.options.world);
	}

	/** Throws `taken()` while another call moves or replaces it. */
	async alone<T>(id: string, taken: () => Fault, work: () => Promise<T>): Promise<T> {
		if (this.#busy.has(id)) throw taken();
		this.#busy.add(id);
		try {
			return await work();
		} finally {
			this.#busy.delete(id);
		}
	}

	/** Where it is being moved to, if it is. */
	of(id: string): string | undefined {
		return this.#fence(id)?.to;
	}

	/** Of a move that this host carries out: kept until it is known how it ended. */
	begin(id: string, place: string | undefined): void {
		this.#host.store.setMeta(`move ${id}`, place ?? "");
	}

	/** Somebody is on the way there. */
	heads(place: string): boolean {
		return this.#host.store.row("select 1 from meta where key like 'move %' and value = ?", place) !== undefined;
	}

	begun(id: string): string | undefined {
		return this.#host.store.meta(`move ${id}`) || undefined;
	}

	/** Ends its process, keeps it from starting, and writes all of it to `file`. Asked again, it is written anew. */
	async pack(id: string, file: string, to: string): Promise<{ bytes: number }> {
		const { options, store, outbox, id: own } = this.#host;
		checkPath(id, file);
		const lieutenant = this.#host.living(id);
		if (lieutenant.standing.spec.loop !== undefined)
			throw fault("move_failed", "a round of a Ralph loop stays with it");
		const ran = this.#fence(id)?.ran ?? shouldRun(lieutenant.standing.state);
		store.setMeta(noteOf(id), JSON.stringify({ to, ran } satisfies Fence));
		if (shouldRun(lieutenant.standing.state)) await lieutenant.pause();
		const folder = this.#folder(id, "leaving");
		options.world.files.remove(folder);
		options.world.files.makeFolder(folder, 0o700);
		const { spec } = lieutenant.standing;
		const { worktree, cwd } = spec;
		const branch =
			worktree === undefined ? undefined : await this.#branches.out(id, worktree, cwd, `${folder}/${BUNDLE}`);
		const homes = worktree === undefined ? spec.homes : { ...spec.homes, [own]: worktree.repository };
		const standing: Standing = { ...lieutenant.standing, spec: { ...spec, ...(homes === undefined ? {} : { homes }) } };
		const manifest: Manifest = { standing, messages: outbox.rows(id), ...(branch === undefined ? {} : { branch }) };
		const bytes = await packed(options.world, folder, lieutenantFolder(options.home, id), manifest, file);
		options.world.files.remove(folder);
		return { bytes };
	}

	/** Takes it in and lets it go on. One that is here already has come with an earlier attempt. */
	async unpack(id: string, file: string, bytes: number, launch: Launch, context: Context): Promise<Lieutenant> {
		const { options, lieutenants } = this.#host;
		checkPath(id, file);
		const known = lieutenants.get(id);
		if (known !== undefined && this.of(id) === undefined) return known;
		const folder = this.#folder(id, "arriving");
		const manifest = await unpacked(options.world, file, bytes, folder);
		const { name } = manifest.standing.spec;
		const other = this.#host.roster.named(name);
		if (other !== undefined && other.spec.id !== id) throw fault("lieutenant_exists", name);
		const ground = await this.#ground(manifest, folder, launch);
		placeSession(options.world, folder, lieutenantFolder(options.home, id), ground.cwd);
		const standing = this.#standing(manifest, ground, launch);
		const lieutenant = this.#take(standing, manifest, launch);
		options.world.files.remove(folder);
		options.world.files.remove(file);
		await this.#goOn(lieutenant, context);
		return lieutenant;
	}

	/** It lives elsewhere: what is left here is its transcript, and its branch as it was. Or it stays, and goes on. */
	async settle(id: string, moved: boolean): Promise<{ kept: string[] }> {
		const fence = this.#fence(id);
		if (fence === undefined) return { kept: [] };
		const { store, lieutenants } = this.#host;
		const lieutenant = lieutenants.get(id);
		if (!moved) {
			store.setMeta(noteOf(id), "");
			if (lieutenant !== undefined && fence.ran) await lieutenant.resume();
			return { kept: [] };
		}
		if (lieutenant === undefined) return { kept: [] };
		const { worktree } = lieutenant.standing.spec;
		lieutenant.detach();
		store.transaction(() => {
			this.#depart(lieutenant, `it was moved to ${fence.to}`);
			store.setMeta(noteOf(id), "");
		});
		return { kept: worktree === undefined ? [] : await this.#leave(worktree) };
	}

	/** Nobody is told, for it is not gone: whoever has it now tells of it. */
	#depart({ standing }: Lieutenant, why: string): void {
		const left: Standing = { ...standing, state: "gone", reason: why, bound: undefined };
		this.#host.roster.save(left);
		this.#host.purse.saved(left);
		this.#host.dismiss(standing.spec.id);
	}

	async #leave(worktree: Worktree): Promise<string[]> {
		try {
			await this.#branches.left(worktree);
			return [];
		} catch (thrown) {
			return [`${worktree.path}: ${reason(thrown)}`];
		}
	}

	#fence(id: string): Fence | undefined {
		const text = this.#host.store.meta(noteOf(id)) ?? "";
		return text === "" ? undefined : (JSON.parse(text) as Fence);
	}

	#folder(id: string, what: string): string {
		return `${lieutenantFolder(this.#host.options.home, id)}/${what}`;
	}

	/** Where it works here: in a worktree of the repository that it came from, or of one that is made of what it brings. */
	async #ground(
		{ standing, branch }: Manifest,
		folder: string,
		launch: Launch,
	): Promise<Pick<Spec, "cwd" | "worktree">> {
		if (branch === undefined) return { cwd: launch.cwd };
		const { home, world } = this.#host.options;
		const { id, name, homes = {} } = standing.spec;
		const before = homes[this.#host.id];
		const isThere = before !== undefined && world.files.stat(before)?.kind === "folder";
		const repository = isThere ? before : `${home.root}/repositories/${id}/${plain(branch.repository)}`;
		const path = worktreeFolder(home, repository, name);
		await this.#branches.in(id, branch, `${folder}/${BUNDLE}`, repository, path);
		const inside = branch.inside === "" ? path : `${path}/${branch.inside}`;
		const cwd = world.files.stat(inside)?.kind === "folder" ? inside : path;
		return { cwd, worktree: { path, repository, branch: branch.branch, base: branch.base } };
	}

	#standing({ standing }: Manifest, ground: Pick<Spec, "cwd" | "worktree">, { pi, from }: Launch): Standing {
		const { from: _, worktree: before, request: __, ...spec } = standing.spec;
		const moved: Spec = {
			...spec,
			...ground,
			place: from?.place ?? this.#host.place.name,
			...(from === undefined ? {} : { from }),
			...{ pi, ports: freePorts(this.#host), moves: (spec.moves ?? 0) + 1 },
		};
		const { lives, bound } = standing;
		// What is due may be a path in its old folder.
		const was = before?.path ?? spec.cwd;
		const is = ground.worktree?.path ?? ground.cwd;
		const there = bound === undefined ? undefined : JSON.parse(JSON.stringify(bound).replaceAll(`"${was}`, `"${is}`));
		return { ...standing, spec: moved, state: "paused", dead: lives, deaths: [], bound: there };
	}

	/** Row, messages and token are one: a host that is killed now has all of it, or nothing. */
	#take(standing: Standing, { messages }: Manifest, launch: Launch): Lieutenant {
		const { store, tokens, roster, outbox, launches } = this.#host;
		const { id, name } = standing.spec;
		launches.keep(id, launch);
		store.transaction(() => {
			tokens.renewed(`lieutenant:${id}`);
			tokens.of(`lieutenant:${id}`, "lieutenant", name);
			roster.save(standing);
			outbox.take(messages);
			store.setMeta(noteOf(id), "");
		});
		const lieutenant = this.#host.employ(standing);
		this.#host.introduce(`lieutenant:${id}`);
		return lieutenant;
	}

	/** What it had to do has its money reserved anew, by this host. */
	async #goOn(lieutenant: Lieutenant, { acting }: Context): Promise<void> {
		const { spec, owner, costUsd, bound } = lieutenant.standing;
		if (bound === undefined) return await lieutenant.resume();
		const who = { id: spec.id, name: spec.name, fleet: owner, costUsd, generation: acting?.generation };
		try {
			await this.#host.purse.during(who, moneyFor(this.#host, {}, bound), () => lieutenant.resume());
		} catch (thrown) {
			// It has arrived, and there is no money or no hub: it stays paused, and whoever asked reads why.
			if (!(thrown instanceof Fault)) throw thrown;
			this.#host.options.complain(`${spec.name} has arrived and rests: ${thrown.message}`);
		}
	}
}

/** Whoever asks names the place of the file, and no other file of this machine. */
function checkPath(id: string, file: string): void {
	const isPlain = file.startsWith("/") && !file.split("/").includes("..") && file.endsWith(`/moves/${id}.tgz`);
	if (!isPlain) throw fault("invalid_input", `file: it must be an absolute path that ends in /moves/${id}.tgz`);
}

/** The name of a folder, in the letters that any system takes. */
const plain = (name: string): string => name.replace(/[^\w-]/g, "").slice(0, 40) || "repository";
