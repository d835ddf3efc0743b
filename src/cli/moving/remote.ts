/**
 * The data folder of another machine, fetched by the system's ssh. The command that runs there is always the same; folder
 * and file name go in as lines of its input, so that no name can become a command.
 */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Fault, fault } from "../../errors.ts";
import { ALL_FILES } from "./files.ts";

export interface Remote {
	readonly host: string;
	readonly folder: string;
}

const REMOTE = /^ssh:((?:[\w.-]{1,64}@)?[A-Za-z0-9][\w.-]{0,252}):(.+)$/s;

/** `ssh:host:folder`, or `ssh:user@host:folder`; undefined for a folder of this machine. Throws `usage`. */
export function remoteOf(text: string): Remote | undefined {
	if (!text.startsWith("ssh:")) return undefined;
	const [, host = "", folder = ""] = REMOTE.exec(text) ?? [];
	// biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would end the line that carries the folder.
	if (host === "" || /[\0-\x1f\x7f]/.test(folder))
		throw fault("usage", "A folder elsewhere is written as ssh:host:folder or ssh:user@host:folder.");
	return { host, folder };
}

/** What the other machine says when there is no such file, and when there is no such folder. */
const NO_FILE = 44;
const NO_FOLDER = 45;
const FETCH = `sh -c 'IFS= read -r folder; IFS= read -r name; cd -- "$folder" || exit ${NO_FOLDER}; test -f "./$name" || exit ${NO_FILE}; exec cat "./$name"'`;
const OPTIONS = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"] as const;

/** Brings the known files into `into`. Throws `not_connected`, or `not_found` for a folder that is not there. */
export async function fetchFolder(remote: Remote, into: string, env: NodeJS.ProcessEnv): Promise<void> {
	for (const name of ALL_FILES) await fetchFile(remote, name, join(into, name), env);
}

async function fetchFile({ host, folder }: Remote, name: string, to: string, env: NodeJS.ProcessEnv): Promise<void> {
	const child = spawn("ssh", [...OPTIONS, "--", host, FETCH], { env, stdio: "pipe" });
	let said = "";
	child.stderr.on("data", (text) => (said = (said + String(text)).slice(-2_000)));
	const ended = new Promise<number | string>((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
	});
	// It may end before it has read its input; how it ended says why.
	child.stdin.on("error", () => undefined);
	child.stdin.end(`${folder}\n${name}\n`);
	await pipeline(child.stdout, createWriteStream(to, { mode: 0o600 }));
	const code = await ended;
	if (code === 0) return;
	const { rm } = await import("node:fs/promises");
	await rm(to, { force: true });
	if (code === NO_FILE) return;
	if (code === NO_FOLDER) throw fault("not_found", `Folder ${folder} on ${host}`);
	throw new Fault(
		"not_connected",
		`No connection to ${host}: ${said.trim() || code}.`,
		`Try \`ssh ${host} true\` first.`,
	);
}
