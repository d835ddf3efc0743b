/**
 * Keeps the shelf of this machine as the hub says: when the link stands, and whenever the hub says on it that something
 * changed. One connection per machine, the link that is there anyway; agents read the shelf.
 */
import type { Client } from "../../client/client.ts";
import { pull } from "../../client/skills/pull.ts";
import { shelfFolder } from "../../client/skills/shelf.ts";
import type { Pulled } from "../../contract/skillhub.ts";
import { Fault, reason } from "../../errors.ts";
import type { Timer, World } from "../../world.ts";

export interface SkillSyncOptions {
	readonly world: World;
	/** `FLAGSHIP_HOME` */
	readonly home: string;
	/** The hub, acting as this host, whose token it knows by then. */
	hub(): Promise<Pick<Client, "call">>;
	complain(what: string): void;
}

/** ms until what failed here, such as on a full disk, is tried again. */
const RETRY = 30_000;

export class SkillSync {
	readonly #options: SkillSyncOptions;
	#last: Promise<unknown> = Promise.resolve();
	/** A pull that has not begun: it will see all that changed until then. */
	#due = false;
	#retry: Timer | undefined;
	#closed = false;
	/** What was last complained of. */
	#said: string | undefined;

	constructor(options: SkillSyncOptions) {
		this.#options = options;
	}

	/** Something may have changed. */
	nudge(): void {
		this.#retry?.cancel();
		if (this.#due || this.#closed) return;
		this.#due = true;
		this.#next().then(
			({ refused }) => this.#say(refused.length === 0 ? undefined : `not installed: ${refused.join("; ")}`),
			(thrown: unknown) => this.#failed(thrown),
		);
	}

	/** Now, and what came of it. Throws the hub's refusal, or `hub_away`. */
	pull(): Promise<Pulled> {
		return this.#next();
	}

	close(): void {
		this.#closed = true;
		this.#retry?.cancel();
	}

	/** One after another: an older manifest must not be written after a newer one. */
	#next(): Promise<Pulled> {
		const done = this.#last.then(async () => {
			const { world, home, complain } = this.#options;
			const hub = await this.#options.hub();
			this.#due = false;
			return await pull({ world, hub, shelf: shelfFolder(home), complain });
		});
		this.#last = done.catch(() => undefined); // who asked is told
		return done;
	}

	/** The next link asks again; a hub that is too old to know skills has none. */
	#failed(thrown: unknown): void {
		this.#due = false;
		if (this.#closed || (thrown instanceof Fault && (thrown.code === "hub_away" || thrown.code === "not_found")))
			return;
		this.#say(`skills were not brought up to date: ${reason(thrown)}`);
		this.#retry = this.#options.world.clock.after(RETRY, () => this.nudge());
	}

	/** Once for each reason. */
	#say(what: string | undefined): void {
		if (what !== undefined && what !== this.#said) this.#options.complain(what);
		this.#said = what;
	}
}
