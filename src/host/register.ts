/**
 * How one lieutenant stands: changed only by the table of its states, stored with each change; what its owner should
 * know is told in the same transaction, so that a host killed between the two neither forgets nor repeats it.
 */
import type { Cause } from "../contract/cause.ts";
import type { NoticeType } from "../contract/link.ts";
import { reason } from "../errors.ts";
import type { LifeEnd } from "./agent/life.ts";
import { allowanceOf, stepsOf } from "./bounds/bound.ts";
import { reportText, type Stop, stopRecords, stopText } from "./bounds/report.ts";
import type { Look } from "./journal.ts";
import { type LifeEvent, transition } from "./lifecycle.ts";
import { diskCause, type Free, fullText, type Room } from "./liveness/disk.ts";
import { stallText } from "./liveness/stall.ts";
import type { Quarters } from "./quarters.ts";
import { type AfterDeath, afterDeath, resumePause } from "./restart.ts";
import type { Standing } from "./store/roster.ts";
import { completion, death, parked, stopped, stuck, unborn } from "./tell.ts";

const DEATHS_KEPT = 10;
const OUTPUT_KEPT = 1_000;

export class Register {
	readonly #quarters: Quarters;
	#standing: Standing;

	constructor(quarters: Quarters, standing: Standing) {
		this.#quarters = quarters;
		this.#standing = standing;
	}

	get standing(): Standing {
		return this.#standing;
	}

	/** All that `work` changes and tells, or nothing of it: what a full disk did not take is not true here either. */
	together(work: () => void): void {
		const before = this.#standing;
		try {
			this.#quarters.store.transaction(work);
		} catch (thrown) {
			this.#standing = before;
			throw thrown;
		}
	}

	/** An event of its life; `facts` are true from then on, whatever the table says. */
	change(event: LifeEvent, facts: Partial<Standing> = {}): void {
		const { state: was, reason: why, cause } = this.#standing;
		const state = transition(was, event);
		if (state === was && Object.keys(facts).length === 0) return;
		const changedAt = new Date(this.#quarters.world.clock.now()).toISOString();
		const { reason: _reason, cause: _cause, ...before } = this.#standing;
		// Reason and cause belong to the state: they go with it.
		const stays = state === was ? { ...(why === undefined ? {} : { reason: why }), ...(cause && { cause }) } : {};
		this.#become({ ...before, ...stays, ...facts, state, changedAt });
	}

	save(facts: Partial<Standing>): void {
		const before = this.#standing.bound;
		this.#become({ ...this.#standing, ...facts });
		if (before?.id !== this.#standing.bound?.id) this.allow();
	}

	#become(standing: Standing): void {
		this.together(() => {
			this.#standing = standing;
			this.#quarters.save(standing);
		});
	}

	/** Its pack learns of a new allowance before it gets the work. It only keeps what the host judges anyway. */
	allow(): void {
		const { bound, spec } = this.#standing;
		const { place, ceiling } = this.#quarters;
		try {
			place.allow(spec.id, bound === undefined ? undefined : allowanceOf(bound, ceiling(spec.id)));
		} catch (thrown) {
			this.#quarters.complain(`${spec.name}: its allowance was not written: ${reason(thrown)}`);
		}
	}

	/** Stored and shown as it stands; also where only what people see has changed. */
	show(): void {
		this.together(() => this.#quarters.save(this.#standing));
	}

	/** A notice for its owner. */
	tell(type: NoticeType, text: string, cause?: Cause): void {
		this.together(() => this.#quarters.notify(this.#standing, type, text, cause));
	}

	/** What its session holds by now. */
	counted({ tally, outputs, entries }: Look): void {
		const { turns, totalTokens: tokens, cost: costUsd } = tally;
		const steps = stepsOf(entries, this.#quarters.evidence);
		const { turns: before, tokens: spent, steps: last, errors: failed } = this.#standing;
		if (turns === before && tokens === spent && steps.worked === last?.worked) return;
		const output = outputs.at(-1)?.text.slice(-OUTPUT_KEPT);
		// A turn that was answered ends a row of failures.
		const errors = turns > before ? 0 : failed;
		this.save({ turns, tokens, costUsd, steps, errors, ...(output === undefined ? {} : { output }) });
	}

	/** It ended with an answer whose completion was not told. */
	untold(look: Look): boolean {
		return look.ending.type === "answered" && look.answer !== this.#standing.told;
	}

	/** Tells a completion once, by the entry up to which it is told. `delivered`: what is there of what was due. */
	finished(look: Look, delivered: string): void {
		this.together(() => {
			const text = completion(this.#standing, look, delivered);
			this.save({ ...(look.answer === undefined ? {} : { told: look.answer }), errors: 0, bound: undefined });
			this.tell("completion", text);
		});
	}

	/** A limit ends it: its state, its notice and what the hub is told are one; false when it does not run any more. */
	limited(look: Look, stop: Stop): boolean {
		const { state } = this.#standing;
		if (transition(state, "limited") === state) return false;
		const { spec } = this.#standing;
		const text = reportText(this.#standing, look, stop, new Date(this.#quarters.world.clock.now()).toISOString());
		// Before the transaction, under a name that a second try has too: a host killed between the two leaves one report.
		const path = this.#quarters.place.leave(spec.id, stop.file, text);
		this.together(() => {
			this.change("limited", { reason: `${stopText(stop)} → report ${stop.name}` });
			this.tell("limit", stopped(this.#standing, stop, path));
			for (const record of stopRecords(this.#standing, stop, text, path)) this.#quarters.keep(this.#standing, record);
		});
		return true;
	}

	/** An end that nobody asked for. `met`: its pi answered at least once. */
	died(end: LifeEnd, met: boolean): AfterDeath {
		const deaths = [...this.#standing.deaths, this.#quarters.world.clock.now()].slice(-DEATHS_KEPT);
		const facts = { deaths, dead: this.#standing.lives };
		// What never came up once will not come up the second time: a model or a provider that is not there.
		const next: AfterDeath = this.#standing.turns === 0 && !met ? { type: "park" } : afterDeath(deaths);
		this.together(() => {
			const why = next.type === "restart" ? undefined : met ? parked(end) : unborn(end);
			if (why === undefined) this.change("died", facts);
			else this.change("given-up", { ...facts, reason: why, cause: end.cause });
			this.tell("death", death(this.#standing, end, why), end.cause);
		});
		return next;
	}

	/** Its process could not even be started. */
	unstartable(because: string): void {
		const reason = `it could not be started: ${because}`;
		const cause: Cause = { type: "unstartable" };
		this.together(() => {
			this.change("given-up", { reason, cause, dead: this.#standing.lives });
			this.tell("death", `${this.#standing.spec.name} failed: ${reason}.`, cause);
		});
	}

	/** Ends its run in the middle, if there is one: `facts` and that it has to go on later. */
	pause(facts: Partial<Standing>): void {
		const running = ["working", "stalled"].includes(this.#standing.state);
		this.change("pause", { ...facts, ...(running ? { interrupted: true } : {}) });
	}

	/** Its disk: low is noted, full pauses it, and room starts it again. */
	room(room: Room, free: Free, text: string | undefined): void {
		const was = this.#standing.disk;
		const disk = room === "ample" ? undefined : room;
		const cause = room === "ample" ? undefined : diskCause(free);
		this.together(() => {
			if (room === "full") this.pause({ disk, reason: fullText(free), ...(cause && { cause }) });
			else this.change(was === "full" ? "launched" : "noted", { disk });
			if (text !== undefined) this.tell(room === "full" ? "limit" : "machine", text, cause);
		});
	}

	/** Told once; what is learned later of the same silence (that it was stopped meanwhile) is shown. */
	stalled(cause: Cause): void {
		const { state, cause: known } = this.#standing;
		const reason = stallText(cause);
		if (state !== "stalled")
			this.together(() => {
				this.change("silent", { reason, cause });
				this.tell("stall", stuck(this.#standing, cause), cause);
			});
		else if (known?.type !== cause.type && cause.type !== "silent-stream") this.save({ reason, cause });
	}

	/** One more run ended in an error: ms after which it is resumed; undefined, and told, once that is given up. */
	failedRun(): number | undefined {
		const errors = this.#standing.errors + 1;
		const pause = resumePause(errors);
		this.together(() => {
			this.save({ errors });
			const cause: Cause = { type: "provider-error", runs: errors };
			if (pause === undefined) this.tell("stall", stuck(this.#standing, cause), cause);
		});
		return pause;
	}
}
