/**
 * Carries out, for one lieutenant, what the table of `delivery.ts` says: stores it, writes it to pi, and waits where
 * there is something to wait for.
 */
import { envelopesOf, wrap } from "../pi/envelope.ts";
import { parseEntries, parseQueue, type RpcResponse } from "../pi/rpc.ts";
import type { Timer } from "../world.ts";
import type { Life, Outcome } from "./agent/life.ts";
import { deliver } from "./delivery.ts";
import { type Delivery, type DeliveryEffect, type DeliveryEvent, NOTHING, type Open } from "./delivery-state.ts";
import { seenIn } from "./journal.ts";
import type { Quarters } from "./quarters.ts";

/** A message that shows nowhere while pi is idle is looked for after so many ms (`docs/architecture.md`). */
const PATIENCE_MS = 10_000;
/** An answer to a probe that takes longer says that pi, or this host, stood still. */
const AWAKE_MS = 2_000;
const ABORT_MS = 10_000;
/** ms after which what a full pipe did not take is written again. */
const UNWRITTEN_MS = 1_000;
const UNCLEAR = /already processing|compact/i;

/** What a courier needs of its lieutenant. */
export interface CourierParts {
	readonly quarters: Quarters;
	/** Lieutenant id. */
	readonly lieutenant: string;
	life(): Life | undefined;
	/** Runs `work` in the order of pi's records. */
	queue(work: () => Promise<void>): void;
	/** Something that happened could not be stored, or not all that follows from it be done. */
	missed(): void;
	/** One more run ended in an error: ms after which it is resumed, or undefined when that has been given up. */
	failedRun(): number | undefined;
	/** Ends its process, which hears no more, and starts it anew; its messages go out again from the outbox. */
	replace(): void;
	/** What people see of its messages changed. */
	show(): void;
}

export class Courier {
	readonly #parts: CourierParts;
	readonly #quarters: Quarters;
	#delivery: Delivery = NOTHING;
	#patience: Timer | undefined;
	#abort: Timer | undefined;
	#again: Timer | undefined;

	/** Begins with what an earlier host left open. */
	constructor(parts: CourierParts) {
		this.#parts = parts;
		this.#quarters = parts.quarters;
		for (const message of parts.quarters.outbox.open(parts.lieutenant)) this.take({ type: "asked", message });
	}

	/** Messages that have not ended. */
	get open(): readonly Open[] {
		return this.#delivery.open;
	}

	/** A hard steer is under way, or nothing can be sent. */
	get busy(): boolean {
		return this.#delivery.hard !== undefined || this.#delivery.life === 0;
	}

	/** Something is held back. */
	get holding(): boolean {
		return this.#delivery.held && this.#delivery.open.some(({ at, mode }) => at === "outbox" && mode !== "steer");
	}

	get streaming(): boolean {
		return this.#delivery.streaming;
	}

	/** Waits no more. */
	cancel(): void {
		this.#patience?.cancel();
		this.#abort?.cancel();
		this.#again?.cancel();
	}

	/**
	 * What runs is ended, as by a hard steer, and asked to go on. False when that was tried too often: then nothing is
	 * done any more until somebody comes.
	 */
	cut(why: string): boolean {
		if (this.busy || this.#parts.failedRun() === undefined) return false;
		this.#goOn(`${why}, so what ran was ended`, { hard: { supersedes: [] } });
		return true;
	}

	/** Takes in what happened, stores what follows from it, and does it. */
	take(event: DeliveryEvent): void {
		try {
			this.#take(event);
		} catch (thrown) {
			this.#parts.missed();
			throw thrown;
		}
	}

	#take(event: DeliveryEvent): void {
		const step = deliver(this.#delivery, event);
		const { store } = this.#quarters;
		let changed = event.type === "asked";
		// What is on the disk comes before what pi is told of it.
		store.transaction(() => {
			for (const effect of step.effects) if (this.#keep(effect)) changed = true;
		});
		this.#delivery = step.delivery;
		for (const effect of step.effects) this.#do(effect);
		if (changed) this.#parts.show();
	}

	/** The durable half of an effect; true when it was one. */
	#keep(effect: DeliveryEffect): boolean {
		const { outbox, receipt, world } = this.#quarters;
		const at = new Date(world.clock.now()).toISOString();
		if (effect.type === "receipt") {
			outbox.settle(effect.id, effect.receipt, effect.because, at);
			receipt(effect.id);
		} else if (effect.type === "harden") {
			outbox.harden(effect.id, []);
			outbox.settle(effect.id, effect.receipt, effect.because, at);
			receipt(effect.id);
		} else if (effect.type === "attempt") outbox.attempt(effect.id, effect.n);
		else return false;
		return true;
	}

	#do(effect: DeliveryEffect): void {
		const { clock } = this.#quarters.world;
		const life = this.#parts.life();
		switch (effect.type) {
			case "write": {
				const behavior = effect.mode === "steer" ? "steer" : "followUp";
				const message = wrap({ id: effect.id, n: effect.n }, effect.text);
				this.#command(life, { type: "prompt", message, streamingBehavior: behavior }, (response) =>
					response.success
						? { type: "taken" }
						: UNCLEAR.test(response.error ?? "")
							? { type: "unclear" }
							: { type: "refused", because: response.error ?? "pi refused it" },
				);
				return;
			}
			case "clear-queue":
				this.#command(life, { type: "clear_queue" }, (response) => {
					const { steering, followUp } = parseQueue(response.data);
					return { type: "cleared", ids: new Set(envelopesOf([...steering, ...followUp]).map((e) => e.id)) };
				});
				return;
			case "abort":
				this.#command(life, { type: "abort" }, () => ({ type: "aborted" }));
				return;
			case "get-entries":
				this.#command(life, { type: "get_entries" }, (response) => ({
					type: "proof",
					seen: seenIn(parseEntries(response.data).entries),
				}));
				return;
			case "await-patience":
				this.#awaitPatience();
				return;
			case "await-abort":
				this.#abort?.cancel();
				this.#abort = clock.after(ABORT_MS, () => this.take({ type: "abort-overdue" }));
				return;
			case "await-resume":
				this.#awaitResume();
				return;
			case "ask-resume":
				this.#resume(effect.because);
				return;
			case "kill":
				this.#parts.replace();
				return;
			default:
				return;
		}
	}

	/** A command whose answer becomes an event, unless that life is over by then: a new one starts from the transcript. */
	#command(
		life: Life | undefined,
		command: Parameters<Life["send"]>[0],
		event: (response: RpcResponse) => DeliveryEvent,
	): void {
		if (life === undefined) return;
		const { flight } = this.#delivery;
		void life.send(command).then((outcome: Outcome) => {
			if (outcome.type === "unwritten" && flight !== undefined) this.#later(life, { type: "unwritten", flight });
			if (outcome.type !== "answered") return;
			// In the order of pi's records: what it said before this answer is taken in before it.
			this.#parts.queue(async () => {
				if (this.#parts.life() === life) this.take(event(outcome.response));
			});
		});
	}

	/** A pipe that takes nothing now does so for a while: tried at once, it would be asked without end. */
	#later(life: Life, event: DeliveryEvent): void {
		this.#quarters.world.clock.after(UNWRITTEN_MS, () => {
			this.#parts.queue(async () => {
				if (this.#parts.life() === life) this.take(event);
			});
		});
	}

	#awaitPatience(half: 1 | 2 = 1): void {
		this.#patience?.cancel();
		const timer = this.#quarters.world.clock.after(PATIENCE_MS / 2, () => this.#impatient(timer, half));
		this.#patience = timer;
	}

	/**
	 * Time that pi or this host stood still proves nothing: a message may be on its way into a run just now, and would be
	 * said twice. So pi has to show at the end of each half that it is awake and at rest, and soon: then it was awake for
	 * one of them at least. Else it all begins anew.
	 */
	#impatient(timer: Timer, half: 1 | 2): void {
		const life = this.#parts.life();
		const { hard, open } = this.#delivery;
		if (life === undefined || (hard === undefined && !open.some(({ at }) => at === "pipe" || at === "queue"))) return;
		const { clock } = this.#quarters.world;
		const asked = clock.elapsed();
		void life.probe(PATIENCE_MS).then((probe) =>
			// In the order of pi's records: what it said before is taken in first.
			this.#parts.queue(async () => {
				if (this.#patience !== timer || this.#parts.life() !== life) return;
				const awake = probe.type === "alive" && clock.elapsed() - asked < AWAKE_MS;
				if (!awake || probe.state.isStreaming || probe.state.isCompacting) this.#awaitPatience();
				else if (half === 1) this.#awaitPatience(2);
				else this.take({ type: "patience" });
			}),
		);
	}

	#awaitResume(): void {
		const pause = this.#parts.failedRun();
		if (pause === undefined) return;
		this.#again?.cancel();
		this.#again = this.#quarters.world.clock.after(pause, () => this.take({ type: "resume-due" }));
	}

	#resume(because: "restart" | "error"): void {
		this.#goOn(because === "restart" ? "Your process was restarted" : "Your last turn ended in an error");
	}

	#goOn(what: string, more: Pick<Open, "hard"> = {}): void {
		const { outbox, store, world } = this.#quarters;
		const message = {
			...{ id: this.#quarters.newId(), n: 1, mode: "resume" as const, ...more },
			text: `${what}. Go on where you were: look at what you had begun, check what is done, and finish it.`,
			receipt: "queued" as const,
		};
		store.transaction(() => outbox.add(this.#parts.lieutenant, message, new Date(world.clock.now()).toISOString()));
		this.take({ type: "asked", message });
	}
}
