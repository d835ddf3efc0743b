/** What the hub is told of a loop, in the loop's own name: events of the feed, and what becomes of its task. */
import type { RalphRound } from "../../contract/ralph.ts";
import type { Loop } from "./loop.ts";

/** One record for the hub, and the key under which it is sent however often. */
export interface LoopRecord {
	readonly operation: "feed.publish" | "board.submit" | "board.note" | "board.release";
	readonly input: unknown;
	readonly key: string;
}

const event = (loop: Loop, what: string, type: string, summary: string, more: object): LoopRecord => ({
	operation: "feed.publish",
	input: { type, summary: summary.slice(0, 8_000), metadata: { ralph: loop.id, ...more } },
	key: `ralph ${loop.id} ${what}`,
});

export const startRecord = (loop: Loop): LoopRecord =>
	event(loop, "start", "task_started", `Ralph loop ${loop.name} begins: until \`${loop.command}\` passes`, {
		command: loop.command,
		limits: loop.limits,
	});

export function roundRecord(loop: Loop, round: RalphRound): LoopRecord {
	const { n, outcome, says } = round;
	const summary = `round ${n}/${loop.limits.rounds} of ${loop.name}: ${outcome}${says === undefined ? "" : `. ${says}`}`;
	return event(loop, `round ${n}`, "custom", summary, { round });
}

/** Passed: its task waits for review. Else it goes back to the board, with what there is. */
export function endRecords(loop: Loop, rounds: readonly RalphRound[], text: string): readonly LoopRecord[] {
	const passed = loop.state === "passed";
	const told = event(loop, "end", passed ? "task_completed" : "task_failed", text, {
		state: loop.state,
		rounds: rounds.length,
	});
	const { task: taskId } = loop;
	if (taskId === undefined) return [told];
	const key = (what: string): string => `ralph ${loop.id} ${what}`;
	if (passed) return [told, { operation: "board.submit", input: { taskId, summary: text }, key: key("submit") }];
	return [
		told,
		{ operation: "board.note", input: { taskId, type: "update", content: text }, key: key("note") },
		{ operation: "board.release", input: { id: taskId }, key: key("release") },
	];
}
