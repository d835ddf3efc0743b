/** What a verb has at hand. Made once by `main`; tests make their own. */

import { homedir } from "node:os";
import { text as readAll } from "node:stream/consumers";
import { PROTOCOL } from "../contract/link.ts";
import type { EnsureOptions } from "../daemon/ensure.ts";
import { type Environment, homeOf } from "../daemon/home.ts";
import { packageVersion } from "../daemon/version.ts";
import { realWorld } from "../world/real.ts";

export interface Context extends EnsureOptions {
	readonly env: Environment;
	/** A person sits at both ends. */
	readonly terminal: boolean;
	/** One piece of output, newline added. */
	out(text: string): void;
	/** To standard error. */
	complain(text: string): void;
	/** Standard input to its end. */
	input(): Promise<string>;
	/** Called once at Ctrl-C: what is followed ends. */
	onInterrupt(run: () => void): void;
}

/** Throws `home_unusable` for a relative FLAGSHIP_HOME. */
export function makeContext(env: Environment = process.env): Context {
	return {
		world: realWorld(),
		home: homeOf(env, { uid: process.getuid?.() ?? 0, folder: env.HOME ?? homedir() }),
		env,
		speaks: { protocol: PROTOCOL, version: packageVersion() },
		terminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
		out: (text) => void process.stdout.write(`${text}\n`),
		complain: (text) => void process.stderr.write(`${text}\n`),
		input: () => readAll(process.stdin),
		onInterrupt: (run) => void process.once("SIGINT", run),
	};
}

/** True in an agent's shell: it finds what runs, and starts nothing. */
export const isLieutenant = (env: Environment): boolean => (env.FLAGSHIP_LIEUTENANT ?? "") !== "";
