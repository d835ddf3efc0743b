/** What `/board` shows: a state of the view in, the terminal's lines out. */
import type { Task } from "../../contract/task.ts";
import { harmless } from "../harmless.ts";
import { COLUMNS_FROM, columnLines, listLines } from "./board-lines.ts";
import { holderOf, STATUS_MARKS, shortId } from "./board-order.ts";
import { helpLines, hint } from "./help.ts";
import type { Action, KeyMap } from "./keys.ts";
import { joined, type Paint, pageLines, roomFor } from "./page.ts";
import { windowOf, wrapped } from "./transcript.ts";

export interface BoardScene {
	/** Those that are shown, in order; undefined before the hub's first answer. */
	readonly tasks: readonly Task[] | undefined;
	/** All that the hub told. */
	readonly all: number;
	readonly selected: string | undefined;
	readonly filter: string;
	readonly columns: boolean;
	/** The one that is read, and all that is known of it. */
	readonly task: Task | undefined;
	readonly text: string;
	/** Lines of it above the window. */
	readonly down: number;
	readonly help: boolean;
	readonly asked: readonly string[];
	readonly keys: KeyMap;
	readonly paint: Paint;
}

export const BOARD_ACTIONS: readonly Action[] = [
	...(["up", "down", "left", "right", "pageUp", "pageDown", "open", "approve", "needsChanges"] as const),
	...(["filter", "columns", "help", "yes", "leave"] as const),
];

/** Exactly `height` lines, none wider than `width`. */
export function boardPage(scene: BoardScene, width: number, height: number): string[] {
	const foot = footOf(scene, width);
	if (scene.help) {
		const head = [scene.paint.accent(" Keys of /board"), ""];
		return pageLines({ head, body: helpLines(scene.keys, BOARD_ACTIONS), foot }, width, height);
	}
	const head = headOf(scene, width);
	const room = roomFor({ head, foot }, height);
	return pageLines({ head, body: bodyOf(scene, width, room), foot }, width, height);
}

export const boardRoom = (scene: BoardScene, width: number, height: number): number =>
	roomFor({ head: headOf(scene, width), foot: footOf(scene, width) }, height);

export const textLines = ({ text }: Pick<BoardScene, "text">, width: number): readonly string[] =>
	wrapped(text, width - 2);

function bodyOf(scene: BoardScene, width: number, room: number): readonly string[] {
	const { tasks, task, selected, paint, down } = scene;
	if (task !== undefined) {
		const lines = textLines(scene, width);
		return windowOf(lines, room, Math.max(0, lines.length - room - down)).map((line) => ` ${line}`);
	}
	if (tasks === undefined) return [" Asking the hub."];
	if (tasks.length === 0) return [scene.filter === "" ? " No tasks." : " No task has these words."];
	const shown = { tasks, selected, paint };
	return scene.columns && width >= COLUMNS_FROM ? columnLines(shown, width, room) : listLines(shown, width, room);
}

function headOf({ tasks, all, filter, task, paint }: BoardScene, width: number): readonly string[] {
	if (task !== undefined) {
		const holder = holderOf(task);
		const more = [task.status.replace("_", " "), holder === undefined ? undefined : `@${harmless(holder)}`];
		const round = task.round === undefined ? [] : [`round ${task.round}`];
		const facts = [...more.filter((part) => part !== undefined), ...round];
		return [
			paint.accent(` ${STATUS_MARKS[task.status]} ${shortId(task)} ${harmless(task.title)}`),
			paint.dim(` ${joined(facts, width - 1)}`),
		];
	}
	const count = tasks === undefined ? "" : filter === "" ? `  ${all} tasks` : `  ${tasks.length} of ${all} tasks`;
	return [paint.accent(` Board${count}${filter === "" ? "" : `  with ${harmless(filter)}`}`), ""];
}

function footOf({ keys, paint, task, asked, tasks, selected }: BoardScene, width: number): readonly string[] {
	const reading = task !== undefined;
	const chosen = task ?? tasks?.find(({ id }) => id === selected);
	const judged = chosen?.status === "in_review";
	const hints = [
		...(judged ? [hint(keys, "approve", "approve"), hint(keys, "needsChanges", "changes")] : []),
		...[hint(keys, "help", "keys"), hint(keys, "leave", reading ? "back" : "leave")],
		...(reading ? [] : [hint(keys, "open", "read"), hint(keys, "filter", "filter"), hint(keys, "columns", "columns")]),
	];
	const shown = joined(
		hints.filter((text) => text !== undefined),
		width - 1,
	);
	return [...asked, paint.dim(` ${shown}`)];
}
