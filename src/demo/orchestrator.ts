/** The orchestrator: a real `pi --mode rpc` with this package loaded, in a session of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Pi } from "../cli/pi.ts";
import { packageFolder } from "../daemon/version.ts";
import { fault, reason } from "../errors.ts";
import { Frames } from "../pi/frames.ts";
import { parseRecord, type RpcRecord } from "../pi/rpc.ts";
import type { Patience } from "./patience.ts";
import type { Stage } from "./stage.ts";

const END_MS = 10_000;

export class Orchestrator {
	readonly #child: ChildProcessWithoutNullStreams;
	#running = false;
	#prompted = false;
	#ended: string | undefined;
	#errors = "";

	/** `onTool` hears of each tool that it calls. */
	constructor(pi: Pi, { repository, env }: Stage, onTool: (tool: string, input: unknown) => void) {
		const args = [...pi.args, "--mode", "rpc", "--extension", packageFolder];
		// A group of its own: Ctrl-C is for the demo, which ends everything in order.
		this.#child = spawn(pi.command, args, { cwd: repository, env, stdio: "pipe", detached: true });
		const frames = new Frames();
		this.#child.stdout.on("data", (bytes: Buffer) => {
			for (const value of frames.push(bytes)) {
				const record = parseRecord(value);
				this.#hear(record);
				if (record?.type === "tool_execution_start") onTool(record.tool, record.input);
			}
		});
		this.#child.stderr.on("data", (bytes: Buffer) => {
			this.#errors = (this.#errors + bytes.toString("utf8")).slice(-2_000);
		});
		// The pipe breaks when pi ends first; its end says so better.
		this.#child.stdin.on("error", () => undefined);
		this.#child.on("error", (thrown) => {
			this.#ended ??= reason(thrown);
		});
		this.#child.on("close", (code, signal) => {
			this.#ended ??= `it ended with ${signal ?? `code ${code}`}`;
		});
	}

	#hear(record: RpcRecord | undefined): void {
		if (record?.type === "agent_start") this.#running = true;
		if (record?.type === "agent_settled") this.#running = false;
	}

	prompt(message: string): void {
		this.#prompted = true;
		this.#running = true;
		this.#child.stdin.write(`${JSON.stringify({ type: "prompt", message })}\n`);
	}

	/** Throws when it is no longer there. */
	check(): void {
		if (this.#ended !== undefined) throw fault("cannot_start", "pi", `${this.#ended}: ${this.#errors.trim()}`);
	}

	/** It was prompted and has nothing more to do. Throws when it is no longer there. */
	get settled(): boolean {
		this.check();
		return this.#prompted && !this.#running;
	}

	/** Ends it as a closed terminal would: it tells the hub what it has used. */
	async end(patience: Patience): Promise<void> {
		this.#child.stdin.end();
		const force = setTimeout(() => this.kill(), END_MS);
		try {
			await patience.until("the orchestrator's end", () => this.#ended !== undefined);
		} finally {
			clearTimeout(force);
		}
	}

	kill(): void {
		if (this.#ended === undefined) this.#child.kill("SIGKILL");
	}
}
