/**
 * Which files an agent's tools may not change: what Flagship and pi run on, and other agents' worktrees. Reading is not
 * its business. A tool that names a file is judged by the path; a command by every path that it spells, in words, in
 * code that it passes on, and through variables that are known.
 */
import { basename, isAbsolute, join, normalize } from "node:path/posix";
import { type Place, traceOf } from "./commands.ts";
import { parseShell, type Simple } from "./shell.ts";

export interface Zone {
	/** Absolute, links resolved. A file, or a folder with all that is in it. */
	readonly path: string;
	/** What it is, for the refusal; absent: open, although inside of something that is closed. */
	readonly what?: string;
}

export interface Ground {
	/** The longest path that holds a file decides; of two that are equal, the first. */
	readonly zones: readonly Zone[];
	readonly cwd: string;
	/** Variables of the shell that are known to stand for paths. */
	readonly variables: Readonly<Record<string, string | undefined>>;
	/** Links resolved as far as the path exists. */
	real(path: string): string;
}

export interface Trespass {
	readonly path: string;
	readonly what: string;
}

const within = (folder: string, path: string): boolean =>
	path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

/** What this path is, when it is closed. */
export function closed(ground: Ground, path: string): Trespass | undefined {
	const real = ground.real(path);
	let best: Zone | undefined;
	for (const zone of ground.zones) {
		if (within(zone.path, real) && (best === undefined || zone.path.length > best.path.length)) best = zone;
	}
	return best?.what === undefined ? undefined : { path: real, what: best.what };
}

/** A path as a tool or a word has it; `undefined` when what it stands for is not known. */
export function absolute(ground: Pick<Ground, "variables">, text: string, cwd: string | undefined): string | undefined {
	const variable = /^\$(\w+)(?=\/|$)/.exec(text);
	const base = text.startsWith("~/") || text === "~" ? ground.variables.HOME : ground.variables[variable?.[1] ?? ""];
	const head = variable?.[0] ?? (text.startsWith("~") ? "~" : "");
	if (head !== "") return base === undefined ? undefined : normalize(`${base}/${text.slice(head.length)}`);
	if (isAbsolute(text)) return normalize(text);
	return cwd === undefined ? undefined : normalize(join(cwd, text));
}

/** For a tool that changes the file that it names. */
export function fileTrespass(ground: Ground, path: string): Trespass | undefined {
	const named = absolute(ground, path.replace(/^@/, ""), ground.cwd);
	return named === undefined ? undefined : closed(ground, named);
}

/** They take a folder with everything in it, so what lies above a closed path counts, too. */
const SWEEPING = new Set(["rm", "mv", "rmdir", "shred", "chmod", "chown", "rsync"]);
/** Names by which code of another language reaches the same places. */
const NAMES = /\b(FLAGSHIP_HOME|FLAGSHIP_LIEUTENANT_FOLDER|FLAGSHIP_GROUPS|PI_CODING_AGENT_DIR)\b(?!=)/;
/** What looks like a path inside of a longer text. */
const PATHS = /(?:\$\w+|~|\.{1,2})?\/[^\s'"`,;:()<>|&]*|\$\w+/g;

/** For a command line: the first closed place that something in it names and may change. */
export function commandTrespass(ground: Ground, command: string): Trespass | undefined {
	const text = command.replace(/\$\{(\w+)\}/g, "$$$1");
	const simples = parseShell(text);
	if (simples === undefined) return inText(ground, text.replace(/["'\\]/g, ""), ground.cwd);
	const place: Place = { cwd: ground.cwd, root: ground.cwd, git: true, scratch: [] };
	let cwd: string | undefined = ground.cwd;
	for (const simple of simples) {
		const found = traceOf(simple, place) === "none" ? undefined : ofSimple(ground, simple, cwd);
		if (found !== undefined) return found;
		const [program, target] = simple.words;
		if (program?.text === "cd" || program?.text === "pushd")
			cwd = target === undefined ? ground.variables.HOME : absolute(ground, target.text, cwd);
	}
	return undefined;
}

function ofSimple(ground: Ground, { words, writes }: Simple, cwd: string | undefined): Trespass | undefined {
	const inside = cwd === undefined ? undefined : closed(ground, cwd);
	if (inside !== undefined) return inside;
	const sweeps = words.some(({ text }) => SWEEPING.has(basename(text)));
	for (const { text } of [...words, ...writes]) {
		const found = ofWord(ground, text, cwd, sweeps);
		if (found !== undefined) return found;
	}
	return undefined;
}

function ofWord(ground: Ground, text: string, cwd: string | undefined, sweeps: boolean): Trespass | undefined {
	const parts = [text, ...(text.includes("=") ? [text.slice(text.indexOf("=") + 1)] : [])];
	for (const part of parts.filter((part) => part !== "" && !part.startsWith("-"))) {
		const [literal = ""] = part.split(/[*?{[]/, 1);
		const globs = literal !== part;
		const path = absolute(ground, literal, cwd);
		const found = path === undefined ? undefined : closed(ground, path);
		if (found !== undefined) return found;
		if (path !== undefined && sweeps) {
			const above = ground.real(path);
			const holds = (shut: string): boolean => within(above, shut) || (globs && shut.startsWith(above));
			const zone = ground.zones.find(({ path: shut, what }) => what !== undefined && holds(shut));
			// A lieutenant's own worktree lies inside of a closed folder and holds closed files: it may clean up there.
			if (zone?.what !== undefined && closes(ground, above)) return { path: zone.path, what: zone.what };
		}
	}
	return inText(ground, text, cwd);
}

/** Not inside of an open zone. */
const closes = (ground: Ground, path: string): boolean =>
	!ground.zones.some((zone) => zone.what === undefined && within(zone.path, path));

function inText(ground: Ground, text: string, cwd: string | undefined): Trespass | undefined {
	const name = NAMES.exec(text.replace(/\$\w+/g, ""))?.[1];
	const named = name === undefined ? undefined : ground.variables[name];
	if (named !== undefined) return { path: named, what: closed(ground, named)?.what ?? "Flagship's own" };
	for (const [path] of text.matchAll(PATHS)) {
		const whole = absolute(ground, path, cwd);
		const found = whole === undefined ? undefined : closed(ground, whole);
		if (found !== undefined) return found;
	}
	return undefined;
}

export const trespassText = ({ path, what }: Trespass): string =>
	`Not changed: ${path} is ${what}. Agents do not change it, only a person does. To look at it use the read tool; work in your own folder.`;

export interface Places {
	/** `FLAGSHIP_HOME`. */
	readonly home: string;
	/** `PI_CODING_AGENT_DIR`, or where pi has it without that. */
	readonly pi: string;
	/** Where the session works, and the top folder of its repository. */
	readonly cwd: string;
	readonly top: string;
	/** A lieutenant's folder for passing things. */
	readonly temporary?: string;
}

/** pi's own files that decide what runs, and with which keys. */
const PI_FILES = ["settings.json", "auth.json", "models.json"];

/** Paths as they are spelled; the caller resolves links. */
export function zonesOf(places: Places, lieutenant: boolean): readonly Zone[] {
	const { home, pi, cwd, top, temporary } = places;
	const folders = [...new Set([top, cwd])];
	return [
		...folders.flatMap((folder) => [
			{ path: join(folder, ".pi/flagship.json"), what: "the project's wish for its gates" },
			{ path: join(folder, ".pi/settings.json"), what: "a setting of pi" },
		]),
		{ path: home, what: "Flagship's own (settings, records, other agents' worktrees)" },
		...(lieutenant
			? [{ path: pi, what: "pi's own (settings, keys, sessions)" }]
			: PI_FILES.map((file) => ({ path: join(pi, file), what: "a setting of pi" }))),
		// A person may work anywhere, also in a lieutenant's worktree.
		...folders.map((path) => ({ path })),
		...(temporary === undefined ? [] : [{ path: temporary }]),
	];
}
