/**
 * One lieutenant, from its creation to its end: its pi process, its messages, its state. What is decided is decided by
 * the tables of `lifecycle.ts` and `delivery.ts`; this file carries out what they say and tells them what happens.
 */
import type { Cause } from "../contract/cause.ts";
import type { Lieutenant as Row } from "../contract/lieutenants.ts";
import { fault, isDiskFull, reason } from "../errors.ts";
import type { RpcRecord } from "../pi/rpc.ts";
import type { Timer } from "../world.ts";
import type { Life, LifeEnd } from "./agent/life.ts";
import type { Bound, Order } from "./bounds/bound.ts";
import { Keeper } from "./bounds/keeper.ts";
import { Courier } from "./courier.ts";
import { Hearing } from "./hearing.ts";
import { AGAIN_MS, Intake } from "./intake.ts";
import { Journal, type Look } from "./journal.ts";
import { listens, shouldRun } from "./lifecycle.ts";
import { Backoff } from "./liveness/backoff.ts";
import type { Free, Room } from "./liveness/disk.ts";
import { Present } from "./present.ts";
import type { Quarters } from "./quarters.ts";
import { Reading } from "./reading.ts";
import { Register } from "./register.ts";
import { rowOf } from "./row.ts";
import { Steers } from "./steers.ts";
import type { Asked } from "./store/outbox.ts";
import type { Standing } from "./store/roster.ts";
import { Turns } from "./turns.ts";
import { unsettled } from "./usage.ts";
import { Vigil } from "./vigil.ts";

/** pi is ready, or found not to be, within so many ms of its start. */
const READY_MS = 60_000;
/** ms that pi has for an orderly end. */
const GRACE_MS = 3_000;

export class Lieutenant {
	readonly #quarters: Quarters;
	readonly #journal: Journal;
	readonly #register: Register;
	readonly #courier: Courier;
	readonly #vigil: Vigil;
	readonly #present: Present;
	readonly #keeper: Keeper;
	readonly #steers: Steers;
	readonly #backoff: Backoff;
	readonly #reading: Reading;
	readonly #hearing: Hearing;
	readonly #intake: Intake;
	#life: Life | undefined;
	/** Found running, and silent for all the time that it had to answer. */
	#unmet: Life | undefined;
	/** Set while this host ends the process itself, for good or to start it anew: its end is no death. */
	#ending: "stop" | "replace" | undefined;
	/** Its pi answered at least once, in this life of the host or before. */
	#met: boolean;
	#again: Timer | undefined;
	/** Until it is found out anew how its pi stands. */
	#unsure: Timer | undefined;
	/** Attaching, starting and ending its process: one after another, or a start would meet the process that is ending. */
	readonly #turns = new Turns();
	/** Getting to know the process that was started or found last. */
	#meeting: Promise<void> = Promise.resolve();

	constructor(quarters: Quarters, standing: Standing) {
		this.#quarters = quarters;
		this.#register = new Register(quarters, standing);
		this.#met = standing.lives > 0;
		this.#journal = new Journal(quarters.place, standing.spec.id);
		this.#present = new Present(quarters.world);
		this.#intake = new Intake({
			clock: quarters.world.clock,
			complain: (what) => this.#complain(what),
			missed: () => this.#missed(),
		});
		this.#steers = new Steers({
			world: quarters.world,
			patience: quarters.bounds.steerSeconds * 1_000,
			open: () => this.#courier.open.filter(({ id }) => this.standing.bound?.words.includes(id) !== true),
			busy: () => this.#courier.busy,
			harden: (id, because) => this.#courier.take({ type: "harden", id, because }),
			stop: (limit) => this.#keeper.exceeded(limit),
		});
		this.#courier = new Courier({
			quarters,
			lieutenant: standing.spec.id,
			life: () => this.#life,
			queue: (work) => this.#intake.queue(work),
			missed: () => this.#missed(),
			failedRun: () => this.#backoff.failedRun(),
			replace: () => this.#replace(),
			show: () => {
				this.#register.show();
				// While nothing can be sent no steer can land; its time begins with the process.
				if (this.#life !== undefined) this.#steers.look();
			},
		});
		this.#backoff = new Backoff({
			refused: (final) => quarters.refused(standing.spec.id, final),
			retry: () => this.#life?.send({ type: "abort_retry" }),
			hold: (on) => this.#courier.take({ type: "hold", on }),
			failedRun: () => this.#register.failedRun(),
			show: () => this.#register.show(),
		});
		this.#keeper = new Keeper({
			quarters,
			register: this.#register,
			ask: (message) => this.ask(message),
			end: () => this.#limited(),
			queue: (work) => this.#intake.queue(work),
			look: () => this.#reading.look(),
			resting: () => this.#life !== undefined && !this.working,
			told: (look) => this.#told(look),
		});
		this.#vigil = new Vigil({
			world: quarters.world,
			settings: quarters.liveness,
			life: () => (this.#intake.closed ? undefined : this.#life),
			expecting: () => this.#courier.streaming && this.#present.tool === undefined,
			inTool: () => this.#present.tool !== undefined,
			stalled: () => this.standing.state === "stalled",
			stall: (cause) => this.#register.stalled(cause),
			recovered: (streaming) => this.#recovered(streaming),
			cut: (seconds) => void this.#courier.cut(`Nothing came from your model for ${seconds} s`),
			show: () => this.#register.show(),
		});
		const [register, courier, keeper, present] = [this.#register, this.#courier, this.#keeper, this.#present];
		const [backoff, vigil, steers] = [this.#backoff, this.#vigil, this.#steers];
		this.#reading = new Reading({ place: quarters.place, journal: this.#journal, register, courier });
		this.#hearing = new Hearing({
			...{ register, courier, keeper, present, backoff, vigil, steers },
			reading: this.#reading,
			life: () => this.#life,
			said: (look) => this.#quarters.said(this.standing, look),
			summaryCut: (look) => this.#quarters.summaryCut(this.standing, look),
		});
	}

	get standing(): Standing {
		return this.#register.standing;
	}

	get working(): boolean {
		return this.standing.state === "working" || this.#courier.open.length > 0;
	}

	view(): Row {
		const live = { pending: this.#courier.open.length, ...this.#present.shown, cause: this.#quiet };
		return rowOf(this.standing, this.#quarters.hostId, live);
	}

	/** Why it is quiet although nothing is wrong with it. */
	get #quiet(): Cause | undefined {
		return (this.waiting ? this.#backoff.cause : undefined) ?? this.#vigil.silentTool;
	}

	get waiting(): boolean {
		return this.#courier.holding;
	}

	hold(until: string | undefined): void {
		this.#backoff.hold(until);
	}

	tell(text: string, cause: Cause): void {
		this.#register.tell("machine", text, cause);
	}

	/** After the host started: finds its process, or starts it again. */
	async begin(): Promise<void> {
		if (!shouldRun(this.standing.state)) return this.#turns.take(() => this.#stopLeftover());
		await this.#turns.take(() => this.#find());
		await this.#meeting;
	}

	/** The host before this one died after it had noted a pause or a limit and before the process had ended. */
	async #stopLeftover(): Promise<void> {
		const { lives, dead, spec, state } = this.standing;
		if (lives !== dead) {
			this.#life = await this.#quarters.place.attach(spec.id, this.#watch(), { start: this.#quarters.start });
			await this.#stop();
			this.#register.save({ dead: lives });
		}
		if (state === "stopped" && (lives !== dead || this.#courier.open.length > 0)) await this.#wrapUp();
	}

	/** A limit has stopped it, and that is stored: now its process ends. */
	#limited(): void {
		this.#turns
			.take(async () => {
				if (this.standing.state !== "stopped") return;
				await this.#stop();
				await this.#wrapUp();
			})
			.catch((thrown) => this.#complain(reason(thrown)));
	}

	/** Its process has ended at a limit: what it used and owes is recorded; what it was asked and has not answered is lost. */
	async #wrapUp(): Promise<void> {
		const look = await this.#reading.look();
		this.#quarters.used(this.standing, look);
		this.#quarters.owed(this.standing, look);
		this.#courier.take({ type: "over", because: `it was stopped: ${this.standing.reason ?? "a limit"}` });
		this.#journal.forget();
	}

	/** Starts its pi, unless it was paused or ended in the meantime: a new life. The one before is over. */
	async launch(): Promise<void> {
		await this.#turns.take(async () => {
			await this.#intake.over();
			// Two may have waited for space to start it: the second finds it started.
			const runs = this.#life !== undefined && this.#life.end === undefined;
			if (shouldRun(this.standing.state) && !runs) this.#start();
		});
		await this.#meeting;
	}

	async #find(): Promise<void> {
		const { lives, dead, spec } = this.standing;
		if (lives === dead) {
			this.#start();
			return;
		}
		const begun = this.#quarters.place.begun(spec.id) === lives;
		const life = await this.#quarters.place.attach(spec.id, this.#watch(), { start: this.#quarters.start });
		if (life !== undefined) this.#meeting = this.#meet(life, false);
		// One that never came to be has not died: nothing to tell, nothing to count.
		else if (!begun) this.#start();
		else {
			this.#cut(await this.#journal.look(), 0);
			this.#died({ code: null, signal: null, stderr: "", cause: { type: "unseen" } });
		}
	}

	/** Its process is gone: what it used is recorded, with the answer that this may have cut off. */
	#cut(look: Look, heard: number, summing = false): void {
		const words = this.#courier.open.reduce((sum, { text }) => sum + text.length, 0);
		const at = new Date(this.#quarters.world.clock.now()).toISOString();
		const asked = words === 0 ? undefined : words;
		this.#quarters.used(this.standing, look, { life: this.standing.lives, heard, asked, at, summing });
	}

	#start(): void {
		const missing = this.#quarters.missing(this.standing);
		if (missing.length > 0) {
			const reason = `it needs ${missing.join(", ")}, which this machine keeps in memory alone; given again, it goes on`;
			this.#register.together(() => this.#register.change("keys-missing", { reason }));
			return;
		}
		const k = this.standing.lives + 1;
		this.#ending = undefined;
		this.#register.together(() => {
			this.#register.change("launched", { lives: k, dead: k - 1 });
		});
		try {
			const employment = this.#quarters.employment(this.standing);
			const life = this.#quarters.place.start(employment, k, this.#watch(), { start: this.#quarters.start });
			this.#meeting = this.#meet(life, true).catch((thrown) => {
				this.#complain(reason(thrown));
				// It runs, and what it says cannot be taken in: ended, it is told like any other that did not come up.
				void life.stop(0);
			});
		} catch (thrown) {
			// A full disk is no fault of its pi: it waits for space.
			if (isDiskFull(thrown)) throw thrown;
			this.#register.unstartable(reason(thrown));
		}
	}

	/** By itself, after an end. */
	#relaunch(): void {
		this.launch().catch((thrown) => {
			this.#complain(reason(thrown));
			if (isDiskFull(thrown)) this.#again = this.#quarters.world.clock.after(AGAIN_MS, () => this.#relaunch());
		});
	}

	/** Takes a message in. The caller has stored it, in the transaction that keeps its answer. */
	ask(message: Asked): void {
		this.#courier.take({ type: "asked", message });
	}

	/** Bounds new work; called inside the transaction that stores its message. */
	assign(order: Order): Bound {
		return this.#keeper.assign(order);
	}

	/** A limit that is not its own was met: the fleet's money. */
	exceed(limit: string): void {
		if (this.standing.bound !== undefined) this.#keeper.exceeded(limit);
	}

	/** Keys were given: what waited for them goes on. */
	keysGiven(): void {
		if (this.standing.state !== "needs-credentials" || this.#quarters.missing(this.standing).length > 0) return;
		this.#register.together(() => this.#register.change("launched"));
		this.#relaunch();
	}

	/** Its money became more or less. */
	ration(): void {
		this.#register.allow();
	}

	/** Throws when it takes no messages, saying why and what to do. */
	listening(): void {
		const { state, spec, reason } = this.standing;
		if (!listens(state)) throw fault("lieutenant_deaf", spec.name, state, reason);
	}

	/**
	 * Ends the process and keeps the session; it goes on only when somebody resumes it. `grace`: ms in which it may come to
	 * an end of its own, and begin with a message that waits.
	 */
	async pause(grace = GRACE_MS): Promise<void> {
		await this.#turns.take(async () => {
			this.#register.pause({ disk: undefined });
			await this.#stop(grace);
		});
	}

	/** How its disk stands has changed: noted, told, and acted on. */
	room(room: Room, free: Free, text: string | undefined): void {
		const was = this.standing.disk;
		this.#register.room(room, free, text);
		if (room !== "full" && was !== "full") return;
		this.#turns
			.take(() => {
				const { state, disk } = this.standing;
				if (state === "paused" && disk === "full") return this.#stop();
				if (state === "starting" && this.#life === undefined) this.#start();
			})
			.catch((thrown) => this.#complain(reason(thrown)));
	}

	/** Starts it again from its session, whatever ended it; one that runs is left alone. `note`: what it should know too. */
	async resume(note?: string): Promise<void> {
		await this.#turns.take(() => {
			const { state, spec } = this.standing;
			if (shouldRun(state)) return;
			// Destroyed while this waited for its turn: a process started now would have no end.
			if (state === "gone") throw fault("lieutenant_unknown", spec.name, []);
			this.#register.together(() => {
				this.#register.save({ deaths: [], errors: 0 });
				this.#keeper.renew(note);
			});
			this.#start();
		});
		await this.#meeting;
	}

	/** Ends it for good: what it was asked and has not answered is lost, and says so. */
	destroy(): Promise<readonly string[]> {
		return this.#turns.take(() => this.#destroy());
	}

	async #destroy(): Promise<readonly string[]> {
		this.#register.change("destroy");
		await this.#stop();
		await this.#settleAll();
		const { id, cwd, worktree, loop } = this.standing.spec;
		const own = loop === undefined && worktree !== undefined ? { worktree } : {};
		const released = await this.#quarters.place.release({ cwd, ...own });
		await this.#quarters.place.clear(id);
		return released.kept;
	}

	/**
	 * Another takes its place, under this id: paused before, it ends for good with what `handOver` stores, and its workspace
	 * and its unread messages are not its own any more.
	 */
	async succeeded(by: string, handOver: () => void): Promise<void> {
		await this.#turns.take(async () => {
			const look = await this.#reading.look();
			const { worktree: _, ...spec } = this.standing.spec;
			this.#register.together(() => {
				this.#quarters.used(this.standing, look);
				this.#quarters.owed(this.standing, look);
				this.#register.change("destroy", { reason: `a fresh agent took its place: ${by}`, spec, bound: undefined });
				handOver();
			});
			this.detach();
			await this.#quarters.place.clear(spec.id);
		});
	}

	/** What its session holds. */
	look(): Promise<Look> {
		return this.#reading.look();
	}

	/** What it used, owes and leaves unanswered. Its end is stored already: a full disk must not leave it half told. */
	async #settleAll(): Promise<void> {
		for (;;) {
			try {
				const look = await this.#reading.look();
				this.#quarters.store.transaction(() => {
					this.#quarters.used(this.standing, look);
					this.#quarters.owed(this.standing, look);
				});
				this.#courier.take({ type: "over", because: "the lieutenant was destroyed" });
				return;
			} catch (thrown) {
				if (!isDiskFull(thrown)) throw thrown;
				await this.#intake.again();
			}
		}
	}

	adopt(owner: string): void {
		this.#register.save({ owner });
	}

	/** What it said, oldest first; the last may still grow. */
	async outputs(): Promise<readonly string[]> {
		const look = await this.#journal.look();
		const said = look.outputs.map((output) => output.text);
		const { partial } = this.#present;
		if (partial === "") return said;
		return [...said.slice(0, -1), [said.at(-1) ?? "", partial].filter(Boolean).join("\n\n")];
	}

	/** Looked at every few seconds: is there proof of life? */
	tick(): void {
		if (this.#life === undefined || !shouldRun(this.standing.state)) return;
		this.#vigil.tick(this.#life);
		this.#keeper.tick();
	}

	/** After this machine's sleep, before anything else is judged: its pi is asked first. */
	woke(slept: number): void {
		this.#keeper.slept(slept);
		this.#vigil.woke();
	}

	/** The host ends; pi goes on. */
	detach(): void {
		this.#intake.close();
		this.#cancelTimers();
		this.#life?.detach();
	}

	#watch(): { record(record: RpcRecord): void; ended(end: LifeEnd): void } {
		return {
			record: (record) => this.#intake.queue(() => this.#hearing.record(record)),
			ended: (end) => {
				const ending = this.#ending;
				let said: { readonly heard: number; readonly summing: boolean } | undefined;
				this.#intake.insist(() => {
					// All that it said is taken in by now; a second try finds nothing of it any more.
					said ??= { heard: this.#present.heard, summing: this.#present.summing };
					return this.#ended(end, ending, said);
				});
			},
		};
	}

	/** A life that was started or found: learns how it stands, then delivers. */
	async #meet(life: Life, fresh: boolean): Promise<void> {
		this.#life = life;
		this.#vigil.heard();
		const probe = await life.probe(READY_MS);
		if (probe.type === "dead" || this.#life !== life || this.#intake.closed) return;
		if (probe.type === "silent") {
			if (fresh) await life.stop(0);
			else {
				this.#unmet = life;
				this.#vigil.unanswered(life, READY_MS / 1_000);
			}
			return;
		}
		this.#met = true;
		const { isStreaming: streaming, isCompacting: compacting, pendingMessageCount: pending } = probe.state;
		const look = await this.#reading.note(streaming ? "running" : "ready");
		const interrupted = this.standing.interrupted === true;
		// Asked to go on, it comes to the end of its run once more, and to the work log's gate there.
		const owes = fresh && this.#quarters.evidence === "changes" && unsettled(look);
		const seen = owes ? { ...look.seen, end: "unanswered" as const } : look.seen;
		this.#courier.take({ type: "up", life: life.life, fresh, streaming, compacting, pending, interrupted, seen });
		if (interrupted) this.#register.save({ interrupted: undefined });
		this.#steers.look();
		if (streaming) this.#keeper.turned(look);
		else if (!owes) this.#hearing.finished(look);
	}

	/**
	 * Something that its pi said, or that came of it, was lost to a full disk: the end of a run, say, without which it would
	 * be at work for ever. How it stands is found out as by a host that has just begun, until that can be stored.
	 */
	#missed(): void {
		if (this.#unsure !== undefined || this.#intake.closed) return;
		this.#unsure = this.#quarters.world.clock.after(AGAIN_MS, () => {
			this.#unsure = undefined;
			const life = this.#life;
			this.#intake.insist(async () => {
				if (life !== undefined && this.#life === life && shouldRun(this.standing.state)) await this.#meet(life, false);
			});
		});
	}

	#told(look: Look): void {
		this.#quarters.used(this.standing, look);
		this.#journal.forget();
	}

	/** `ending`: what this host was doing to it when it came; `said`: what it cut off. */
	async #ended(
		end: LifeEnd,
		ending: "stop" | "replace" | undefined,
		{ heard, summing }: { readonly heard: number; readonly summing: boolean },
	): Promise<void> {
		this.#life = undefined;
		this.#present.end();
		this.#cancelTimers();
		this.#cut(await this.#reading.look(), heard, summing);
		if (ending === undefined) {
			this.#died(end);
			return;
		}
		this.#register.save({ dead: this.standing.lives });
		this.#courier.take({ type: "down" });
		if (ending === "replace") this.#relaunch();
	}

	/** An end that nobody asked for: told once, then started again or parked. */
	#died(end: LifeEnd): void {
		this.#courier.take({ type: "down" });
		const next = this.#register.died(end, this.#met);
		if (next.type === "restart") {
			this.#again = this.#quarters.world.clock.after(next.pause, () => this.#relaunch());
		}
	}

	async #stop(grace = GRACE_MS): Promise<void> {
		this.#ending = "stop";
		this.#cancelTimers();
		await this.#life?.stop(grace);
		await this.#intake.over();
	}

	#replace(): void {
		this.#ending = "replace";
		void this.#life?.stop(0);
	}

	/** It moves again. One that gave no answer when this host found it is met only now: so far it was told nothing. */
	#recovered(streaming: boolean): void {
		const life = this.#unmet;
		if (life === undefined || life !== this.#life) {
			this.#register.change(streaming ? "running" : "ready");
			return;
		}
		this.#unmet = undefined;
		this.#meet(life, false).catch((thrown) => {
			this.#unmet = life;
			this.#complain(reason(thrown));
		});
	}

	#complain(what: string): void {
		this.#quarters.complain(`${this.standing.spec.name}: ${what}`);
	}

	#cancelTimers(): void {
		this.#steers.cancel();
		this.#courier.cancel();
		this.#again?.cancel();
		this.#unsure?.cancel();
		this.#unsure = undefined;
	}
}
