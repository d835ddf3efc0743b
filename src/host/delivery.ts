/**
 * Delivery of messages to one lieutenant, as a reducer: what is known, what happened → what is known, what to do.
 *
 * A message is written to pi's pipe, which proves nothing. It is *held* once its id shows in pi's queue or transcript,
 * and over once the transcript answers it. Until then any process between may die. What decides then:
 *
 * - same life of pi: the same `id.n` may be written again and again, the pack drops repeats;
 * - `n + 1` only when pi provably does not hold `n` (else it would be said twice): a new life whose transcript lacks it,
 *   a cleared queue that gave it back, or an idle pi whose entries lack it;
 * - one message command at a time: of two under way pi answers both `success` and may keep one.
 */
import type { Delivery, DeliveryEffect, DeliveryEvent, Flight, Open, Seen, TranscriptEnd } from "./delivery-state.ts";
import { after, ended, type Sighting } from "./receipt.ts";

/** Endings from which pi does not carry on by itself, and what to tell the model of them; not after an abort. */
const DUE: { readonly [end in TranscriptEnd]?: "restart" | "error" } = { unanswered: "restart", error: "error" };

export interface Step {
	readonly delivery: Delivery;
	readonly effects: readonly DeliveryEffect[];
}

/** One step: take the event in, then decide what can be done now. */
export function deliver(delivery: Delivery, event: DeliveryEvent): Step {
	const step = new Steps(delivery);
	step.take(event);
	step.decide();
	return { delivery: step.now, effects: step.effects };
}

const idle = (d: Delivery): boolean => d.life > 0 && !d.streaming && !d.compacting;

/** The working copy of one step. */
class Steps {
	now: Delivery;
	readonly effects: DeliveryEffect[] = [];

	constructor(delivery: Delivery) {
		this.now = delivery;
	}

	take(event: DeliveryEvent): void {
		switch (event.type) {
			case "asked":
				this.set({ open: [...this.now.open, { ...event.message, at: "outbox" }] });
				return;
			case "harden":
				this.harden(event.id, event.because);
				return;
			case "up":
				this.up(event);
				return;
			case "down":
				this.set({
					life: 0,
					streaming: false,
					compacting: false,
					pending: 0,
					flight: undefined,
					hard: undefined,
					aborting: false,
				});
				return;
			case "hold":
				this.set({ held: event.on });
				return;
			case "run":
				this.set({ streaming: event.on, epoch: this.now.epoch + 1 });
				if (event.on) this.set({ aborting: false, resumeDue: undefined });
				else this.settled();
				return;
			case "compaction":
				this.set({ compacting: event.on, epoch: this.now.epoch + 1 });
				if (!event.on) this.lookForLimbo();
				return;
			case "queue":
				this.set({ pending: event.count });
				for (const { id } of this.now.open) if (event.ids.has(id)) this.sight(id, "held", "queue");
				return;
			case "entered":
				this.set({ epoch: this.now.epoch + 1 });
				this.sight(event.id, "held", "transcript");
				return;
			case "transcript":
				this.read(event.seen);
				return;
			case "taken":
				this.landed();
				return;
			case "unclear":
				this.set({ flight: undefined });
				this.effects.push({ type: "await-patience" });
				return;
			case "refused":
				this.refuse(event.because);
				return;
			case "unwritten":
				this.unwritten(event.flight);
				return;
			case "cleared":
				this.cleared(event.ids);
				return;
			case "aborted":
				this.set({ flight: undefined });
				if (this.now.hard?.step === "abort") this.set({ hard: { ...this.now.hard, step: "settle" } });
				return;
			case "proof":
				this.proof(event.seen);
				return;
			case "patience":
				this.impatient();
				return;
			case "abort-overdue":
				if (this.now.hard?.step === "clear" || this.now.hard?.step === "abort") this.effects.push({ type: "kill" });
				return;
			case "resume-due":
				// While pi compacts it waits for the end of that; forgotten, the work would rest for ever.
				if (!this.now.streaming) this.set({ resumeDue: DUE[this.now.end] });
				return;
			case "over":
				for (const { id } of this.now.open) this.end(id, "given-up", event.because);
				return;
		}
	}

	/** What can be done now: at most one command, in the order of what was asked. */
	decide(): void {
		if (this.now.life === 0 || this.now.flight !== undefined) return;
		if (this.stepHard()) return;
		const hard = this.now.open.find((m) => m.hard !== undefined && m.at !== "transcript");
		if (hard !== undefined) {
			this.set({ hard: { id: hard.id, step: "clear" } });
			this.stepHard();
			return;
		}
		const first = this.now.open.find((m) => m.at === "outbox" && (!this.now.held || m.mode === "steer"));
		if (first !== undefined && !this.now.compacting) {
			this.write(first);
			return;
		}
		this.resume();
	}

	private up(event: DeliveryEvent & { type: "up" }): void {
		const { life, streaming, compacting, pending, seen, fresh, interrupted } = event;
		this.set({
			life,
			streaming,
			compacting,
			pending,
			flight: undefined,
			hard: undefined,
			aborting: false,
			epoch: this.now.epoch + 1,
		});
		for (const message of this.now.open) {
			if (seen.present.has(message.id)) continue;
			// A new process lost its memory; one found running may hold it: the same id.n is written again either way.
			this.patch(message.id, { at: "outbox" });
			if (fresh) this.sight(message.id, "forgotten");
		}
		this.read(seen);
		const cut = interrupted === true && seen.end === "aborted";
		const broken = seen.end === "unanswered" || seen.end === "error" || cut;
		this.set({ resumeDue: fresh && broken ? "restart" : undefined });
		// Found at rest in the middle of something: the host before this one died before it could ask it to go on.
		if (!fresh && broken && idle(this.now)) this.effects.push({ type: "await-resume" });
	}

	private read(seen: Seen): void {
		this.set({ end: seen.end });
		for (const { id } of this.now.open) {
			if (seen.answered.has(id)) this.end(id, "answered");
			else if (seen.present.has(id)) this.sight(id, "held", "transcript");
		}
		if (seen.end === "answered" || seen.end === "empty") this.set({ resumeDue: undefined });
	}

	/** A run ended. Queued messages that pi did not take with it are looked for after some patience. */
	private settled(): void {
		if (this.now.hard !== undefined) return;
		if (this.now.end === "error" && !this.now.aborting) this.effects.push({ type: "await-resume" });
		this.lookForLimbo();
	}

	/** Messages that pi was given and that show nowhere: looked for once it has been idle for long enough. */
	private lookForLimbo(): void {
		if (this.now.open.some((m) => m.at === "pipe" || m.at === "queue")) this.effects.push({ type: "await-patience" });
	}

	private write(message: Open): void {
		const { id, n, mode, text } = message;
		this.patch(id, { at: "pipe" });
		this.set({ flight: { type: "message", id, n } });
		// Patience counts from the last write: a wait that began before it would give this message no time to show.
		this.effects.push({ type: "write", id, n, mode, text }, { type: "await-patience" });
	}

	private landed(): void {
		this.set({ flight: undefined });
		// Taken, yet maybe nowhere to be seen: pi answers before the message is in its queue or its run.
		this.lookForLimbo();
	}

	private refuse(because: string): void {
		const flight = this.now.flight;
		this.set({ flight: undefined });
		if (flight?.type === "message") this.end(flight.id, "refused", because);
	}

	private unwritten(flight: Flight): void {
		// A hard steer has a deadline for its commands, after which its pi is replaced.
		const dated = flight.type === "abort" || (flight.type === "clear" && this.now.hard !== undefined);
		if (this.now.flight !== flight || dated) return;
		this.set({ flight: undefined });
		if (flight.type !== "message") return;
		if (this.now.open.some((m) => m.id === flight.id && m.at === "pipe")) this.patch(flight.id, { at: "outbox" });
	}

	private cleared(ids: ReadonlySet<string>): void {
		this.set({ flight: undefined, pending: 0 });
		// What a run that goes on takes from its queue is listed there for a moment more: given back, it may still be said.
		const proven = this.now.hard !== undefined || !this.now.streaming;
		for (const message of this.now.open) {
			if (!ids.has(message.id)) continue;
			if (proven) this.again(message);
			else this.patch(message.id, { at: "pipe" });
		}
		if (this.now.hard?.step === "clear") this.set({ hard: { ...this.now.hard, step: "abort" } });
	}

	/** Entries of an idle pi: what they lack and no queue holds is not held. */
	private proof(seen: Seen): void {
		const flight = this.now.flight;
		this.set({ flight: undefined });
		if (flight?.type !== "proof" || flight.epoch !== this.now.epoch || !idle(this.now)) {
			if (this.now.hard?.step === "proof") this.set({ hard: { ...this.now.hard, step: "settle" } });
			else this.effects.push({ type: "await-patience" });
			return;
		}
		this.read(seen);
		const hard = this.now.hard;
		for (const message of this.now.open) {
			if (seen.present.has(message.id)) continue;
			// Taken a moment ago and seen nowhere may still be on its way into a run; only patience tells.
			const gone = message.at === "queue" || (message.at === "pipe" && hard === undefined);
			if (gone) this.again(message);
		}
		if (hard?.step === "proof") this.finishHard(hard.id, seen);
		this.lookForLimbo();
	}

	private impatient(): void {
		if (!idle(this.now)) return;
		if (this.now.hard !== undefined) {
			this.prove();
			return;
		}
		if (!this.now.open.some((m) => m.at === "pipe" || m.at === "queue")) return;
		// No answer in all this time while pi is idle: the question is no longer waited for.
		this.set({ flight: undefined });
		if (this.now.pending > 0) {
			this.set({ flight: { type: "clear" } });
			this.effects.push({ type: "clear-queue" }, { type: "await-patience" });
			return;
		}
		this.set({ flight: { type: "proof", epoch: this.now.epoch } });
		this.effects.push({ type: "get-entries" }, { type: "await-patience" });
	}

	/** The last question of a hard steer: is the steer in the entries already? */
	private prove(): void {
		const hard = this.now.hard;
		if (hard?.step !== "settle") return;
		const steer = this.now.open.find((m) => m.id === hard.id);
		if (steer?.at === "pipe") this.patch(hard.id, { at: "queue" });
		this.set({ hard: { ...hard, step: "proof" }, flight: { type: "proof", epoch: this.now.epoch } });
		this.effects.push({ type: "get-entries" });
	}

	/** The next command of a hard steer; true while one is under way. */
	private stepHard(): boolean {
		const hard = this.now.hard;
		if (hard === undefined) return false;
		if (hard.step === "clear") {
			this.set({ flight: { type: "clear" } });
			this.effects.push({ type: "clear-queue" }, { type: "await-abort" });
		} else if (hard.step === "abort") {
			this.set({ flight: { type: "abort" }, aborting: true });
			this.effects.push({ type: "abort" }, { type: "await-abort" });
		} else if (hard.step === "settle" && idle(this.now)) {
			const steer = this.now.open.find((m) => m.id === hard.id);
			if (steer?.at === "pipe") this.effects.push({ type: "await-patience" });
			else this.prove();
		}
		return true;
	}

	/** Also one in the transcript, where a stream that hangs keeps its answer: then what runs is ended and asked anew. */
	private harden(id: string, because: string): void {
		const steer = this.now.open.find((m) => m.id === id);
		if (steer === undefined || steer.hard !== undefined) return;
		this.patch(id, { hard: { supersedes: [] } });
		this.effects.push({ type: "harden", id, receipt: steer.receipt, because });
		const free = this.now.life > 0 && this.now.hard === undefined;
		if (steer.at === "transcript" && free) this.set({ hard: { id, step: "clear" } });
	}

	private finishHard(id: string, seen: Seen): void {
		this.set({ hard: undefined });
		const steer = this.now.open.find((m) => m.id === id);
		if (steer === undefined) {
			if (seen.end !== "answered" && seen.end !== "empty") this.set({ resumeDue: "restart" });
			return;
		}
		for (const other of steer.hard?.supersedes ?? [])
			if (!seen.present.has(other)) this.end(other, "replaced", `by ${id}`);
		// Its words are in the entries: no second time, only on with the work.
		if (seen.present.has(id)) {
			this.set({ resumeDue: "restart" });
			return;
		}
		const { hard: _, ...plain } = steer;
		// It goes first: that is what hard means.
		const others = this.now.open.filter((m) => m.id !== id);
		this.set({ open: [{ ...plain, at: "outbox" }, ...others] });
	}

	private resume(): void {
		const because = this.now.resumeDue;
		if (because === undefined || !idle(this.now)) return;
		this.set({ resumeDue: undefined });
		// What is on its way starts a run by itself. A resume whose own run failed does not, and needs another.
		if (this.now.open.some((m) => m.at !== "transcript")) return;
		this.effects.push({ type: "ask-resume", because });
	}

	/** A new attempt: pi provably does not hold the last one. */
	private again(message: Open): void {
		const n = message.n + 1;
		this.sight(message.id, "forgotten");
		this.patch(message.id, { n, at: "outbox" });
		this.effects.push({ type: "attempt", id: message.id, n });
	}

	private sight(id: string, sighting: Sighting, at?: Open["at"]): void {
		const message = this.now.open.find((m) => m.id === id);
		if (message === undefined) return;
		const receipt = after(message.receipt, sighting);
		// The transcript is the last place: a late word of the queue does not bring a message back into it.
		const place = at === undefined || message.at === "transcript" ? message.at : at;
		this.patch(id, { receipt, at: place });
		if (receipt !== message.receipt) this.effects.push({ type: "receipt", id, receipt });
	}

	private end(id: string, sighting: Sighting, because?: string): void {
		const message = this.now.open.find((m) => m.id === id);
		if (message === undefined) return;
		const receipt = after(message.receipt, sighting);
		if (!ended(receipt)) return;
		this.set({ open: this.now.open.filter((m) => m.id !== id) });
		this.effects.push({ type: "receipt", id, receipt, ...(because === undefined ? {} : { because }) });
		// Once the abort is on its way it ends what runs, also where the steer was answered a moment before.
		if (this.now.hard?.id === id && this.now.hard.step === "clear") this.set({ hard: undefined });
	}

	private patch(id: string, change: Partial<Open>): void {
		this.set({ open: this.now.open.map((m) => (m.id === id ? { ...m, ...change } : m)) });
	}

	private set(change: Partial<Delivery>): void {
		this.now = { ...this.now, ...change };
	}
}
