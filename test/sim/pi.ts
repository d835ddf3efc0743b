/**
 * A model of pi in RPC mode, with what experiments showed (`pi-host-facts`): a prompt is answered before it shows
 * anywhere; a queue in memory only; a queue that is listed while its message is already on its way into the run; a
 * session file that begins with the first assistant message; steers that an abort swallows; runs that wait while nobody
 * reads. What the pack does inside pi is the pack's own code where it can be.
 */
import { fold, unlogged, WORK, workEvents } from "../../src/gates/ledger.ts";
import { envelopeOf } from "../../src/pi/envelope.ts";
import { Meter } from "../../src/pi/pack/allowance.ts";
import { Deliveries } from "../../src/pi/pack/memory.ts";
import type { DetachedOptions, ProcessId, Signal } from "../../src/world.ts";
import type { Chance } from "./chance.ts";
import { Outlet } from "./fifo.ts";
import type { Machine, Witness } from "./machine.ts";
import { Session, type SimEntry, type SimMessage } from "./session.ts";
import { ANSWER_USD } from "./spend.ts";

export interface PiManners {
	/** The pack drops what comes twice; without it a repeat is said twice. */
	readonly dedup: boolean;
	/** Of answers: how often the provider fails instead. */
	errors: number;
	/** An abort inside a tool ends as on pi 1.5 (`aborted`) or as on 0.87 (`error`). */
	readonly aborted: "aborted" | "error";
}

interface Command {
	readonly id?: string;
	readonly type: string;
	readonly message?: string;
	readonly streamingBehavior?: "steer" | "followUp";
	readonly since?: string;
}

type Queue = "steering" | "followUp";

export class Pi {
	readonly process: ProcessId;
	readonly folder: string;
	readonly session: string;
	readonly life: number;
	/** Holds the session's lock. */
	holds = false;
	/** A host ended it, or was told to before it saw the end: no death has to be told. */
	signalled = false;
	/** Virtual time of its end. */
	endedAt: number | undefined;
	end: { readonly code: number | null; readonly signal: string | null } | undefined;
	readonly #machine: Machine;
	readonly #manners: PiManners;
	readonly #witness: Witness;
	readonly #chance: Chance;
	readonly #out: Outlet;
	readonly #stdin: string;
	#deliveries = new Deliveries({});
	readonly #meter: Meter;
	#store: Session;
	#endListeners: ((code: number | null, signal: string | null) => void)[] = [];
	#unwatch: (() => void) | undefined;
	#line = "";
	/** What is due while it is stopped; undefined while it is not. */
	#held: (() => void)[] | undefined;
	/** A SIGTERM that came while it was stopped. */
	#ending = false;
	/** The provider's answer that it waits for will not come. */
	#lost = false;
	readonly #claimed: string[] = [];
	readonly #changes: string[] = [];
	/** `_isAgentRunActive`: what `get_state` calls streaming. */
	#active = false;
	#running = false;
	#compacting = false;
	#settling = false;
	#deferred: (() => void)[] = [];
	#abortRequested = false;
	#wake: (() => void) | undefined;
	#idle: (() => void)[] = [];
	/** As shown. */
	readonly #shown: Record<Queue, string[]> = { steering: [], followUp: [] };
	/** As the agent loop takes from: emptied a moment before the shown one. */
	readonly #taken: Record<Queue, string[]> = { steering: [], followUp: [] };
	/** Of its own, for the hub. */
	readonly token: string;
	#failures = 0;

	constructor(machine: Machine, process: ProcessId, options: DetachedOptions, manners: PiManners, witness: Witness) {
		this.process = process;
		this.#machine = machine;
		this.#manners = manners;
		this.#witness = witness;
		this.#chance = machine.chance.fork();
		const { env, args } = options;
		this.folder = env.FLAGSHIP_LIEUTENANT_FOLDER ?? "";
		this.life = Number(env.FLAGSHIP_LIFE);
		this.session = args[args.indexOf("--session-id") + 1] ?? "";
		const sessions = args[args.indexOf("--session-dir") + 1] ?? "";
		this.#store = new Session(machine.files, sessions, this.session, `${this.life}`);
		this.#meter = new Meter(machine.files, this.folder);
		this.#stdin = options.stdin ?? "";
		this.token = env.VERS_AUTH_TOKEN ?? "";
		this.#out = new Outlet(machine.files.fifo(options.stdout ?? ""));
	}

	get streaming(): boolean {
		return this.#active;
	}

	get entries(): readonly SimEntry[] {
		return this.#store.entries;
	}

	onEnd(run: (code: number | null, signal: string | null) => void): void {
		this.#endListeners.push(run);
	}

	get stopped(): boolean {
		return this.#held !== undefined;
	}

	/** It has this FIFO open. */
	reads(path: string): boolean {
		return this.holds && path === this.#stdin;
	}

	signal(signal: Signal): void {
		if (signal === "SIGKILL") this.die(null, "SIGKILL");
		else if (signal === "SIGTERM") this.#terminate();
		else if (signal === "SIGSTOP") this.#stop();
		else if (signal === "SIGCONT") this.#goOn();
	}

	/** Its connection to the provider is gone: after a sleep of the machine, say. */
	loseProvider(): void {
		if (this.#active) this.#lost = true;
	}

	#terminate(): void {
		this.#ending = true;
		if (this.#held === undefined) this.#machine.time.after(this.#chance.between(5, 300), () => this.die(143, null));
	}

	#stop(): void {
		if (this.end !== undefined) return;
		this.#held ??= [];
		this.#out.stop(true);
	}

	#goOn(): void {
		if (this.end !== undefined || this.#held === undefined) return;
		const held = this.#held;
		this.#held = undefined;
		this.#out.stop(false);
		for (const run of held) this.#later(0, run);
		if (this.#ending) this.#terminate();
	}

	/** Its end, at any moment; sometimes in the middle of writing a line of its session. */
	die(code: number | null, signal: string | null): void {
		if (this.end !== undefined) return;
		if (this.holds && signal === "SIGKILL" && this.#active && this.#chance.often(0.15)) this.#store.tear();
		this.end = { code, signal };
		this.endedAt = this.#machine.time.elapsed;
		this.#unwatch?.();
		this.#out.close();
		for (const run of this.#endListeners.splice(0)) run(code, signal);
	}

	begin(): void {
		void this.#boot();
	}

	async #boot(): Promise<void> {
		await this.#sleep(this.#chance.often(0.05) ? this.#chance.between(2_000, 9_000) : this.#chance.between(200, 1_500));
		if (!(await this.#claim())) {
			await this.#sleep(500);
			this.die(143, null);
			return;
		}
		this.#store.load();
		this.#deliveries = new Deliveries({});
		this.#deliveries.refill(this.#store.entries);
		this.#changes.push(...unlogged(fold(workEvents(this.#store.entries))).map((change) => change.id));
		await this.#sleep(this.#chance.between(5, 200));
		const fifo = this.#machine.files.fifo(this.#stdin);
		this.#unwatch = fifo.watch(() => {
			this.#later(this.#chance.fraction() * 3, () => this.#read(fifo.read(65_536).toString("utf8")));
		});
	}

	/** `src/pi/pack/lock.ts`: one pi per session, and none that has been given up. */
	async #claim(): Promise<boolean> {
		const { files, processes, time } = this.#machine;
		const lock = `${this.folder}/session-lock/lock.json`;
		const until = time.elapsed + 2_000;
		for (;;) {
			const note = JSON.parse(files.read(`${this.folder}/life.json`) ?? "{}") as { life?: number; ended?: boolean };
			if (note.ended === true || (note.life ?? 0) > this.life) return false;
			const holder = JSON.parse(files.read(lock) ?? "null") as ProcessId | null;
			if (holder === null || !processes.alive(holder)) {
				files.makeFolder(`${this.folder}/session-lock`);
				files.write(lock, JSON.stringify(this.process));
				this.holds = true;
				return true;
			}
			if (time.elapsed > until) return false;
			await this.#sleep(100);
		}
	}

	#read(text: string): void {
		const lines = (this.#line + text).split("\n");
		this.#line = lines.pop() ?? "";
		for (const line of lines) if (line.trim() !== "") this.#command(line);
	}

	#command(line: string): void {
		let command: Command;
		try {
			command = JSON.parse(line) as Command;
		} catch {
			// As pi itself: a complaint without an id.
			this.#say({ type: "response", command: "parse", success: false, error: "Failed to parse command" });
			return;
		}
		this.#later(this.#chance.fraction() * 4, () => {
			switch (command.type) {
				case "prompt":
					void this.#prompt(command);
					return;
				case "abort":
					void this.#abort(command);
					return;
				case "clear_queue": {
					const data = { steering: [...this.#shown.steering], followUp: [...this.#shown.followUp] };
					for (const queue of ["steering", "followUp"] as const) {
						this.#shown[queue] = [];
						this.#taken[queue] = [];
					}
					this.#queueUpdate();
					this.#answer(command, data);
					return;
				}
				case "get_state":
					this.#answer(command, {
						isStreaming: this.#active,
						isCompacting: this.#compacting,
						pendingMessageCount: this.#shown.steering.length + this.#shown.followUp.length,
						messageCount: this.#store.entries.length,
						sessionId: this.session,
						thinkingLevel: "off",
					});
					return;
				case "get_entries":
					this.#answer(command, { entries: this.#store.entries, leafId: this.#store.entries.at(-1)?.id ?? null });
					return;
				default:
					this.#refuse(command, `Unknown command: ${command.type}`);
			}
		});
	}

	async #prompt(command: Command): Promise<void> {
		const text = command.message ?? "";
		if (this.#settling) {
			this.#deferred.push(() => void this.#prompt(command));
			return;
		}
		if (this.#compacting) {
			this.#refuse(
				command,
				"Cannot submit a prompt while compaction is in progress. Wait for compaction to finish and retry.",
			);
			return;
		}
		const envelope = envelopeOf(text);
		if (envelope !== undefined && !this.#deliveries.take(envelope) && this.#manners.dedup) {
			this.#answer(command);
			return;
		}
		await this.#sleep(this.#preflight());
		if (this.#active) {
			const queue: Queue = command.streamingBehavior === "steer" ? "steering" : "followUp";
			this.#shown[queue].push(text);
			this.#queueUpdate();
			this.#taken[queue].push(text);
			this.#answer(command);
			return;
		}
		await this.#sleep(this.#preflight());
		this.#answer(command);
		this.#abortRequested = false;
		this.#active = true;
		// Two that were both found idle: the second was answered and is nowhere.
		if (this.#running) {
			await this.#settle();
			return;
		}
		await this.#run(text);
	}

	#preflight(): number {
		return this.#chance.often(0.03) ? this.#chance.between(200, 3_000) : this.#chance.between(0, 12);
	}

	async #run(text: string): Promise<void> {
		this.#running = true;
		if (this.#chance.often(0.05)) await this.#sleep(this.#chance.between(50, 1_500));
		await this.#loop([text]);
		while (!this.#abortRequested && this.#hasQueued()) {
			const next = [...this.#drain("steering")];
			await this.#loop(next.length > 0 ? next : this.#drain("followUp"));
		}
		this.#running = false;
		await this.#settle();
	}

	#hasQueued(): boolean {
		return this.#taken.steering.length + this.#taken.followUp.length > 0;
	}

	/** One at a time. */
	#drain(queue: Queue): readonly string[] {
		return this.#taken[queue].splice(0, 1);
	}

	async #loop(prompts: readonly string[]): Promise<void> {
		await this.#emit({ type: "agent_start" });
		for (const text of prompts) await this.#user(text);
		let pending = this.#drain("steering");
		for (;;) {
			for (const text of pending) await this.#user(text);
			const answer = await this.#answerOfModel();
			if (answer === "failed") break;
			const tools = answer === "toolUse";
			if (tools) await this.#tool();
			await this.#emit({ type: "turn_end", message: { role: "assistant" }, toolResults: [] });
			pending = this.#drain("steering");
			if (tools || pending.length > 0) continue;
			pending = this.#drain("followUp");
			if (pending.length === 0) break;
		}
		await this.#emit({ type: "agent_end", messages: [], willRetry: false });
	}

	async #user(text: string): Promise<void> {
		const message: SimMessage = { role: "user", content: [{ type: "text", text }] };
		// Listed as queued, and already on its way into the run.
		if (this.#chance.often(0.3)) await this.#sleep(this.#chance.between(1, 400));
		for (const queue of ["steering", "followUp"] as const) {
			const at = this.#shown[queue].indexOf(text);
			if (at === -1) continue;
			this.#shown[queue].splice(at, 1);
			this.#queueUpdate();
			break;
		}
		await this.#emit({ type: "message_start", message });
		// In no queue, and in no entries.
		if (this.#chance.often(0.3)) await this.#sleep(this.#chance.between(1, 400));
		await this.#emit({ type: "message_end", message });
		this.#append(message);
		if (this.end === undefined) this.#witness.said(this, text);
	}

	/** One request to the model. */
	async #answerOfModel(): Promise<"toolUse" | "stop" | "failed"> {
		const chance = this.#chance;
		// The pack makes no request for work whose allowance is used up, and begins nothing of what waits.
		if (this.#meter.usedUp(this.#store.entries)) this.#abortRequested = true;
		const long = chance.often(0.05);
		const done = await this.#wait(long ? chance.between(3_000, 12_000) : chance.between(20, 1_500));
		await this.#emit({ type: "message_start", message: { role: "assistant", content: [] } });
		if (!done || this.#abortRequested) {
			// Within a stream pi writes `aborted`; in what follows an aborted tool 0.87 writes an error.
			const how = chance.often(0.5) ? "aborted" : this.#manners.aborted;
			return this.#failed(how, "This operation was aborted");
		}
		if (this.#lost || (this.#failures < 2 && chance.often(this.#manners.errors))) {
			this.#lost = false;
			this.#failures += 1;
			return this.#failed("error", "provider says no");
		}
		this.#failures = 0;
		const tools = chance.often(0.45);
		const text = `words ${this.process.pid}-${this.#store.entries.length}`;
		const delta = chance.often(0.1) ? "x".repeat(chance.between(10_000, 40_000)) : text;
		for (let i = chance.between(0, 2); i > 0; i--) {
			await this.#emit({ type: "message_update", assistantMessageEvent: { type: "text_delta", delta } });
		}
		const call = { type: "toolCall", id: `call-${this.#store.entries.length}`, name: "bash", arguments: {} };
		const content = [{ type: "text", text }, ...(tools ? [call] : [])];
		const [input, output] = [chance.between(100, 9_000), chance.between(1, 900)];
		const usage = {
			input,
			output,
			cacheRead: 0,
			cacheWrite: 0,
			totalTokens: input + output,
			cost: { total: ANSWER_USD },
		};
		const stopReason = tools ? "toolUse" : "stop";
		const from = { provider: "sim", model: "model" };
		// The work-log gate has its word before the end of a run.
		if (!tools) this.#logged();
		await this.#assistant({ role: "assistant", content, stopReason, ...from, usage });
		return tools ? "toolUse" : "stop";
	}

	async #failed(stopReason: string, errorMessage: string): Promise<"failed"> {
		await this.#assistant({ role: "assistant", content: [], stopReason, errorMessage });
		await this.#emit({ type: "turn_end", message: { role: "assistant" }, toolResults: [] });
		return "failed";
	}

	async #assistant(message: SimMessage): Promise<void> {
		await this.#emit({ type: "message_end", message });
		this.#append(message);
	}

	/** Without room for its session pi ends. */
	#append(message: SimMessage): void {
		if (this.#machine.full) this.die(1, null);
		else this.#store.append(message, this.#machine.time.wall);
	}

	async #tool(): Promise<void> {
		const chance = this.#chance;
		const toolCallId = `call-${this.#store.entries.length - 1}`;
		await this.#emit({ type: "tool_execution_start", toolCallId, toolName: "bash", args: { command: "work" } });
		const stubborn = chance.often(0.06);
		if (stubborn) await this.#sleep(chance.between(5_000, 35_000));
		else await this.#wait(chance.often(0.2) ? chance.between(2_000, 20_000) : chance.between(10, 1_500));
		const isError = this.#abortRequested;
		if (chance.often(0.15)) this.#changed();
		if (chance.often(0.3)) void this.#board();
		await this.#emit({ type: "tool_execution_end", toolCallId, toolName: "bash", isError });
		const text = chance.often(0.1) ? "y".repeat(30_000) : "done";
		const message = { role: "toolResult", toolCallId, toolName: "bash", content: [{ type: "text", text }], isError };
		await this.#emit({ type: "message_end", message });
		this.#append(message);
	}

	/** A file was changed: the gate notes it in the session. */
	#changed(): void {
		const id = `change-${this.process.pid}-${this.#store.entries.length}`;
		this.#changes.push(id);
		const data = { type: "changed", id, files: [`src/${id}.ts`], commits: [], effects: [] };
		this.#store.note(WORK, data, this.#machine.time.wall);
	}

	/** The gate's own entry: all that is open is in the work log. */
	#logged(): void {
		const ids = this.#changes.splice(0);
		if (ids.length > 0) this.#store.note(WORK, { type: "covered", ids, by: "log" }, this.#machine.time.wall);
	}

	/** A tool of the board: takes a task, or lets go of it. */
	async #board(): Promise<void> {
		const { board } = this.#machine;
		if (board === undefined) return;
		const held = this.#claimed.pop();
		if (held !== undefined) await board.release(this.token, held);
		else {
			const task = board.tasks[this.#chance.between(0, board.tasks.length - 1)];
			if (task !== undefined && (await board.claim(this.token, task))) this.#claimed.push(task);
		}
	}

	async #settle(): Promise<void> {
		this.#active = false;
		this.#settling = true;
		if (this.#chance.often(0.2)) await this.#sleep(this.#chance.between(1, 100));
		await this.#emit({ type: "agent_settled" });
		this.#settling = false;
		for (const resolve of this.#idle.splice(0)) resolve();
		for (const again of this.#deferred.splice(0)) again();
		if (!this.#active && this.#chance.often(0.06)) await this.#compact();
	}

	async #compact(): Promise<void> {
		this.#compacting = true;
		await this.#emit({ type: "compaction_start", reason: "manual" });
		await this.#sleep(this.#chance.between(100, 4_000));
		this.#compacting = false;
		await this.#emit({ type: "compaction_end", reason: "manual", aborted: false });
		for (const resolve of this.#idle.splice(0)) resolve();
	}

	async #abort(command: Command): Promise<void> {
		if (this.#active) {
			this.#abortRequested = true;
			this.#wake?.();
		}
		if (this.#active || this.#compacting) await new Promise<void>((resolve) => void this.#idle.push(resolve));
		this.#answer(command);
	}

	#queueUpdate(): void {
		const { steering, followUp } = this.#shown;
		this.#say({ type: "queue_update", steering: [...steering], followUp: [...followUp] });
	}

	#answer(command: Command, data?: unknown): void {
		this.#say({ type: "response", id: command.id, command: command.type, success: true, data });
	}

	#refuse(command: Command, error: string): void {
		this.#say({ type: "response", id: command.id, command: command.type, success: false, error });
	}

	/** Commands are answered also while a run waits for its reader: their answers stand in the same line. */
	#say(record: unknown): void {
		if (this.end === undefined) this.#out.write(`${JSON.stringify(record)}\n`);
	}

	/** The run waits in its write until all is in the FIFO. */
	async #emit(record: unknown): Promise<void> {
		this.#say(record);
		await this.#out.drained();
		if (this.#chance.often(0.3)) await this.#sleep(this.#chance.fraction() * 4);
	}

	/** Interrupted by an abort: then false. */
	async #wait(ms: number): Promise<boolean> {
		if (this.#abortRequested) return false;
		return new Promise((resolve) => {
			this.#later(ms, () => resolve(true));
			this.#wake = () => resolve(false);
		});
	}

	#sleep(ms: number): Promise<void> {
		return new Promise((resolve) => this.#later(ms, resolve));
	}

	/** Nothing more happens in a dead process. */
	#later(ms: number, run: () => void): void {
		this.#machine.time.after(ms, () => {
			if (this.end !== undefined) return;
			if (this.#held === undefined) run();
			else this.#held.push(run);
		});
	}
}
