/** A real terminal: pi in tmux, keys in, the screen out. */
import { execFileSync } from "node:child_process";
import { atEnd } from "./cleanup.ts";
import type { Home } from "./home.ts";
import { PACKAGE } from "./pi.ts";
import type { Pi } from "./pis.ts";
import { until } from "./until.ts";

/** Why terminal tests cannot run here, or undefined; an error where all are required. */
export function missingTmux(): string | undefined {
	try {
		execFileSync("tmux", ["-V"], { stdio: "ignore" });
		return undefined;
	} catch (thrown) {
		if (process.env.FLAGSHIP_REQUIRE_ALL === "1") throw thrown;
		return "tmux is not installed here";
	}
}

export interface TerminalOptions {
	readonly columns?: number;
	readonly rows?: number;
	/** More of pi's arguments. */
	readonly args?: readonly string[];
}

let count = 0;

export class Terminal {
	readonly #socket = `fs-${process.pid}-${++count}`;
	readonly #env: NodeJS.ProcessEnv;

	constructor(pi: Pi, home: Home, { columns = 110, rows = 40, args = [] }: TerminalOptions = {}) {
		this.#env = { ...home.env, TERM: "xterm-256color" };
		const shape = ["-x", String(columns), "-y", String(rows)];
		this.#tmux(
			"-f",
			"/dev/null",
			"new-session",
			"-d",
			...shape,
			"-c",
			home.work,
			process.execPath,
			pi.cli,
			"-e",
			PACKAGE,
			...args,
		);
		atEnd(() => this.end());
	}

	/** Types words, then enter. */
	type(text: string): void {
		this.#tmux("send-keys", "-l", text);
		this.press("Enter");
	}

	press(...keys: string[]): void {
		this.#tmux("send-keys", ...keys);
	}

	screen(): string {
		return this.#tmux("capture-pane", "-p");
	}

	/** Waits until the screen shows it; fails with the screen. */
	async shows(what: string | RegExp, ms = 40_000): Promise<string> {
		const there = () => (typeof what === "string" ? this.screen().includes(what) : what.test(this.screen()));
		try {
			await until(there, `the screen to show ${what}`, ms);
		} catch (thrown) {
			throw new Error(`${String(thrown)}\n${this.screen()}`, { cause: thrown });
		}
		return this.screen();
	}

	/** Waits until the screen does not show it any more. */
	async gone(what: string, ms = 40_000): Promise<void> {
		await until(() => !this.screen().includes(what), `the screen without ${what}`, ms);
	}

	end(): void {
		try {
			this.#tmux("kill-server");
		} catch {
			// It ended with its last session already.
		}
	}

	#tmux(...args: string[]): string {
		return execFileSync("tmux", ["-L", this.#socket, ...args], {
			env: this.#env,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	}
}
