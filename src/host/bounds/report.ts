/**
 * What a stopped lieutenant leaves: a report made of what there is, and what the hub is told. All of it is named by the
 * allowance that ran out, so that a host killed in the middle says it again and nobody hears it twice.
 */
import { attach, describe, type Found } from "../../gates/facts.ts";
import type { Entry } from "../../pi/entry.ts";
import type { Look } from "../journal.ts";
import type { Standing } from "../store/roster.ts";
import { type Bound, courseOf, entriesAfter, spentOf, workAfter } from "./bound.ts";
import { capText, usedText } from "./cap.ts";
import { dueText } from "./deliverable.ts";

export interface Stop {
	readonly bound: Bound;
	/** The limit that won, in words. */
	readonly limit: string;
	readonly found: Found;
	/** `r7f2`: how people call the report. */
	readonly name: string;
	/** Of its file, without the folder. */
	readonly file: string;
}

/** One record for the hub, and the key under which it is sent however often. */
export interface StopRecord {
	readonly operation: "log.append" | "board.note" | "board.artifact" | "board.release";
	readonly input: unknown;
	readonly key: string;
}

const SAID_MAX = 20_000;
const NOTE_MAX = 12_000;
const NAMED_MAX = 60;

export const stopOf = (bound: Bound, limit: string, look: Look): Stop => ({
	bound,
	limit,
	found: workAfter(look.entries, bound.from.turns),
	name: `r${bound.id.slice(-3).toLowerCase()}`,
	file: `${bound.id}.md`,
});

/** `30 turns, 0 files`: what the report is called, and why its lieutenant stands still. */
export function stopText({ limit, found }: Stop): string {
	const files = new Set([...found.files, ...found.commits.flatMap((commit) => commit.files)]).size;
	return `${limit}, ${files} file${files === 1 ? "" : "s"}`;
}

export function reportText(standing: Standing, look: Look, stop: Stop, at: string): string {
	const { spec } = standing;
	const { bound, found } = stop;
	const since = entriesAfter(look.entries, bound.from.turns);
	const spent = spentOf(bound, courseOf(standing, Date.parse(at)));
	const changed = describe(found);
	const said = look.outputs.at(-1)?.text ?? "";
	const seen = lookedAt(since);
	return [
		`# ${spec.name} was stopped: ${stopText(stop)}`,
		"",
		`Made by its host at ${at}, not by the model.${bound.task === undefined ? "" : ` Task ${bound.task}.`}`,
		`Due was ${dueText(bound.deliverable)}; the cap was ${capText(bound.cap)}; used: ${usedText(bound.cap, spent)}.`,
		"",
		"## What it changed",
		changed.count === 0 ? "Nothing." : changed.text,
		"",
		"## What it looked at",
		...(seen.length === 0 ? ["Nothing."] : seen.slice(0, NAMED_MAX).map((line) => `- ${line}`)),
		...(seen.length > NAMED_MAX ? [`- and ${seen.length - NAMED_MAX} more`] : []),
		"",
		"## What it said last",
		said === "" ? "Nothing." : said.slice(-SAID_MAX),
		"",
	].join("\n");
}

/** Its tool calls, each once with how often: `read src/a.ts (12 times)`. */
function lookedAt(entries: readonly Entry[]): readonly string[] {
	const calls = new Map<string, number>();
	for (const entry of entries) {
		if (entry.type !== "message" || entry.message.role !== "assistant") continue;
		for (const { name, input } of entry.message.toolCalls) {
			const first = Object.values(Object(input)).find((value) => typeof value === "string");
			const call = first === undefined ? name : `${name} ${String(first).split("\n")[0]?.slice(0, 100)}`;
			calls.set(call, (calls.get(call) ?? 0) + 1);
		}
	}
	return [...calls].map(([call, times]) => (times === 1 ? call : `${call} (${times} times)`));
}

/** Key of the record that gives its task back. */
export const releaseKey = ({ id }: Bound): string => `stop ${id} release`;

/** The task goes back to the board with what there is; the log says that it was stopped. */
export function stopRecords(standing: Standing, stop: Stop, text: string, path: string): readonly StopRecord[] {
	const { name } = standing.spec;
	const { bound, found } = stop;
	const key = (what: string): string => `stop ${bound.id} ${what}`;
	const line = `${name} was stopped: ${stopText(stop)} → report ${stop.name}`;
	const facts = { ...attach(found, []), mark: "auto" as const };
	const log: StopRecord = {
		operation: "log.append",
		input: { text: `[auto] ${line} (${path})`, facts },
		key: key("log"),
	};
	if (bound.task === undefined) return [log];
	const whole = text.length <= NOTE_MAX ? text : `${text.slice(0, NOTE_MAX)}\n[the rest is in ${path}]`;
	const artifact = { type: "report", url: `file://${path}`, label: line };
	return [
		log,
		{
			operation: "board.note",
			input: { taskId: bound.task, type: "update", content: whole },
			key: key("note"),
		},
		{ operation: "board.artifact", input: { taskId: bound.task, artifacts: [artifact] }, key: key("artifact") },
		{ operation: "board.release", input: { id: bound.task }, key: releaseKey(bound) },
	];
}
