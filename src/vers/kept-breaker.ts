/**
 * The breaker as one machine keeps it: asked before each creation, told what came of it, stored after each step, and its
 * outages told to the hub as incidents. What is stored and what is told are one transaction, and keys are made of what
 * is told: whoever dies in between tells nothing twice.
 */
import type { Static } from "@sinclair/typebox";
import { type FaultClass, RAW_MAX, type record } from "../contract/incidents.ts";
import type { Clock, Random } from "../world.ts";
import { type Breaker, type BreakerEffect, type BreakerEvent, breaker, CLOSED } from "./breaker.ts";
import { ceilingText } from "./ceiling.ts";

export interface KeptBreakerParts {
	readonly clock: Pick<Clock, "now">;
	readonly random: Pick<Random, "fraction">;
	/** As `save` stored it; undefined at first. */
	load(): string | undefined;
	save(text: string): void;
	/** All of it is kept, or nothing. */
	transaction(work: () => void): void;
	/** Secrets that this machine knows, replaced. */
	mask(text: string): string;
	/** Kept for the hub, under this key. */
	keep(operation: string, input: unknown, key: string): void;
}

/** What the platform was asked, and its own words. */
export interface Refusal {
	/** `POST /vm/from_commit, 500`. */
	readonly call: string;
	readonly raw: string;
}

export type Leave =
	| { readonly type: "allow" }
	/** `why` is a sentence of ours; asked again at `until` (wall time, ms) it may be allowed. */
	| { readonly type: "deny"; readonly why: string; readonly until: number };

type Fact = Static<(typeof record)["input"]>;

export class KeptBreaker {
	readonly #parts: KeptBreakerParts;
	#breaker: Breaker;

	constructor(parts: KeptBreakerParts) {
		this.#parts = parts;
		const stored = parts.load();
		this.#breaker = stored === undefined ? CLOSED : (JSON.parse(stored) as Breaker);
	}

	/** Why nothing is asked for now, however few run; undefined when that depends on how many do. Changes nothing. */
	blocked(): Extract<Leave, { type: "deny" }> | undefined {
		const [answer] = breaker(this.#breaker, { type: "asked", id: "", running: 0, at: this.#now() }).effects;
		return answer?.type === "deny" ? { type: "deny", why: this.#why(answer), until: answer.until } : undefined;
	}

	/** Before a machine is made. `id` names the attempt; `running`: machines that run, without those being made. */
	ask(id: string, running: number): Leave {
		const [answer] = this.#step({ type: "asked", id, running, at: this.#now() });
		if (answer?.type !== "deny") return { type: "allow" };
		return { type: "deny", why: this.#why(answer), until: answer.until };
	}

	/** It runs. */
	made(id: string, running: number): void {
		this.#step({ type: "made", id, running, at: this.#now() });
	}

	/** The platform has no room for it. */
	refused(id: string, running: number, refusal: Refusal): void {
		const { random } = this.#parts;
		const waits = this.#breaker.underway.some((one) => one.id === id);
		this.#step({ type: "refused", id, running, at: this.#now(), chance: random.fraction() }, () => {
			const { ceiling } = this.#breaker.learned;
			if (!waits || ceiling === undefined) return;
			const what = `a machine was not made: ${ceilingText(ceiling)}`;
			this.#tell(id, { type: "refused", what, running, ...refusal });
		});
	}

	/** It was not made, and that says nothing of room. */
	failed(id: string): void {
		this.#step({ type: "failed", id, at: this.#now(), chance: this.#parts.random.fraction() });
	}

	/** The platform's list shows that a machine is gone. */
	freed(): void {
		this.#step({ type: "freed", at: this.#now() });
	}

	/** One was made here in place of there. */
	fellBack(lieutenant: string): void {
		this.#parts.transaction(() =>
			this.#tell(lieutenant, { type: "fell_back", what: `${lieutenant} was made here instead`, lieutenant }),
		);
	}

	/** A deletion failed: noted until the platform's list shows that it is gone. `attempt` names this try. */
	left(machine: string, attempt: string, { cause, raw }: { readonly cause: FaultClass; readonly raw: string }): void {
		const words = this.#words(raw);
		this.#parts.transaction(() => {
			const at = new Date(this.#now()).toISOString();
			this.#parts.keep("undeleted.record", { machine, cause, at, ...words }, `undeleted ${machine} ${attempt}`);
			this.#tell(`${machine} ${attempt}`, { type: "leaked", what: "its deletion failed", machine, ...words });
		});
	}

	/** For people; undefined while machines are made as usual. */
	sentence(): string | undefined {
		const now = this.#breaker;
		if (now.type === "closed") return undefined;
		const { ceiling } = now.learned;
		const known = ceiling === undefined ? "" : ` (${ceilingText(ceiling)})`;
		return `The platform makes no machines since ${new Date(now.since).toISOString()}${known}.`;
	}

	#now(): number {
		return this.#parts.clock.now();
	}

	/** `more` tells what belongs to the outage that the step is in, in the same transaction. */
	#step(event: BreakerEvent, more: () => void = () => undefined): readonly BreakerEffect[] {
		const before = this.#breaker;
		const { breaker: after, effects } = breaker(before, event);
		this.#breaker = after;
		try {
			this.#parts.transaction(() => {
				this.#parts.save(JSON.stringify(after));
				more();
				for (const effect of effects) this.#over(effect);
			});
		} catch (thrown) {
			// What is not on the disk is not so: otherwise memory and disk would tell two outages.
			this.#breaker = before;
			throw thrown;
		}
		return effects;
	}

	#over(effect: BreakerEffect): void {
		if (effect.type !== "all_clear") return;
		const at = new Date(this.#now()).toISOString();
		const input = { id: effect.episode, what: "a machine was made again", at };
		this.#parts.keep("incidents.close", input, `${effect.episode} over`);
	}

	/** A fact of the outage that is under way; of none there is nothing to tell. */
	#tell(about: string, { raw, ...fact }: Pick<Fact, "type" | "what"> & Partial<Fact>): void {
		const now = this.#breaker;
		if (now.type === "closed") return;
		const common = { cause: "capacity", episode: now.episode, at: new Date(this.#now()).toISOString() } as const;
		const input: Fact = { ...common, ...fact, ...this.#words(raw) };
		this.#parts.keep("incidents.record", input, `${now.episode} ${fact.type} ${about}`);
	}

	/** The platform's own, where there are any: an empty answer is none. */
	#words(raw = ""): { readonly raw?: string } {
		return raw.trim() === "" ? {} : { raw: this.#parts.mask(raw).slice(0, RAW_MAX) };
	}

	#why({ why, until }: Extract<BreakerEffect, { type: "deny" }>): string {
		const { ceiling } = this.#breaker.learned;
		const known = ceiling === undefined ? "" : ` (${ceilingText(ceiling)})`;
		const when = new Date(until).toISOString();
		switch (why) {
			case "open":
				return `The platform has no room for one more machine${known}; it is asked again from ${when} on.`;
			case "probing":
				return `The platform had no room for one more machine${known}; one is being tried now.`;
			case "ceiling":
				return `The platform lets no more machines run than do now${known}; that is tried again from ${when} on.`;
		}
	}
}
