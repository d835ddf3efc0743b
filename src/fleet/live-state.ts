/**
 * What an orchestrator's model is told with each request, and never stored: its fleet, its open tasks, the notices that
 * are not yet in the conversation. A model that has forgotten all else, after a restart or a compaction, still has it.
 */

import type { Lieutenant, LieutenantState } from "../contract/lieutenants.ts";
import type { Notice } from "../contract/link.ts";
import type { Task } from "../contract/task.ts";
import { cut, doing, dollars, MARKS, summary } from "./present.ts";

/** A request's message that begins with this is the live state. */
export const STATE_TAG = "<fleet_state>";
const END_TAG = "</fleet_state>";
const HEAD = "Now, from Flagship. Not a message: do not answer it.";

/** Bytes of the whole block. */
export const STATE_MAX = 2_048;
const FLEET_LINES = 12;
const TASK_LINES = 10;
const NOTICE_LINES = 6;

/** Who needs attention comes first: the last ones are left out where there is no room. */
const FIRST: readonly LieutenantState[] = [
	"needs-credentials",
	"failed",
	"stalled",
	"stopped",
	"unreachable",
	"working",
	"starting",
	"paused",
	"idle",
];

export interface OpenTasks {
	/** Last changed first. */
	readonly tasks: readonly Pick<Task, "id" | "title" | "status" | "assignee">[];
	/** All of them, also those that are not in `tasks`. */
	readonly open: number;
}

export interface Live {
	/** Own lieutenants; undefined while the host has not told. */
	readonly rows: readonly Lieutenant[] | undefined;
	/** Undefined while the hub has not told. */
	readonly tasks: OpenTasks | undefined;
	/** Not yet in the conversation. */
	readonly notices: readonly Pick<Notice, "text" | "again">[];
	/** Why what is shown may be old. */
	readonly hostAway?: string | undefined;
	readonly hubAway?: string | undefined;
	/** Wall time, ms. */
	readonly now: number;
}

interface Section {
	readonly head: string;
	readonly lines: readonly string[];
	/** How many there are, also without a line. */
	readonly count: number;
	/** Where the rest is found. */
	readonly more: string;
}

/** One line; what others wrote cannot end the block. */
const plain = (text: string, width: number): string =>
	cut(text.replaceAll(/\s+/g, " ").replaceAll("<", "‹").trim(), width);

function fleetLine(row: Lieutenant, now: number): string {
	const task = row.task === undefined ? "" : `  ${row.task}`;
	const waiting = row.pending === 0 ? "" : `  ${row.pending} pending`;
	return ` ${MARKS[row.state]} ${row.name}  ${row.place}  ${plain(doing(row, now), 60)}  ${dollars(row.costUsd)}${task}${waiting}`;
}

function fleet({ rows, hostAway, now }: Live): Section | undefined {
	const more = "vers_lt_status";
	const away = hostAway === undefined ? "" : `  (as last seen: ${plain(hostAway, 120)})`;
	if (rows === undefined) return { head: ` fleet  not known yet${away}`, lines: [], count: 0, more };
	const shown = rows.filter((row) => row.state !== "gone");
	if (shown.length === 0) return undefined;
	const sorted = shown.toSorted((a, b) => FIRST.indexOf(a.state) - FIRST.indexOf(b.state));
	const lines = sorted.slice(0, FLEET_LINES).map((row) => fleetLine(row, now));
	return { head: ` fleet  ${summary(shown)}${away}`, lines, count: shown.length, more };
}

function tasksOf({ tasks, hubAway }: Live): Section | undefined {
	const more = "board_list_tasks";
	const none = { lines: [], count: 0, more };
	const why = hubAway === undefined ? "" : plain(hubAway, 120);
	if (tasks === undefined) return hubAway === undefined ? undefined : { head: ` tasks  not known  (${why})`, ...none };
	const away = hubAway === undefined ? "" : `  (as last seen: ${why})`;
	if (tasks.open === 0) return hubAway === undefined ? undefined : { head: ` tasks  none open${away}`, ...none };
	const lines = tasks.tasks.slice(0, TASK_LINES).map(({ id, title, status, assignee }) => {
		const whose = assignee === undefined ? "" : ` @${plain(assignee, 40)}`;
		return ` ${id} ${status} ${plain(title, 50)}${whose}`;
	});
	return { head: ` tasks  ${tasks.open} open${away}`, lines, count: tasks.open, more };
}

function notices({ notices: unread }: Live): Section | undefined {
	if (unread.length === 0) return undefined;
	const lines = unread
		.slice(0, NOTICE_LINES)
		.map(({ text, again }) => ` ★ ${again === true ? "(again) " : ""}${plain(text, 200)}`);
	const more = "they come by themselves";
	return { head: ` notices  ${unread.length} on the way into this conversation`, lines, count: unread.length, more };
}

const withRest = ({ head, lines, count, more }: Section): string[] =>
	count > lines.length ? [head, ...lines, ` … ${count - lines.length} more: ${more}`] : [head, ...lines];

const bytes = (lines: readonly string[]): number => Buffer.byteLength(lines.join("\n"));

/** The longest section gives up its last line, until all fits. */
function fitted(sections: readonly Section[]): readonly string[] {
	const whole = [STATE_TAG, HEAD, ...sections.flatMap(withRest), END_TAG];
	const longest = sections.reduce<Section | undefined>(
		(most, section) => (section.lines.length > (most?.lines.length ?? 0) ? section : most),
		undefined,
	);
	if (bytes(whole) <= STATE_MAX || longest === undefined) return whole;
	const cutBack = sections.map((one) => (one === longest ? { ...one, lines: one.lines.slice(0, -1) } : one));
	return fitted(cutBack);
}

/** The block, at most `STATE_MAX` bytes; undefined when there is nothing to tell. */
export function liveState(live: Live): string | undefined {
	const sections = [fleet(live), tasksOf(live), notices(live)].filter((section) => section !== undefined);
	return sections.length === 0 ? undefined : fitted(sections).join("\n");
}
