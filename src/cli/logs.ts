/** `flagship logs`: what hub and host have said, of all that is kept, and on. Starts nothing. */
import { parseArgs } from "node:util";
import { DAEMONS, type Daemon, logFile } from "../daemon/home.ts";
import { entriesOf, LEVELS, type Level, type LogEntry, lineOf, logSize, oldLog } from "../daemon/log.ts";
import { pause } from "../daemon/wait.ts";
import { fault, reason } from "../errors.ts";
import type { Context } from "./context.ts";

const LINES = 50;
/** ms between two looks at what is new. */
const LOOK = 300;

interface Asked {
	readonly daemons: readonly Daemon[];
	readonly level: Level;
	readonly lines: number;
	readonly follow: boolean;
	readonly json: boolean;
}

export async function logs(context: Context, args: readonly string[]): Promise<number> {
	const asked = askedBy(args);
	const { world, home } = context;
	const isWanted = ({ level }: LogEntry) => LEVELS.indexOf(level) >= LEVELS.indexOf(asked.level);
	const show = (entries: readonly LogEntry[]): void => {
		for (const entry of entries) context.out(asked.json ? JSON.stringify(entry) : lineOf(entry));
	};
	const readers = asked.daemons.map((daemon) => readerOf(context, daemon, logFile(home, daemon)));
	// A line of a crash stays behind its entry: sorting keeps the order of what has one time.
	const kept = readers.flatMap((read) => read()).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
	const wanted = kept.filter(isWanted);
	show(wanted.slice(-asked.lines));
	if (wanted.length === 0 && !asked.json && !asked.follow) context.out("Nothing was logged at this level.");
	if (!asked.follow) return 0;
	let over = false;
	context.onInterrupt(() => {
		over = true;
	});
	while (!over) {
		await pause(world, LOOK);
		for (const read of readers) show(read().filter(isWanted));
	}
	return 0;
}

/** Reads on: at first all that is kept, then what has come since, whole lines only. */
function readerOf({ world }: Context, daemon: Daemon, path: string): () => readonly LogEntry[] {
	let offset = 0;
	let first = true;
	const from = (file: string, start: number): Buffer => Buffer.from(world.files.readFrom(file, start));
	return () => {
		const wasPutAside = logSize(world, path) < offset;
		const before = first || wasPutAside ? from(oldLog(path), offset) : Buffer.alloc(0);
		if (wasPutAside) offset = 0;
		first = false;
		const fresh = from(path, offset);
		// What is being written has no end yet.
		const whole = fresh.subarray(0, fresh.lastIndexOf("\n") + 1);
		offset += whole.length;
		return entriesOf(`${before.toString("utf8")}${whole.toString("utf8")}`, daemon);
	};
}

/** Throws `usage`. */
function askedBy(args: readonly string[]): Asked {
	const { values, positionals } = parsed(args);
	const named = positionals.map((word) => {
		const daemon = DAEMONS.find((one) => one === word);
		if (daemon === undefined) throw fault("usage", `'${word}' has no log; there are: ${DAEMONS.join(", ")}.`);
		return daemon;
	});
	const level = LEVELS.find((one) => one === values.level);
	if (level === undefined) throw fault("usage", `--level is one of ${LEVELS.join(", ")}.`);
	const lines = Number(values.lines);
	if (!Number.isInteger(lines) || lines < 1) throw fault("usage", "--lines is a whole number from 1.");
	const daemons = named.length === 0 ? DAEMONS : [...new Set(named)];
	return { daemons, level, lines, follow: values.follow, json: values.json };
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				level: { type: "string", default: "info" },
				lines: { type: "string", default: String(LINES) },
				follow: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
			},
		});
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
}
