/**
 * The log of a daemon and its loop: one JSON object a line, so that what a fleet has said for weeks can be searched by
 * level and time. Both also have it as their stderr: what Node itself says of a crash stands there as it is.
 */
import { isDiskFull } from "../errors.ts";
import { masker } from "../mask.ts";
import type { World } from "../world.ts";

const LOG_MAX = 1024 * 1024;

export const LEVELS = ["info", "warn", "error"] as const;
/** `info`: it did as it should. `warn`: something was not as it should be, and it goes on. `error`: it ended by this. */
export type Level = (typeof LEVELS)[number];

export interface LogEntry {
	/** ISO 8601; empty for what was not written as an entry, with none before it. */
	readonly at: string;
	readonly level: Level;
	/** `hub`, `host`, or the loop of one. */
	readonly who: string;
	readonly text: string;
}

const mask = masker([]);

/** An entry more. What has the shape of a secret is masked: a log is what people send to others. */
export function log(world: World, path: string, who: string, text: string, level: Level = "warn"): void {
	const entry: LogEntry = { at: new Date(world.clock.now()).toISOString(), level, who, text: mask(text) };
	try {
		world.files.append(path, `${JSON.stringify(entry)}\n`);
	} catch (thrown) {
		// A line about a full disk that the disk does not take is the least of what is lost; the daemon goes on.
		if (!isDiskFull(thrown)) throw thrown;
	}
}

/** Where a daemon says what is not as it should be. Only it puts its log aside while it runs: of two, one would find it gone. */
export function complainer(world: World, path: string, who: string): (what: string) => void {
	return (what) => {
		trimLog(world, path);
		log(world, path, who, what);
	};
}

/** Puts a long log aside as `.old`, in place of the one before: a daemon that complains for weeks fills no disk. */
export function trimLog(world: World, path: string): void {
	if (logSize(world, path) > LOG_MAX) world.files.rename(path, oldLog(path));
}

export const oldLog = (path: string): string => `${path}.old`;

export const logSize = (world: Pick<World, "files">, path: string): number => world.files.stat(path)?.size ?? 0;

/**
 * The entries of a log's text. A line that is none was said by Node, about an end that nobody wanted: an error, with its
 * time and its daemon from the entry before.
 */
export function entriesOf(text: string, who: string): readonly LogEntry[] {
	const entries: LogEntry[] = [];
	for (const line of text.split("\n")) {
		if (line === "") continue;
		const entry = entryOf(line);
		const last = entries.at(-1);
		entries.push(entry ?? { at: last?.at ?? "", level: "error", who: last?.who ?? who, text: line });
	}
	return entries;
}

function entryOf(line: string): LogEntry | undefined {
	if (!line.startsWith("{")) return undefined;
	try {
		const { at, level, who, text }: Partial<LogEntry> = JSON.parse(line);
		const whole = typeof at === "string" && typeof who === "string" && typeof text === "string";
		return whole && LEVELS.some((one) => one === level) ? { at, level: level ?? "error", who, text } : undefined;
	} catch {
		// Cut by a crash, or printed by a program: shown as it stands.
		return undefined;
	}
}

/** As people read it. */
export const lineOf = ({ at, who, text }: LogEntry): string => `${at === "" ? "" : `${at} `}${who}: ${text}`;

/** The last lines written since the file had `from` bytes; of the whole file when it was put aside meanwhile. */
export function logTail(world: Pick<World, "files">, path: string, from: number, lines = 5): string {
	const offset = from <= logSize(world, path) ? from : 0;
	const text = Buffer.from(world.files.readFrom(path, offset)).toString("utf8").trimEnd();
	const last = text.split("\n").slice(-lines).join("\n");
	return entriesOf(last, "")
		.map((entry) => (entry.at === "" ? entry.text : lineOf(entry)))
		.join("\n");
}
