/** `pi --mode rpc` as a person starts it: no package, and the question that a host asks to learn whether it is ready. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { atEnd } from "../support/cleanup.ts";
import type { Home } from "../support/home.ts";
import type { Pi } from "../support/pis.ts";

export class BarePi {
	readonly #child: ChildProcess;
	readonly #ended: Promise<unknown>;

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.#ended = once(child, "exit");
		atEnd(() => void child.kill("SIGKILL"));
	}

	get pid(): number {
		return this.#child.pid ?? 0;
	}

	/** Resolves when it has answered `get_state`. */
	static async ready(pi: Pi, home: Home): Promise<BarePi> {
		const args = [pi.cli, "--mode", "rpc"];
		const child = spawn(process.execPath, args, { cwd: home.work, env: home.env, stdio: ["pipe", "pipe", "inherit"] });
		const bare = new BarePi(child);
		child.stdin.write(`${JSON.stringify({ id: "ready", type: "get_state" })}\n`);
		let said = "";
		await new Promise<void>((resolve, reject) => {
			child.once("exit", () => reject(new Error(`pi ended: ${said}`)));
			child.stdout.on("data", (bytes: Buffer) => {
				said += String(bytes);
				if (said.includes('"id":"ready"')) resolve();
			});
		});
		return bare;
	}

	async end(): Promise<void> {
		this.#child.kill("SIGTERM");
		await this.#ended;
	}
}
