/**
 * Keeps one lieutenant within its bounds, beside the agent, with nobody's help: looks after each turn, climbs the ladder,
 * stops it, and tells the end of its work once what was due was looked for.
 */
import { reason } from "../../errors.ts";
import type { Look } from "../journal.ts";
import type { Quarters } from "../quarters.ts";
import type { Register } from "../register.ts";
import type { Asked } from "../store/outbox.ts";
import {
	type Bound,
	begin,
	climbed,
	courseOf,
	goOnText,
	judge,
	type Order,
	overspent,
	overtime,
	renewed,
} from "./bound.ts";
import { atOnce, type Verdict } from "./check.ts";
import { deliverText } from "./deliverable.ts";
import { stopOf } from "./report.ts";

const NOTHING_DUE: Verdict = { met: true, says: "" };

export interface KeeperParts {
	readonly quarters: Quarters;
	readonly register: Register;
	/** Delivers a message that is stored already. */
	ask(message: Asked): void;
	/** Ends its process; the state and all that follows from it is stored already. */
	end(): void;
	/** Runs `work` in the order of pi's records. */
	queue(work: () => Promise<void>): void;
	/** Reads what is new in its session. */
	look(): Promise<Look>;
	/** Its pi lives, no run is under way, and no message waits. */
	resting(): boolean;
	/** The end of its work was told. */
	told(look: Look): void;
}

export class Keeper {
	readonly #parts: KeeperParts;
	/** Id of the answer whose deliverable is looked for. */
	#checking: string | undefined;

	constructor(parts: KeeperParts) {
		this.#parts = parts;
	}

	/** New work; called inside the transaction that stores its message. */
	assign(order: Order, fresh = false): Bound {
		const { quarters, register } = this.#parts;
		const under = fresh ? undefined : register.standing.bound;
		const bound = begin(quarters.newId(), order, this.#course(), quarters.bounds, under);
		register.save({ bound });
		return bound;
	}

	/** It is started again: with a fresh allowance for what it had to do, and told so where a limit had stopped it. */
	renew(note?: string): void {
		const { quarters, register } = this.#parts;
		const { bound, state } = register.standing;
		if (bound === undefined) return;
		const fresh = renewed(bound, quarters.newId(), this.#course());
		if (state !== "stopped") register.save({ bound: fresh });
		// Stopped in the middle of a hard steer it would rest as after a person's abort.
		else this.#tell("resume", [goOnText(fresh), note].filter(Boolean).join(" "), fresh);
	}

	/** A turn is over. One that ends a run is judged by what it delivers, not by how far it went. */
	turned(look: Look): void {
		const { quarters, register } = this.#parts;
		if (look.ending.type === "answered") return;
		// A run that nobody gave has bounds like any other.
		const bound = register.standing.bound ?? this.assign({});
		const course = this.#course();
		const judgement = judge(climbed(bound, course, quarters.bounds), course, quarters.bounds);
		const limit = judgement.type === "stop" ? judgement.limit : quarters.spent(register.standing);
		if (limit !== undefined) this.#stop(bound, limit, look);
		else if (judgement.type === "tell")
			this.#tell("steer", judgement.text, { ...bound, rung: judgement.rung, rungAt: course.turns }, judgement.hard);
		else if (bound.rung > 0) this.#settleRung(climbed(bound, course, quarters.bounds));
	}

	/** At rest without an answer: its pack keeps to the cap by itself, also while no host was there to end its work. */
	rested(look: Look): void {
		const { quarters, register } = this.#parts;
		const { bound } = register.standing;
		if (bound === undefined || look.ending.type === "answered") return;
		const limit = overspent(bound, this.#course()) ?? quarters.spent(register.standing);
		if (limit !== undefined) this.#stop(bound, limit, look);
	}

	/** The machine slept: no minute of that was the lieutenant's. */
	slept(ms: number): void {
		const { register } = this.#parts;
		const { bound } = register.standing;
		if (bound === undefined || ms === 0) return;
		register.save({ bound: { ...bound, from: { ...bound.from, at: bound.from.at + ms } } });
	}

	/** Every few seconds: time runs also while nothing happens. */
	tick(): void {
		const { bound: due } = this.#parts.register.standing;
		if (due === undefined || this.#checking !== undefined || overtime(due, this.#course()) === undefined) return;
		this.#parts.queue(async () => {
			const look = await this.#parts.look();
			// As it stands by now: that the machine slept may have been learned since, and gives the time back.
			const { bound } = this.#parts.register.standing;
			const limit = bound === undefined ? undefined : overtime(bound, this.#course());
			if (bound !== undefined && limit !== undefined) this.#stop(bound, limit, look);
		});
	}

	/** A limit of another kind was met: a steer did not land. */
	exceeded(limit: string): void {
		this.#parts.queue(async () => {
			const look = await this.#parts.look();
			this.#stop(this.#parts.register.standing.bound ?? this.assign({}), limit, look);
		});
	}

	/** It has come to rest with an answer that was not told yet. */
	finished(look: Look): void {
		const { register } = this.#parts;
		const { bound } = register.standing;
		if (!register.untold(look) || this.#checking === look.answer) return;
		const known = bound === undefined ? NOTHING_DUE : atOnce(bound, look);
		if (known !== undefined) this.#conclude(look, known);
		else if (bound !== undefined) this.#check(bound, look);
	}

	/** Not in the order of pi's records: a check may take minutes, and messages must be heard meanwhile. */
	#check(bound: Bound, look: Look): void {
		const { quarters, register, queue, resting } = this.#parts;
		this.#checking = look.answer;
		quarters
			.check(register.standing, bound, look)
			.catch((thrown): Verdict => ({ met: true, says: `Not checked: ${reason(thrown)}.` }))
			.then((verdict) =>
				queue(async () => {
					if (this.#checking === look.answer) this.#checking = undefined;
					const now = await this.#parts.look();
					if (resting() && now.answer === look.answer && register.untold(now)) this.#conclude(now, verdict);
				}),
			);
	}

	#conclude(look: Look, verdict: Verdict): void {
		const { register, told } = this.#parts;
		const { bound } = register.standing;
		if (!verdict.met && bound !== undefined && !bound.reminded) {
			this.#tell("followUp", `Not finished. ${verdict.says} ${deliverText(bound.deliverable)}`, {
				...bound,
				reminded: true,
			});
			return;
		}
		register.finished(look, verdict.says);
		told(look);
	}

	/** A message of the host's own, stored together with the rung that it stands for. */
	#tell(mode: "steer" | "followUp" | "resume", text: string, bound: Bound, hard = false): void {
		const { quarters, register, ask } = this.#parts;
		const plain = { id: quarters.newId(), n: 1, mode, text, receipt: "queued" as const };
		const message: Asked = hard ? { ...plain, hard: { supersedes: [] } } : plain;
		const words = hard ? bound.words : [...bound.words, plain.id];
		register.together(() => {
			register.save({ bound: { ...bound, words } });
			quarters.outbox.add(register.standing.spec.id, message, new Date(quarters.world.clock.now()).toISOString());
		});
		ask(message);
	}

	#settleRung(bound: Bound): void {
		if (bound !== this.#parts.register.standing.bound) this.#parts.register.save({ bound });
	}

	/** Once: whoever comes second finds it stopped. */
	#stop(bound: Bound, limit: string, look: Look): void {
		const { register, end } = this.#parts;
		if (register.standing.bound?.id !== bound.id) return;
		if (register.limited(look, stopOf(bound, limit, look))) end();
	}

	#course() {
		return courseOf(this.#parts.register.standing, this.#parts.quarters.world.clock.now());
	}
}
