/** What pi's own tools need of a machine, on a VM: pi asks for files and commands by these, and does the rest itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BashOperations, EditOperations, ReadOperations, WriteOperations } from "@earendil-works/pi-coding-agent";
import { dataWord } from "../../src/pi/data-word.ts";
import type { Route } from "../../src/pi/route.ts";
import type { Asked, Remote } from "./remote.ts";
import { ACCESS_READ, ACCESS_WRITE, EXEC, HEAD, MAKE_FOLDER, READ, WRITE } from "./scripts.ts";

/** Tells what kind of picture a file of this machine is. */
export type Detect = (path: string) => Promise<string | null | undefined>;

export interface RemoteOperations {
	readonly read: ReadOperations;
	readonly edit: EditOperations;
	readonly write: WriteOperations;
	readonly bash: BashOperations;
}

export function remoteOperations(remote: Remote, route: Route, detect: Detect, signal?: AbortSignal): RemoteOperations {
	const ask = (script: string, words: readonly string[], more: Partial<Asked> = {}): Promise<string> =>
		remote.ask(route, { shell: "sh", script, words, signal, heard: () => undefined, ...more });
	const bytes = async (script: string, path: string, call: string): Promise<Buffer> => {
		const pieces: Buffer[] = [];
		const said = await ask(script, [dataWord(path)], { heard: (data) => pieces.push(data) });
		if (said !== "ok") throw failure(said, call, path);
		return Buffer.concat(pieces);
	};
	const allows = (script: string) => async (path: string) => {
		const said = await ask(script, [dataWord(path)]);
		if (said !== "ok") throw failure(said, "access", path);
	};
	const readFile = (path: string) => bytes(READ, path, "open");
	const writeFile = async (path: string, content: string) => {
		const words = [dataWord(path), String(Buffer.byteLength(content))];
		const said = await ask(WRITE, words, { input: content });
		if (said !== "ok") throw failure(said, "open", path);
	};
	return {
		read: { readFile, access: allows(ACCESS_READ), detectImageMimeType: (path) => picture(detect, bytes, path) },
		edit: { readFile, writeFile, access: allows(ACCESS_WRITE) },
		write: {
			writeFile,
			async mkdir(path) {
				const said = await ask(MAKE_FOLDER, [dataWord(path)]);
				if (said !== "ok") throw failure(said, "mkdir", path);
			},
		},
		bash: { exec: (command, cwd, options) => exec(remote, route, command, cwd, options) },
	};
}

/** pi tells by the first bytes, and by a file: so they become one. */
async function picture(
	detect: Detect,
	bytes: (script: string, path: string, call: string) => Promise<Buffer>,
	path: string,
): Promise<string | null | undefined> {
	const head = await bytes(HEAD, path, "open");
	const folder = await mkdtemp(join(tmpdir(), "flagship-head-"));
	try {
		await writeFile(join(folder, "head"), head);
		return await detect(join(folder, "head"));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

type ExecOptions = Parameters<BashOperations["exec"]>[2];

/** Seconds that pi takes for a timeout at most: more, and a timer would run off at once. */
const SECONDS_MAX = 2_147_483;

async function exec(
	remote: Remote,
	route: Route,
	command: string,
	cwd: string,
	{ onData, signal, timeout, env }: ExecOptions,
): Promise<{ exitCode: number | null }> {
	if (timeout !== undefined && !(timeout > 0 && timeout <= SECONDS_MAX))
		throw new Error(`Invalid timeout: must be a number of seconds up to ${SECONDS_MAX}`);
	const late = new AbortController();
	const timer = timeout === undefined ? undefined : setTimeout(() => late.abort(), timeout * 1_000);
	const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
	const over = (): boolean => signal?.aborted === true;
	try {
		if (over()) throw new Error("aborted");
		const input = `${[dataWord(cwd), dataWord(command), told(env)].join("\n")}\n`;
		const said = await remote.ask(route, {
			...{ shell: "bash", script: EXEC, words: [], input, lasting: true, signal: either, heard: onData },
		});
		if (said === "nowhere") throw new Error(`Working directory does not exist: ${cwd}\nCannot execute bash commands.`);
		const code = /^exit (\d+)$/.exec(said)?.[1];
		return { exitCode: code === undefined ? null : Number(code) };
	} catch (thrown) {
		// The words by which pi tells these two from a fault.
		if (over()) throw new Error("aborted", { cause: thrown });
		if (late.signal.aborted) throw new Error(`timeout:${timeout}`, { cause: thrown });
		throw thrown;
	} finally {
		clearTimeout(timer);
	}
}

/** What pi tells its commands about the session; nothing else of this machine's environment goes there. */
const told = (env: NodeJS.ProcessEnv | undefined): string =>
	Object.entries(env ?? {})
		.flatMap(([name, value]) =>
			/^PI_[A-Z_]+$/.test(name) && value !== undefined ? [`${name}:${dataWord(value)}`] : [],
		)
		.join(" ");

const KNOWN: readonly (readonly [RegExp, string])[] = [
	[/no such file or directory$/i, "ENOENT"],
	[/permission denied$/i, "EACCES"],
	[/is a directory$/i, "EISDIR"],
	[/not a directory$/i, "ENOTDIR"],
	[/file exists$/i, "EEXIST"],
	[/no space left on device$/i, "ENOSPC"],
	[/read-only file system$/i, "EROFS"],
];
const WORDS: Readonly<Record<string, string>> = {
	ENOENT: "no such file or directory",
	EACCES: "permission denied",
	EISDIR: "illegal operation on a directory",
	ENOTDIR: "not a directory",
	EEXIST: "file already exists",
	ENOSPC: "no space left on device",
	EROFS: "read-only file system",
	EIO: "i/o error",
};

/** As Node says it of a file of this machine. */
function failure(said: string, call: string, path: string): Error {
	const word = /^said (\S*)$/.exec(said)?.[1];
	const text = word === undefined ? undefined : Buffer.from(word, "base64").toString().trim();
	const code = text === undefined ? said : KNOWN.find(([pattern]) => pattern.test(text))?.[1];
	if (said === "cut") return new Error(`${path} is not written: the connection ended in the middle.`);
	if (code === undefined || WORDS[code] === undefined) return new Error(`${call} '${path}': ${text ?? said}`);
	// A folder can be opened as a file; it is at reading that the system says what it is, and no longer which.
	const what = code === "EISDIR" && call === "open" ? "read" : `${call} '${path}'`;
	return Object.assign(new Error(`${code}: ${WORDS[code]}, ${what}`), { code });
}
