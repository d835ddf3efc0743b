/** `flagship start`, which is `npm start`: pi with Flagship loaded and the hub up. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline/promises";
import { ensureHub } from "../daemon/ensure.ts";
import { packageFolder } from "../daemon/version.ts";
import { fault, reason } from "../errors.ts";
import type { Context } from "./context.ts";
import { findPi, hasModel, type Pi } from "./pi.ts";

const NO_MODEL = `pi has no model yet: no key in the environment, and nobody is logged in.
  d  see the demo: a scripted model does the whole job, no account needed
  p  open pi anyway; /login there, then talk to it
  q  leave`;

/** Resolves to pi's exit code. Throws `no_terminal`, `pi_missing`, `pi_too_old`, and why the hub is not up. */
export async function start(context: Context, args: readonly string[]): Promise<number> {
	if (!context.terminal) throw fault("no_terminal");
	const pi = await findPi(context.env);
	if (!(await hasModel(context.world, pi))) {
		context.out(NO_MODEL);
		const choice = await ask("[d] ");
		if (choice === "q") return 0;
		if (choice !== "p") return await (await import("./demo.ts")).demo(context, []);
	}
	const hub = await ensureHub(context);
	context.out(`Flagship ${context.speaks.version}, hub at ${hub.address}, pi ${pi.version}.`);
	return await open(pi, args);
}

async function ask(question: string): Promise<string> {
	const lines = createInterface({ input: process.stdin, output: process.stdout });
	// Ctrl-D is an answer as well.
	const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("q")));
	try {
		const answer = await Promise.race([lines.question(question), closed]);
		return answer.trim().toLowerCase().slice(0, 1);
	} finally {
		lines.close();
	}
}

/** pi gets the terminal; its end is ours. */
function open(pi: Pi, args: readonly string[]): Promise<number> {
	return new Promise((resolve, reject) => {
		const child = spawn(pi.command, [...pi.args, "-e", packageFolder, ...args], { stdio: "inherit" });
		// Ctrl-C is typed to pi, which shares this terminal; it must not end us before it.
		const ignore = () => undefined;
		process.on("SIGINT", ignore);
		child.on("error", (error) => reject(fault("cannot_start", pi.command, reason(error))));
		child.on("close", (code, signal) => {
			process.off("SIGINT", ignore);
			resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal]));
		});
	});
}
