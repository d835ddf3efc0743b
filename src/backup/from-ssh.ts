/** A backup from a machine that ssh reaches: `flagship backup -` there, its output here. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { fault } from "../errors.ts";
import type { Source } from "./take.ts";

/** What the shell over there is given; nothing of it is data. */
const COMMAND = "flagship backup -";
/** A name of `~/.ssh/config`, a host, an address; never an option, and nothing that a shell or ssh would take apart. */
const HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@)?[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;
/** Of what ssh and the other side complain: the end, which says why. */
const SAID = 500;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `usage` for what is no host. ssh asks for a password only where a person sits at the terminal. */
export function sshSource(host: string, env: Environment, terminal: boolean): Source {
	if (!HOST.test(host))
		throw fault("usage", `'${host}' cannot be a host of ssh; --from ssh:user@host or a name of ~/.ssh/config.`);
	const args = [
		"-T",
		"-o",
		`BatchMode=${terminal ? "no" : "yes"}`,
		"-o",
		"ServerAliveInterval=15",
		"--",
		host,
		COMMAND,
	];
	return async (file) => {
		const child = spawn("ssh", args, { env, stdio: [terminal ? "inherit" : "ignore", "pipe", "pipe"] });
		let said = "";
		child.stderr.on("data", (chunk) => {
			said = (said + String(chunk)).slice(-SAID);
		});
		const ended = once(child, "close").catch((thrown: Error) => {
			throw fault("cannot_start", "ssh", thrown.message);
		});
		// Both are waited for: a broken pipe says nothing, ssh's own word does.
		const [written, end] = await Promise.allSettled([
			pipeline(child.stdout, createWriteStream(file, { flags: "wx", mode: 0o600, flush: true })),
			ended,
		]);
		if (end.status === "rejected") throw end.reason;
		const [code, signal] = end.value;
		if (code !== 0)
			throw fault("backup_failed", "fetched", `ssh ${host} ended with ${code ?? signal}: ${said.trim() || "no word"}`);
		if (written.status === "rejected") throw written.reason;
	};
}
