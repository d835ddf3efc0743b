/** Commands over the API: their output is kept by cursor, so that a reader who was cut off reads on where it was. */
import type { ChildProcess } from "node:child_process";
import { signal } from "./processes.ts";

export type StreamName = "stdout" | "stderr";

export interface LogEntry {
	readonly exec_id: string;
	readonly timestamp: string;
	readonly stream: StreamName;
	readonly data_b64: string;
}

/** What the platform says of a command that had no more time; modelled. */
const TIMED_OUT = 124;

/** One command. Its lines have cursors from 1 on; the last one is its exit. */
export class Execution {
	readonly id: string;
	readonly #lines: string[] = [];
	readonly #output: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
	readonly #waiting = new Set<() => void>();
	readonly #log: LogEntry[];
	#exit: number | undefined;

	constructor(id: string, child: ChildProcess, log: LogEntry[], stdin: string, seconds: number | undefined) {
		this.id = id;
		this.#log = log;
		child.stdout?.on("data", (data: Buffer) => this.#take("stdout", data));
		child.stderr?.on("data", (data: Buffer) => this.#take("stderr", data));
		// A command that does not read its stdin: the rest is dropped.
		child.stdin?.on("error", () => child.stdin?.destroy());
		child.stdin?.end(stdin);
		let late = false;
		const stop = (): void => {
			late = true;
			if (child.pid !== undefined) signal(-child.pid, "SIGKILL");
		};
		const timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000);
		child.on("error", (error) => {
			this.#take("stderr", Buffer.from(`${error.message}\n`));
			clearTimeout(timer);
			this.#end(127);
		});
		child.on("close", (code, by) => {
			clearTimeout(timer);
			this.#end(late ? TIMED_OUT : (code ?? 128 + (SIGNAL_NUMBERS[by ?? "SIGKILL"] ?? 9)));
		});
	}

	#push(line: Readonly<Record<string, unknown>>): void {
		this.#lines.push(`${JSON.stringify({ ...line, cursor: this.#lines.length + 1, exec_id: this.id })}\n`);
		for (const wake of this.#waiting) wake();
	}

	#take(stream: StreamName, data: Buffer): void {
		this.#output[stream].push(data);
		const data_b64 = data.toString("base64");
		this.#log.push({ exec_id: this.id, timestamp: new Date().toISOString(), stream, data_b64 });
		this.#push({ type: "chunk", stream, data_b64 });
	}

	#end(code: number): void {
		if (this.#exit !== undefined) return;
		this.#exit = code;
		this.#push({ type: "exit", exit_code: code });
	}

	get latest(): number {
		return this.#lines.length;
	}

	/** Lines behind `cursor`, those to come too, up to the exit. */
	async *after(cursor: number): AsyncGenerator<string> {
		for (let at = cursor; ; at++) {
			while (at >= this.#lines.length) {
				if (this.#exit !== undefined) return;
				await this.#more();
			}
			yield this.#lines[at] ?? "";
		}
	}

	#more(): Promise<void> {
		return new Promise((resolve) => {
			const wake = (): void => {
				this.#waiting.delete(wake);
				resolve();
			};
			this.#waiting.add(wake);
		});
	}

	/** All at once, as text: what is not UTF-8 is lost on this way. */
	async whole(): Promise<{ exit_code: number; stdout: string; stderr: string }> {
		while (this.#exit === undefined) await this.#more();
		const text = (stream: StreamName): string => Buffer.concat(this.#output[stream]).toString("utf8");
		return { exit_code: this.#exit, stdout: text("stdout"), stderr: text("stderr") };
	}
}

const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
	SIGHUP: 1,
	SIGINT: 2,
	SIGQUIT: 3,
	SIGKILL: 9,
	SIGPIPE: 13,
	SIGTERM: 15,
};
