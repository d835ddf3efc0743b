/** A running life: commands out, records in, and its end. */
import { Fault, isDiskFull } from "../../errors.ts";
import { Frames } from "../../pi/frames.ts";
import { parseRecord, parseState, type RpcCommand, type RpcRecord } from "../../pi/rpc.ts";
import type { Pipe, ProcessId, Timer, World } from "../../world.ts";
import { freeOn } from "../liveness/disk.ts";
import { causeOfEnding } from "../liveness/ending.ts";
import { MemoryWatch } from "../liveness/memory.ts";
import { endGroups } from "./groups.ts";
import type { Life, LifeEnd, LifeOptions, LifeWatch, Outcome, Probe } from "./life.ts";
import { groupsFolder, removeOlder, stderrFile, writeNote } from "./life-file.ts";

export interface LifeParts {
	readonly folder: string;
	readonly life: number;
	readonly process: ProcessId | undefined;
	readonly input: Pipe;
	readonly output: Pipe;
}

interface Waiting {
	readonly settle: (outcome: Outcome) => void;
	readonly timer: Timer | undefined;
}

/** Written by this host into pi's stdout when pi is dead: whatever pi wrote stands before it. */
const DRAINED = "flagship_drained";
/** ms within which that line comes back; it waits only for this process's own reading. */
const DRAIN = 2_000;
/** ms after which a line that a full pipe did not take is written again. */
const SAY_AGAIN = 1_000;
const STDERR_SHOWN = 2_000;
const STDERR_READ = 64 * 1024;
/** What pi and node say in any healthy life; as the last words of a dead one it would mislead. */
const USUAL = /^Warning: No project session found with id|ExperimentalWarning: SQLite|^\(Use `\S+ --trace-warnings/;
/** Bytes of stderr at which the file is emptied: an extension that complains in a loop must not fill the disk. */
const STDERR_MAX = 8 * 1024 * 1024;

export class RunningLife implements Life {
	readonly life: number;
	readonly #world: World;
	readonly #watch: LifeWatch;
	readonly #options: LifeOptions;
	readonly #folder: string;
	readonly #input: Pipe;
	readonly #output: Pipe;
	readonly #frames = new Frames();
	readonly #waiting = new Map<string, Waiting>();
	readonly #mourners: ((end: LifeEnd) => void)[] = [];
	#process: ProcessId | undefined;
	#memory: MemoryWatch | undefined;
	#heard: number;
	#commands = 0;
	#tending: Timer;
	#polling: Timer | undefined;
	#killing: Timer | undefined;
	#draining: (() => void) | undefined;
	#end: LifeEnd | undefined;
	#detached = false;

	constructor(world: World, parts: LifeParts, watch: LifeWatch, options: LifeOptions) {
		this.#world = world;
		this.#watch = watch;
		this.#options = options;
		this.#folder = parts.folder;
		this.life = parts.life;
		this.#process = parts.process;
		this.#input = parts.input;
		this.#output = parts.output;
		this.#heard = world.clock.elapsed();
		if (parts.process !== undefined) this.#memory = new MemoryWatch(world.files, parts.process.pid);
		this.#tending = world.clock.every(60_000, () => {
			this.#memory?.look();
			void this.#boundStderr();
		});
		this.#output.onData((bytes) => this.#read(bytes));
	}

	get process(): ProcessId | undefined {
		return this.#process;
	}

	get heard(): number {
		return this.#heard;
	}

	get end(): LifeEnd | undefined {
		return this.#end;
	}

	/** Records that could not be read; a number above 0 means that something else writes into pi's stdout. */
	get spoiled(): number {
		return this.#frames.spoiled;
	}

	send(command: RpcCommand, timeout?: number): Promise<Outcome> {
		if (this.#end !== undefined) return Promise.resolve({ type: "unwritten", because: "this pi has ended" });
		if (this.#detached) return Promise.resolve({ type: "unwritten", because: "this host has let go of it" });
		this.#commands += 1;
		const id = `${this.#options.start}:${this.#commands}`;
		return new Promise((resolve) => {
			const late = () => this.#settle(id, { type: "unknown", because: "timeout" });
			const timer = timeout === undefined ? undefined : this.#world.clock.after(timeout, late);
			this.#waiting.set(id, { settle: resolve, timer });
			this.#input.write(`${JSON.stringify({ id, ...command })}\n`).catch((thrown: unknown) => {
				const because = thrown instanceof Error ? thrown.message : String(thrown);
				this.#settle(id, { type: "unwritten", because });
			});
		});
	}

	dismiss(dialog: string): void {
		this.#say(JSON.stringify({ type: "extension_ui_response", id: dialog, cancelled: true }));
	}

	async probe(timeout: number): Promise<Probe> {
		const outcome = await this.send({ type: "get_state" }, timeout);
		if (this.#end !== undefined) return { type: "dead" };
		if (outcome.type !== "answered" || !outcome.response.success) return { type: "silent" };
		return { type: "alive", state: parseState(outcome.response.data) };
	}

	stop(grace: number): Promise<LifeEnd> {
		if (this.#end !== undefined) return Promise.resolve(this.#end);
		if (this.#detached) return Promise.reject(new Error("a life that was let go of cannot be stopped here"));
		return new Promise((resolve) => {
			this.#mourners.push(resolve);
			if (grace <= 0) {
				this.#kill("SIGKILL");
				return;
			}
			this.#kill("SIGTERM");
			this.#killing ??= this.#world.clock.after(grace, () => this.#kill("SIGKILL"));
		});
	}

	detach(): void {
		if (this.#end !== undefined || this.#detached) return;
		this.#detached = true;
		this.#close();
		for (const id of [...this.#waiting.keys()]) this.#settle(id, { type: "unknown", because: "detached" });
	}

	/** Spoils a half-written command of an earlier host. pi's complaint about it has no id and is dropped. */
	spoil(): void {
		this.#say("#");
	}

	/** Who it is, where an earlier host had no time to note it; from now on watched, for no exit of it is told here. */
	identify(process: ProcessId): void {
		this.#process = process;
		this.#memory ??= new MemoryWatch(this.#world.files, process.pid);
		writeNote(this.#world.files, this.#folder, { life: this.life, process, ended: false });
		this.#polling ??= this.#world.clock.every(this.#options.pollMs ?? 1_000, () => {
			if (!this.#world.spawn.alive(process)) this.died(null, null);
		});
	}

	/** pi is dead: end its commands, read what it still wrote, then tell. */
	died(code: number | null, signal: string | null): void {
		if (this.#end !== undefined || this.#detached || this.#draining !== undefined) return;
		this.#polling?.cancel();
		this.#killing?.cancel();
		endGroups(this.#world, groupsFolder(this.#folder), true);
		const overdue = this.#world.clock.after(DRAIN, () => this.#draining?.());
		this.#draining = () => {
			overdue.cancel();
			this.#finish(this.#endOf(code, signal));
		};
		// The line end closes what pi was in the middle of writing.
		this.#output.write(`\n${JSON.stringify({ type: DRAINED })}\n`).catch(() => this.#draining?.());
	}

	#read(bytes: Uint8Array): void {
		if (this.#end !== undefined || this.#detached) return;
		this.#heard = this.#world.clock.elapsed();
		for (const value of this.#frames.push(bytes)) {
			const record = parseRecord(value);
			if (record === undefined) continue;
			if (record.type === "other" && record.name === DRAINED) this.#draining?.();
			else this.#hand(record);
			if (this.#end !== undefined || this.#detached) return;
		}
	}

	#hand(record: RpcRecord): void {
		if (record.type === "response") {
			if (record.command === "parse" && record.id === undefined) return;
			if (record.id !== undefined && this.#settle(record.id, { type: "answered", response: record })) return;
		}
		this.#watch.record(record);
	}

	#settle(id: string, outcome: Outcome): boolean {
		const waiting = this.#waiting.get(id);
		if (waiting === undefined) return false;
		this.#waiting.delete(id);
		waiting.timer?.cancel();
		waiting.settle(outcome);
		return true;
	}

	#say(line: string): void {
		if (this.#end !== undefined || this.#detached) return;
		this.#input.write(`${line}\n`).catch((thrown: unknown) => {
			// A closed one is no use any more. A full one took nothing of it, and a dialog that nobody dismisses holds pi for ever.
			if (!(thrown instanceof Fault) || thrown.code !== "pipe_full") return;
			this.#world.clock.after(SAY_AGAIN, () => this.#say(line));
		});
	}

	#kill(signal: "SIGTERM" | "SIGKILL"): void {
		const process = this.#process;
		if (process === undefined || this.#end !== undefined) return;
		if (!this.#world.spawn.kill(process, signal) && !this.#world.spawn.alive(process)) this.died(null, null);
	}

	#finish(end: LifeEnd): void {
		this.#end = end;
		this.#draining = undefined;
		this.#close();
		this.#bury();
		for (const id of [...this.#waiting.keys()]) this.#settle(id, { type: "unknown", because: "ended" });
		this.#watch.ended(end);
		for (const mourn of this.#mourners.splice(0)) mourn(end);
	}

	#bury(): void {
		try {
			buryLife(this.#world, this.#folder, this.life, true);
		} catch (thrown) {
			// The note stays as it is: whoever reads it looks for the process, too, and finds it dead.
			if (!isDiskFull(thrown)) throw thrown;
		}
	}

	#close(): void {
		this.#tending.cancel();
		this.#polling?.cancel();
		this.#killing?.cancel();
		this.#input.close();
		this.#output.close();
	}

	#endOf(code: number | null, signal: string | null): LifeEnd {
		const stderr = this.#stderr();
		const folder = this.#folder;
		const [memoryKill, freeBytes] = [this.#memory?.killed ?? false, freeOn(this.#world.files, folder)];
		const cause = causeOfEnding({ code, signal, stderr, memoryKill, folder, freeBytes });
		return { code, signal, stderr: stderr.slice(-STDERR_SHOWN).trim(), cause };
	}

	#stderr(): string {
		const path = stderrFile(this.#folder, this.life);
		const size = this.#world.files.stat(path)?.size ?? 0;
		const bytes = this.#world.files.readFrom(path, Math.max(0, size - STDERR_READ));
		const lines = new TextDecoder().decode(bytes).split("\n");
		return lines
			.filter((line) => !USUAL.test(line))
			.join("\n")
			.trim();
	}

	async #boundStderr(): Promise<void> {
		const path = stderrFile(this.#folder, this.life);
		if ((this.#world.files.stat(path)?.size ?? 0) <= STDERR_MAX) return;
		// pi appends, so it goes on at the new end. The path is data to a fixed script.
		await this.#world.spawn.run("sh", ["-c", ': > "$1"', "sh", path]);
	}
}

/** Notes that a life is over, ends what it left running, and removes its FIFOs; its stderr stays for a look. */
export function buryLife(world: World, folder: string, life: number, witnessed: boolean): void {
	endGroups(world, groupsFolder(folder), witnessed);
	writeNote(world.files, folder, { life, ended: true });
	removeOlder(world.files, folder, life + 1);
}
