/** Drives a real `pi --mode rpc` over pipes: records are JSON, one per line, ended by LF and by nothing else. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Home } from "./home.ts";
import type { Pi } from "./pis.ts";
import { until } from "./until.ts";

/** A record of pi: a response, an event, or a request of an extension's user interface. */
export interface PiRecord {
	readonly type: string;
	readonly [field: string]: unknown;
}

export interface PiResponse extends PiRecord {
	readonly type: "response";
	readonly success: boolean;
	readonly command: string;
	readonly data?: unknown;
	readonly error?: string;
}

export type Match = string | ((record: PiRecord) => boolean);

export interface StartOptions {
	readonly args?: readonly string[];
	readonly cwd?: string;
	readonly env?: Readonly<Record<string, string>>;
}

const isResponse = (record: PiRecord): record is PiResponse => record.type === "response";
const matches = (match: Match, record: PiRecord): boolean =>
	typeof match === "string" ? record.type === match : match(record);

/** Splits at LF only: JSON text may hold U+2028, where Node's readline would cut a record in two. */
export class Lines {
	#rest = "";
	readonly #decoder = new TextDecoder();

	take(bytes: Uint8Array): string[] {
		const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
		this.#rest = parts.pop() ?? "";
		return parts.filter((line) => line !== "");
	}
}

export class RpcPi {
	/** Everything that pi said, oldest first. */
	readonly records: PiRecord[] = [];
	readonly pid: number;
	#child: ChildProcessWithoutNullStreams;
	#ended: string | undefined;
	#errors = "";
	#commands = 0;

	constructor(pi: Pi, home: Home, options: StartOptions = {}) {
		const args = [pi.cli, "--mode", "rpc", ...(options.args ?? [])];
		const cwd = options.cwd ?? home.work;
		this.#child = spawn(process.execPath, args, { cwd, env: { ...home.env, ...options.env }, stdio: "pipe" });
		this.pid = this.#child.pid ?? 0;
		const lines = new Lines();
		this.#child.stdout.on("data", (bytes: Buffer) => {
			for (const line of lines.take(bytes)) this.records.push(JSON.parse(line));
		});
		this.#child.stderr.on("data", (bytes: Buffer) => {
			this.#errors += bytes.toString("utf8");
		});
		// The pipe breaks when pi ends first; the exit says so better.
		this.#child.stdin.on("error", () => undefined);
		this.#child.on("error", (thrown) => {
			this.#ended ??= thrown.message;
		});
		// Not "exit": that may come before the last of its output.
		this.#child.on("close", (code, signal) => {
			this.#ended ??= `pi ended with ${signal ?? code}`;
		});
	}

	get stderr(): string {
		return this.#errors;
	}

	/** How it ended, or undefined while it lives. */
	get ended(): string | undefined {
		return this.#ended;
	}

	/** Writes a command as it is, and waits for nothing. */
	send(command: Readonly<Record<string, unknown>>): void {
		this.#child.stdin.write(`${JSON.stringify(command)}\n`);
	}

	/** The first matching record from position `from` on; also one that came before. */
	wait(match: Match, from = 0, ms = 30_000): Promise<PiRecord> {
		const what = typeof match === "string" ? match : "a record";
		return until(
			() => {
				const found = this.records.slice(from).find((record) => matches(match, record));
				return found ?? this.#ended;
			},
			`${what} of pi ${this.pid}`,
			ms,
		).then((found) => {
			if (typeof found === "string") throw new Error(`${found} before ${what}: ${this.#errors.slice(-2000)}`);
			return found;
		});
	}

	/** A command and its response, refusals included. */
	async ask(command: { readonly type: string; readonly [field: string]: unknown }): Promise<PiResponse> {
		const id = `test-${++this.#commands}`;
		this.send({ id, ...command });
		const found = await this.wait((record) => record.type === "response" && record.id === id);
		if (!isResponse(found)) throw new Error("a response that is none");
		return found;
	}

	/** The data of a command that must succeed. */
	async get(type: string, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
		const response = await this.ask({ type, ...more });
		if (!response.success) throw new Error(`${type} was refused: ${response.error}`);
		return response.data;
	}

	/** Prompts, waits until pi has settled, and gives the last assistant text. */
	async prompt(message: string, ms = 60_000): Promise<string> {
		const from = this.records.length;
		const response = await this.ask({ type: "prompt", message });
		if (!response.success) throw new Error(`The prompt was refused: ${response.error}`);
		await this.wait("agent_settled", from, ms);
		const last: unknown = await this.get("get_last_assistant_text");
		const text: unknown = typeof last === "object" && last !== null ? Reflect.get(last, "text") : last;
		return typeof text === "string" ? text : "";
	}

	/** Ends it as a closed terminal would, or by force after a while. */
	async stop(ms = 10_000): Promise<string> {
		this.#child.stdin.end();
		const force = setTimeout(() => this.#child.kill("SIGKILL"), ms);
		const how = await until(() => this.#ended, `the end of pi ${this.pid}`, ms + 5000);
		clearTimeout(force);
		return how;
	}

	kill(signal: NodeJS.Signals = "SIGKILL"): void {
		this.#child.kill(signal);
	}
}
