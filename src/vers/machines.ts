/**
 * Machines made and ended for sure. The platform knows no repeated request, its answers get lost, and it says "forbidden" of
 * what is gone: so what is in doubt is settled by its list, before and after.
 */

import { sleep } from "../client/time.ts";
import type { FaultClass } from "../contract/incidents.ts";
import type { World } from "../world.ts";
import type { Called, From, VersClient, Vm } from "./client.ts";
import { VersFault } from "./fault.ts";

/** How the end of a machine went. */
export type Ended =
	| { readonly type: "gone" }
	/** It costs on, and may hold an address: to be tried again, never to be forgotten. */
	| { readonly type: "left"; readonly cause: FaultClass; readonly raw: string };

/** What our machines are marked with, where the platform keeps marks. */
export const MARK = "flagship";

/** Looks at the list after an answer was lost, and ms between them: a machine may appear late. */
const LOOKS = [0, 500, 1_500] as const;
/** Looks at the state of a machine that was resumed, and ms between them. */
const RESUMED = [200, 500, 1_000, 2_000] as const;

export class VersMachines {
	readonly #world: World;
	readonly #client: VersClient;
	/** Of this process, made or being claimed: no other request's lost machine. */
	readonly #claimed = new Set<string>();

	constructor(world: World, client: VersClient) {
		this.#world = world;
		this.#client = client;
	}

	/**
	 * A new machine. When the answer is lost it is looked for in the list: exactly one that nobody else here has made is
	 * it; none means that it was not made. Throws `VersFault`.
	 */
	async make(from: From, labels: Readonly<Record<string, string>>, called: Called = {}): Promise<string> {
		const before = new Set((await this.#client.list(called)).map(({ id }) => id));
		try {
			return this.#claim(await this.#client.make(from, { [MARK]: "1", ...labels }, called));
		} catch (thrown) {
			if (!(thrown instanceof VersFault) || !thrown.maybeDone || thrown.type === "capacity") throw thrown;
			const found = await this.#appeared(before, labels);
			if (found === undefined) throw thrown;
			return this.#claim(found);
		}
	}

	/** Clones that run on from where a machine is; fewer than asked, with why, when the platform stops in between. */
	async branch(
		vm: string,
		count: number,
		called: Called = {},
	): Promise<{ readonly ids: readonly string[]; readonly why?: VersFault }> {
		const ids: string[] = [];
		// One by one: of a batch that breaks off nobody says which were made.
		for (let n = 0; n < count; n++) {
			const before = new Set((await this.#client.list(called)).map(({ id }) => id));
			try {
				for (const id of await this.#client.branch(vm, 1, called)) ids.push(this.#claim(id));
			} catch (thrown) {
				if (!(thrown instanceof VersFault)) throw thrown;
				const found = thrown.maybeDone && thrown.type !== "capacity" ? await this.#appeared(before, {}) : undefined;
				if (found === undefined) return { ids, why: thrown };
				ids.push(this.#claim(found));
			}
		}
		return { ids };
	}

	/** Deletes one, a paused one after it was resumed. What the platform says of it counts less than what it lists. */
	async end(vm: string, called: Called = {}): Promise<Ended> {
		let fault = await this.#remove(vm, called);
		if (fault === undefined) return { type: "gone" };
		const found = await this.#listed(vm, called);
		if (found === undefined) return { type: "gone" };
		if (found.state === "paused" && fault.type !== "forbidden") {
			await this.#resume(vm, called);
			fault = (await this.#remove(vm, called)) ?? undefined;
			if (fault === undefined || (await this.#listed(vm, called)) === undefined) return { type: "gone" };
		}
		return { type: "left", cause: fault.type, raw: fault.raw };
	}

	/** Undefined: the platform says that it is done. */
	async #remove(vm: string, called: Called): Promise<VersFault | undefined> {
		try {
			await this.#client.remove(vm, called);
			return undefined;
		} catch (thrown) {
			if (thrown instanceof VersFault && thrown.type !== "auth") return thrown;
			throw thrown;
		}
	}

	async #resume(vm: string, called: Called): Promise<void> {
		try {
			await this.#client.setState(vm, "running", called);
			for (const pause of RESUMED) {
				if ((await this.#client.status(vm, called)).state === "running") return;
				await sleep(this.#world, pause, called.signal ?? NEVER);
			}
		} catch (thrown) {
			// Whether it can be deleted the deletion itself will say.
			if (!(thrown instanceof VersFault)) throw thrown;
		}
	}

	async #listed(vm: string, called: Called): Promise<Vm | undefined> {
		return (await this.#client.list(called)).find(({ id }) => id === vm);
	}

	/** The one machine that is there now, was not before, and is nobody else's of this process. */
	async #appeared(before: ReadonlySet<string>, labels: Readonly<Record<string, string>>): Promise<string | undefined> {
		for (const pause of LOOKS) {
			await sleep(this.#world, pause, NEVER);
			const fresh = (await this.#client.list()).filter(({ id }) => !before.has(id) && !this.#claimed.has(id));
			const marked = fresh.filter((vm) => Object.entries(labels).every(([name, value]) => vm.labels[name] === value));
			const [one, another] = Object.keys(labels).length > 0 && marked.length > 0 ? marked : fresh;
			if (one !== undefined && another === undefined) return one.id;
		}
		return undefined;
	}

	#claim(id: string): string {
		this.#claimed.add(id);
		return id;
	}
}

const NEVER = new AbortController().signal;
