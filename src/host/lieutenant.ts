/**
 * One lieutenant, from its creation to its end: its pi process, its messages, its state. What is decided is decided by
 * the tables of `lifecycle.ts` and `delivery.ts`; this file carries out what they say and tells them what happens.
 */
import type { Lieutenant as Row } from "../contract/lieutenants.ts";
import type { NoticeType } from "../contract/link.ts";
import { fault, reason } from "../errors.ts";
import { envelopeOf, envelopesOf, wrap } from "../pi/envelope.ts";
import { parseEntries, parseQueue, type RpcRecord, type RpcResponse } from "../pi/rpc.ts";
import type { Timer, World } from "../world.ts";
import type { Life, LifeEnd, Outcome } from "./agent/life.ts";
import { type Delivery, type DeliveryEffect, type DeliveryEvent, deliver, NOTHING } from "./delivery.ts";
import { Journal, type Look, seenIn } from "./journal.ts";
import { type LifeEvent, listens, shouldRun, transition } from "./lifecycle.ts";
import type { Employment, Place } from "./places/place.ts";
import { afterDeath, resumePause } from "./restart.ts";
import { rowOf } from "./row.ts";
import type { Asked, Outbox } from "./store/outbox.ts";
import type { Standing } from "./store/roster.ts";
import type { Store } from "./store/store.ts";
import { completion, death, parked, stuck, unborn } from "./tell.ts";

/** What a lieutenant needs of its host. */
export interface Quarters {
	readonly world: World;
	readonly store: Store;
	readonly outbox: Outbox;
	readonly place: Place;
	readonly hostId: string;
	/** ULID of this start of the host. */
	readonly start: string;
	newId(): string;
	/** What its process is started with; asked at each start, since hub and token may have changed. */
	employment(standing: Standing): Employment;
	/** Stores the row and tells whoever looks. Called inside the transaction that changes it. */
	save(standing: Standing): void;
	notify(standing: Standing, type: NoticeType, text: string): void;
	/** A receipt changed; the message is stored already. */
	receipt(id: string): void;
	/** What its session has used, as far as the file tells. */
	used(standing: Standing, look: Look): void;
	/** What it did and did not log, once it has ended for good. */
	owed(standing: Standing, look: Look): void;
	/** A fault of ours or of the machine: for the host's log. */
	complain(what: string): void;
}

/** pi is ready, or found not to be, within so many ms of its start. */
const READY_MS = 60_000;
/** A message that shows nowhere while pi is idle is looked for after so many ms (`docs/protocol.md` §6). */
const PATIENCE_MS = 10_000;
const ABORT_MS = 10_000;
/** ms that pi has for an orderly end. */
const GRACE_MS = 3_000;
/** Silence after which pi is asked whether it lives, and how long it may take to say so: told within 90 s together. */
const QUIET_MS = 30_000;
const PROBE_MS = 45_000;
/** A run without a tool in which nothing comes from the model for so long is told as stalled. */
const MUTE_MS = 90_000;
const OUTPUT_KEPT = 1_000;
const PARTIAL_MAX = 20_000;

const PARK = { type: "park" } as const;
const UNCLEAR = /already processing|compact/i;

export class Lieutenant {
	readonly #quarters: Quarters;
	readonly #journal: Journal;
	#standing: Standing;
	#delivery: Delivery = NOTHING;
	#life: Life | undefined;
	/** Set while this host ends the process itself, for good or to start it anew: its end is no death. */
	#ending: "stop" | "replace" | undefined;
	#tool: { readonly call: string; readonly name: string; readonly since: number } | undefined;
	/** What the model says right now, before it is in the transcript. */
	#partial = "";
	/** Of the monotonic clock: when pi last said something by itself. */
	#progress = 0;
	#probing = false;
	/** Its pi answered at least once, in this life of the host or before. */
	#met: boolean;
	#patience: Timer | undefined;
	#abort: Timer | undefined;
	#again: Timer | undefined;
	/** Attaching, starting and ending its process: one after another, or a start would meet the process that is ending. */
	#turn: Promise<void> = Promise.resolve();
	/** Getting to know the process that was started or found last. */
	#meeting: Promise<void> = Promise.resolve();
	/** Records are taken in one after another, also where one waits for the disk. */
	#work: Promise<void> = Promise.resolve();
	#closed = false;

	constructor(quarters: Quarters, standing: Standing) {
		this.#quarters = quarters;
		this.#standing = standing;
		this.#met = standing.lives > 0;
		this.#journal = new Journal(quarters.place, standing.spec.id);
		for (const asked of quarters.outbox.open(standing.spec.id)) this.#take({ type: "asked", message: asked });
	}

	get standing(): Standing {
		return this.#standing;
	}

	get working(): boolean {
		return this.#standing.state === "working" || this.#delivery.open.length > 0;
	}

	view(): Row {
		const live = { pending: this.#delivery.open.length, partial: this.#partial, tool: this.#tool };
		return rowOf(this.#standing, this.#quarters.hostId, live);
	}

	/** After the host started: finds its process, or starts it again. */
	async begin(): Promise<void> {
		if (!shouldRun(this.#standing.state)) return this.#inTurn(() => this.#stopLeftover());
		await this.#inTurn(() => this.#find());
		await this.#meeting;
	}

	/** The host before this one died after it had noted a pause and before the process had ended. */
	async #stopLeftover(): Promise<void> {
		const { lives, dead, spec } = this.#standing;
		if (lives === dead) return;
		this.#life = await this.#quarters.place.attach(spec.id, this.#watch(), { start: this.#quarters.start });
		await this.#stop();
		this.#quarters.store.transaction(() => this.#save({ dead: lives }));
	}

	/** Starts its pi, unless it was paused or ended in the meantime: a new life. The one before is over. */
	async launch(): Promise<void> {
		await this.#inTurn(() => {
			if (shouldRun(this.#standing.state)) this.#start();
		});
		await this.#meeting;
	}

	async #find(): Promise<void> {
		const { lives, dead, spec } = this.#standing;
		if (lives === dead) {
			this.#start();
			return;
		}
		const begun = this.#quarters.place.begun(spec.id) === lives;
		const life = await this.#quarters.place.attach(spec.id, this.#watch(), { start: this.#quarters.start });
		if (life !== undefined) this.#meeting = this.#meet(life, false);
		// One that never came to be has not died: nothing to tell, nothing to count.
		else if (!begun) this.#start();
		else this.#died({ code: null, signal: null, stderr: "" });
	}

	#start(): void {
		const k = this.#standing.lives + 1;
		this.#ending = undefined;
		this.#quarters.store.transaction(() => {
			this.#change("launched", { lives: k, dead: k - 1 });
		});
		try {
			const employment = this.#quarters.employment(this.#standing);
			const life = this.#quarters.place.start(employment, k, this.#watch(), { start: this.#quarters.start });
			this.#meeting = this.#meet(life, true).catch((thrown) => this.#unstartable(thrown));
		} catch (thrown) {
			this.#unstartable(thrown);
		}
	}

	/** By itself, after an end. */
	#relaunch(): void {
		this.launch().catch((thrown) => this.#quarters.complain(`${this.#standing.spec.name}: ${reason(thrown)}`));
	}

	/** Nothing but the last of these is under way at a time; `#work` may not wait for it, since ending waits for `#work`. */
	#inTurn<T>(act: () => T | Promise<T>): Promise<T> {
		const done = this.#turn.then(act);
		this.#turn = done.then(
			() => undefined,
			() => undefined, // its own caller hears of it
		);
		return done;
	}

	/** Takes a message in. The caller has stored it, in the transaction that keeps its answer. */
	ask(message: Asked): void {
		this.#take({ type: "asked", message });
	}

	/** Throws when it takes no messages, saying why and what to do. */
	listening(): void {
		const { state, spec, reason } = this.#standing;
		if (!listens(state)) throw fault("lieutenant_deaf", spec.name, state, reason);
	}

	/** Ends the process and keeps the session. */
	async pause(): Promise<void> {
		await this.#inTurn(async () => {
			this.#quarters.store.transaction(() => this.#change("pause"));
			await this.#stop();
		});
	}

	/** Starts it again from its session, whatever ended it; one that runs is left alone. */
	async resume(): Promise<void> {
		await this.#inTurn(() => {
			if (shouldRun(this.#standing.state)) return;
			this.#quarters.store.transaction(() => this.#save({ deaths: [], errors: 0 }));
			this.#start();
		});
		await this.#meeting;
	}

	/** Ends it for good: what it was asked and has not answered is lost, and says so. */
	destroy(): Promise<readonly string[]> {
		return this.#inTurn(() => this.#destroy());
	}

	async #destroy(): Promise<readonly string[]> {
		this.#quarters.store.transaction(() => this.#change("destroy"));
		await this.#stop();
		const look = await this.#look();
		this.#quarters.used(this.#standing, look);
		this.#quarters.owed(this.#standing, look);
		this.#take({ type: "over", because: "the lieutenant was destroyed" });
		const { spec } = this.#standing;
		const released = await this.#quarters.place.release({
			cwd: spec.cwd,
			...(spec.worktree === undefined ? {} : { worktree: spec.worktree }),
		});
		await this.#quarters.place.clear(spec.id);
		return released.kept;
	}

	adopt(owner: string): void {
		this.#quarters.store.transaction(() => this.#save({ owner }));
	}

	/** What it said, oldest first; the last may still grow. */
	async outputs(): Promise<readonly string[]> {
		const look = await this.#journal.look();
		const said = look.outputs.map((output) => output.text);
		return this.#partial === ""
			? said
			: [...said.slice(0, -1), [said.at(-1) ?? "", this.#partial].filter(Boolean).join("\n\n")];
	}

	/** Looked at every few seconds: is there proof of life? */
	tick(): void {
		const life = this.#life;
		if (life === undefined || !shouldRun(this.#standing.state)) return;
		const now = this.#quarters.world.clock.elapsed();
		if (now - life.heard >= QUIET_MS && !this.#probing) void this.#probe(life);
		const mute = this.#standing.state === "working" && this.#tool === undefined && now - this.#progress >= MUTE_MS;
		if (mute) this.#stall(`nothing came from the model for ${MUTE_MS / 1_000} s; pi itself answers`);
	}

	/** The host ends; pi goes on. */
	detach(): void {
		this.#closed = true;
		this.#cancelTimers();
		this.#life?.detach();
	}

	#watch(): { record(record: RpcRecord): void; ended(end: LifeEnd): void } {
		return {
			record: (record) => this.#queue(() => this.#record(record)),
			ended: (end) => this.#queue(async () => this.#ended(end)),
		};
	}

	#queue(work: () => Promise<void>): void {
		this.#work = this.#work
			.then(() => (this.#closed ? undefined : work()))
			.catch((thrown) => this.#quarters.complain(`${this.#standing.spec.name}: ${reason(thrown)}`));
	}

	/** A life that was started or found: learns how it stands, then delivers. */
	async #meet(life: Life, fresh: boolean): Promise<void> {
		this.#life = life;
		this.#progress = this.#quarters.world.clock.elapsed();
		const probe = await life.probe(READY_MS);
		if (probe.type === "dead" || this.#life !== life || this.#closed) return;
		if (probe.type === "silent") {
			if (fresh) await life.stop(0);
			else this.#stall("it answers no probe");
			return;
		}
		this.#met = true;
		const { isStreaming: streaming, isCompacting: compacting, pendingMessageCount: pending } = probe.state;
		const look = await this.#note();
		this.#quarters.store.transaction(() => this.#change(streaming ? "running" : "ready"));
		this.#take({ type: "up", life: life.life, fresh, streaming, compacting, pending, seen: look.seen });
		if (!streaming) this.#finished(look);
	}

	async #record(record: RpcRecord): Promise<void> {
		this.#progress = this.#quarters.world.clock.elapsed();
		switch (record.type) {
			case "agent_start":
				this.#quarters.store.transaction(() => this.#change("running"));
				this.#take({ type: "run", on: true });
				return;
			case "agent_settled":
				await this.#settled();
				return;
			case "queue_update": {
				const texts = [...record.steering, ...record.followUp];
				const ids = new Set(envelopesOf(texts).map((envelope) => envelope.id));
				this.#take({ type: "queue", ids, count: texts.length });
				return;
			}
			case "message_start": {
				const envelope = record.message.role === "user" ? envelopeOf(record.message.text) : undefined;
				if (envelope !== undefined) this.#take({ type: "entered", id: envelope.id });
				return;
			}
			case "message_update":
				this.#partial = (this.#partial + record.delta).slice(-PARTIAL_MAX);
				return;
			case "message_end":
				if (record.message.role === "assistant") this.#partial = "";
				return;
			case "turn_end":
				await this.#look();
				return;
			case "tool_execution_start":
				this.#tool = {
					call: record.call,
					name: toolLine(record.tool, record.input),
					since: this.#quarters.world.clock.now(),
				};
				this.#show();
				return;
			case "tool_execution_end":
				if (this.#tool?.call === record.call) this.#tool = undefined;
				return;
			case "compaction_start":
				this.#take({ type: "compaction", on: true });
				return;
			case "compaction_end":
				this.#take({ type: "compaction", on: false });
				return;
			case "extension_ui_request":
				if (record.asks) this.#question(record.id, record.title || record.message);
				return;
			default:
				return;
		}
	}

	async #settled(): Promise<void> {
		this.#tool = undefined;
		this.#partial = "";
		const look = await this.#look();
		this.#quarters.store.transaction(() => this.#change("settled"));
		this.#take({ type: "run", on: false });
		this.#finished(look);
	}

	/** Tells a completion once: with the entry up to which it is told. */
	#finished(look: Look): void {
		const { told } = this.#standing;
		if (look.ending.type !== "answered" || look.leaf === told || this.#delivery.open.length > 0) return;
		this.#quarters.store.transaction(() => {
			this.#save({ ...(look.leaf === undefined ? {} : { told: look.leaf }), errors: 0 });
			this.#quarters.notify(this.#standing, "completion", completion(this.#standing, look));
		});
		this.#quarters.used(this.#standing, look);
		this.#journal.forget();
	}

	/** Reads what is new in the session file and takes it in. */
	async #look(): Promise<Look> {
		const look = await this.#note();
		this.#take({ type: "transcript", seen: look.seen });
		return look;
	}

	/** Reads the file; what it answers is on the disk before any receipt says consumed. */
	async #note(): Promise<Look> {
		const look = await this.#journal.look();
		if (this.#delivery.open.some((message) => look.seen.answered.has(message.id))) {
			await this.#quarters.place.sync(this.#standing.spec.id);
		}
		const { turns, totalTokens, cost } = look.tally;
		const output = look.outputs.at(-1)?.text.slice(-OUTPUT_KEPT);
		if (turns !== this.#standing.turns || totalTokens !== this.#standing.tokens) {
			this.#quarters.store.transaction(() =>
				this.#save({ turns, tokens: totalTokens, costUsd: cost, ...(output === undefined ? {} : { output }) }),
			);
		}
		return look;
	}

	async #ended(end: LifeEnd): Promise<void> {
		this.#life = undefined;
		this.#tool = undefined;
		this.#partial = "";
		this.#cancelTimers();
		await this.#look();
		if (this.#ending === undefined) {
			this.#died(end);
			return;
		}
		this.#quarters.store.transaction(() => this.#save({ dead: this.#standing.lives }));
		this.#take({ type: "down" });
		if (this.#ending === "replace") this.#relaunch();
	}

	/** An end that nobody asked for: told once, then started again or parked. */
	#died(end: LifeEnd): void {
		const { clock } = this.#quarters.world;
		const deaths = [...this.#standing.deaths, clock.now()].slice(-10);
		// What never came up once will not come up the second time: a model or a provider that is not there.
		const next = this.#standing.turns === 0 && !this.#met ? PARK : afterDeath(deaths);
		this.#take({ type: "down" });
		this.#quarters.store.transaction(() => {
			const facts = { deaths, dead: this.#standing.lives };
			if (next.type === "park") {
				const why = this.#met ? parked(end) : unborn(end);
				this.#change("given-up", { ...facts, reason: why });
				this.#quarters.notify(this.#standing, "death", death(this.#standing, end, why));
			} else {
				this.#change("died", facts);
				this.#quarters.notify(this.#standing, "death", death(this.#standing, end));
			}
		});
		void this.#journal.look().then((look) => this.#quarters.used(this.#standing, look));
		if (next.type === "restart") this.#again = clock.after(next.pause, () => this.#relaunch());
	}

	async #stop(): Promise<void> {
		this.#ending = "stop";
		this.#cancelTimers();
		await this.#life?.stop(GRACE_MS);
		await this.#work;
	}

	#unstartable(thrown: unknown): void {
		const why = `it could not be started: ${reason(thrown)}`;
		this.#quarters.store.transaction(() => {
			this.#change("given-up", { reason: why, dead: this.#standing.lives });
			this.#quarters.notify(this.#standing, "death", `${this.#standing.spec.name} failed: ${why}.`);
		});
	}

	async #probe(life: Life): Promise<void> {
		this.#probing = true;
		const probe = await life.probe(PROBE_MS);
		this.#probing = false;
		if (this.#life !== life || this.#closed) return;
		if (probe.type === "silent") this.#stall("its process lives but answers no probe");
		else if (probe.type === "alive" && this.#standing.state === "stalled" && this.#heardOfRun()) {
			this.#quarters.store.transaction(() => this.#change(probe.state.isStreaming ? "running" : "ready"));
		}
	}

	/** Something came from the run itself, or a tool runs: it is not mute. */
	#heardOfRun(): boolean {
		return (
			this.#tool !== undefined ||
			this.#quarters.world.clock.elapsed() - this.#progress < MUTE_MS ||
			!this.#delivery.streaming
		);
	}

	#stall(why: string): void {
		if (this.#standing.state === "stalled") return;
		this.#quarters.store.transaction(() => {
			this.#change("silent", { reason: why });
			this.#quarters.notify(this.#standing, "stall", stuck(this.#standing, why));
		});
	}

	#question(dialog: string, text: string): void {
		this.#life?.dismiss(dialog);
		this.#quarters.store.transaction(() =>
			this.#quarters.notify(
				this.#standing,
				"question",
				`${this.#standing.spec.name} was asked by an extension: "${text}". Nobody sits there, so it was dismissed; answer with vers_lt_send if it matters.`,
			),
		);
	}

	#take(event: DeliveryEvent): void {
		const step = deliver(this.#delivery, event);
		const { store } = this.#quarters;
		const ends: string[] = [];
		// What is on the disk comes before what pi is told of it.
		store.transaction(() => {
			for (const effect of step.effects) if (this.#keep(effect)) ends.push(effect.type === "receipt" ? effect.id : "");
		});
		this.#delivery = step.delivery;
		for (const id of ends) if (id !== "") this.#quarters.receipt(id);
		for (const effect of step.effects) this.#do(effect);
		if (ends.length > 0 || event.type === "asked") this.#show();
	}

	/** The durable half of an effect; true when it was one. */
	#keep(effect: DeliveryEffect): boolean {
		const at = new Date(this.#quarters.world.clock.now()).toISOString();
		if (effect.type === "receipt") this.#quarters.outbox.settle(effect.id, effect.receipt, effect.because, at);
		else if (effect.type === "attempt") this.#quarters.outbox.attempt(effect.id, effect.n);
		else return false;
		return true;
	}

	#do(effect: DeliveryEffect): void {
		const { clock } = this.#quarters.world;
		const life = this.#life;
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
				this.#patience?.cancel();
				this.#patience = clock.after(PATIENCE_MS, () => this.#take({ type: "patience" }));
				return;
			case "await-abort":
				this.#abort?.cancel();
				this.#abort = clock.after(ABORT_MS, () => this.#take({ type: "abort-overdue" }));
				return;
			case "await-resume":
				this.#awaitResume();
				return;
			case "ask-resume":
				this.#resume(effect.because);
				return;
			case "kill":
				// It is started again at once, and its messages go out anew from the outbox.
				this.#ending = "replace";
				void life?.stop(0);
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
		void life.send(command).then((outcome: Outcome) => {
			if (outcome.type !== "answered") return;
			// In the order of pi's records: what it said before this answer is taken in before it.
			this.#queue(async () => {
				if (this.#life === life) this.#take(event(outcome.response));
			});
		});
	}

	#awaitResume(): void {
		const errors = this.#standing.errors + 1;
		const pause = resumePause(errors);
		this.#quarters.store.transaction(() => {
			this.#save({ errors });
			if (pause === undefined) {
				const why = `${errors} runs in a row ended in an error`;
				this.#quarters.notify(this.#standing, "stall", stuck(this.#standing, why));
			}
		});
		if (pause !== undefined)
			this.#again = this.#quarters.world.clock.after(pause, () => this.#take({ type: "resume-due" }));
	}

	#resume(because: "restart" | "error"): void {
		const { outbox, store, world } = this.#quarters;
		const what = because === "restart" ? "Your process was restarted" : "Your last turn ended in an error";
		const message = {
			id: this.#quarters.newId(),
			n: 1,
			mode: "resume" as const,
			text: `${what}. Go on where you were: look at what you had begun, check what is done, and finish it.`,
			receipt: "queued" as const,
		};
		store.transaction(() => outbox.add(this.#standing.spec.id, message, new Date(world.clock.now()).toISOString()));
		this.#take({ type: "asked", message });
	}

	#change(event: LifeEvent, facts: Partial<Standing> = {}): void {
		const state = transition(this.#standing.state, event);
		const changedAt = new Date(this.#quarters.world.clock.now()).toISOString();
		if (state === this.#standing.state && Object.keys(facts).length === 0) return;
		const { reason: _, ...before } = this.#standing;
		const kept = facts.reason ?? (state === this.#standing.state ? this.#standing.reason : undefined);
		this.#standing = { ...before, ...facts, state, changedAt, ...(kept === undefined ? {} : { reason: kept }) };
		this.#quarters.save(this.#standing);
	}

	#save(facts: Partial<Standing>): void {
		this.#standing = { ...this.#standing, ...facts };
		this.#quarters.save(this.#standing);
	}

	/** Nothing stored changed, but what people see did. */
	#show(): void {
		this.#quarters.save(this.#standing);
	}

	#cancelTimers(): void {
		this.#patience?.cancel();
		this.#abort?.cancel();
		this.#again?.cancel();
	}
}

/** `bash npm test`: a tool and the beginning of what it was given. */
function toolLine(tool: string, input: unknown): string {
	const given =
		typeof input === "object" && input !== null
			? Object.values(input).find((value) => typeof value === "string")
			: undefined;
	return given === undefined ? tool : `${tool} ${String(given).split("\n")[0]?.slice(0, 60)}`;
}
