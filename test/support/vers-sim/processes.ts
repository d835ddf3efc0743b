/**
 * The processes of a machine. They are found by what they cannot lose by accident: an environment or a working folder in
 * the machine's own folder, their parent, or their session. The command line is not looked at: a client here that only
 * names a path of the machine is none of its processes.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { until } from "../until.ts";

export interface Proc {
	readonly pid: number;
	readonly parent: number;
	readonly session: number;
	readonly state: string;
}

/** A file of `/proc`, empty when the process ended meanwhile or is somebody else's. */
function peek(read: () => string): string {
	try {
		return read();
	} catch {
		// Ended, or not ours: either way it is none of the machine's.
		return "";
	}
}

const readProc = (pid: number, file: string): string => peek(() => readFileSync(`/proc/${pid}/${file}`, "latin1"));
export const linkOf = (pid: number, file: string): string => peek(() => readlinkSync(`/proc/${pid}/${file}`));

function parse(pid: number): Proc | undefined {
	const stat = readProc(pid, "stat");
	const [state = "", parent = "", , session = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	if (state === "" || "ZX".includes(state)) return undefined;
	return { pid, parent: Number(parent), session: Number(session), state };
}

const table = (): Proc[] =>
	readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => parse(Number(name)) ?? [])
		.filter(({ pid }) => pid !== process.pid);

const marked = (folder: string, { pid }: Proc): boolean =>
	readProc(pid, "environ").includes(`${folder}/`) || `${linkOf(pid, "cwd")}/`.startsWith(`${folder}/`);

/** Living processes of the machine or machines whose folder this is or lies in. */
export function processesIn(folder: string): readonly Proc[] {
	const all = table();
	const own = parse(process.pid)?.session;
	const found = new Set(all.filter((proc) => marked(folder, proc)));
	// Children and members of the same session, until no more are found.
	for (let before = -1; before !== found.size; ) {
		before = found.size;
		const parents = new Set([...found].map(({ pid }) => pid));
		const sessions = new Set([...found].map(({ session }) => session).filter((session) => session !== own));
		for (const proc of all) if (parents.has(proc.parent) || sessions.has(proc.session)) found.add(proc);
	}
	return [...found];
}

export function signal(pid: number, name: NodeJS.Signals): void {
	try {
		process.kill(pid, name);
	} catch (thrown) {
		if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH")) throw thrown;
	}
}

/** Signals all, those that are born meanwhile too, until `done` holds for every one. */
async function settle(folder: string, name: NodeJS.Signals, done: (proc: Proc) => boolean): Promise<void> {
	await until(() => {
		const open = processesIn(folder).filter((proc) => !done(proc));
		for (const { pid } of open) signal(pid, name);
		return open.length === 0;
	}, `${name} of all processes in ${folder}`);
}

export const freeze = (folder: string): Promise<void> => settle(folder, "SIGSTOP", ({ state }) => "Tt".includes(state));
export const thaw = (folder: string): Promise<void> => settle(folder, "SIGCONT", ({ state }) => !"Tt".includes(state));
export const endAll = (folder: string): Promise<void> => settle(folder, "SIGKILL", () => false);

export function signalMatching(folder: string, match: string, name: NodeJS.Signals): number {
	const found = processesIn(folder).filter(({ pid }) => readProc(pid, "cmdline").replaceAll("\0", " ").includes(match));
	for (const { pid } of found) signal(pid, name);
	return found.length;
}

/** A process as it was when a snapshot was taken: enough to start its like again. */
export interface Kept {
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly cwd: string;
	/** Files of the machine that its stdin, stdout and stderr were; undefined for anything else. */
	readonly files: readonly (string | undefined)[];
}

function keep({ pid }: Proc, folder: string): Kept | undefined {
	const argv = readProc(pid, "cmdline").split("\0").slice(0, -1);
	if (argv.length === 0) return undefined;
	const pairs = readProc(pid, "environ")
		.split("\0")
		.filter((pair) => pair.includes("="));
	const files = [0, 1, 2].map((fd) => linkOf(pid, `fd/${fd}`));
	// A command of a link, which ends with its link: to run it from its beginning again would do its work twice.
	if (files.some((file) => /^(?:pipe|socket):/.test(file))) return undefined;
	return {
		argv,
		env: Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])),
		cwd: linkOf(pid, "cwd"),
		files: files.map((file) => (file.startsWith(`${folder}/`) ? file : undefined)),
	};
}

/** The uppermost processes of a machine that no link holds; what they had started, they start again. */
export function keepAll(folder: string): readonly Kept[] {
	const all = processesIn(folder);
	const pids = new Set(all.map(({ pid }) => pid));
	return all.filter(({ parent }) => !pids.has(parent)).flatMap((proc) => keep(proc, folder) ?? []);
}
