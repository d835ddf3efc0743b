/** The board as lines: a list by status, columns side by side, and as plain text. */
import type { Task } from "../../contract/task.ts";
import { harmless } from "../harmless.ts";
import { COLUMNS, holderOf, STATUS_MARKS, shortId } from "./board-order.ts";
import { cutTo, filled, type Paint, windowFrom } from "./page.ts";

/** From so many columns on the statuses stand side by side. */
export const COLUMNS_FROM = 90;

interface Shown {
	/** In order. */
	readonly tasks: readonly Task[];
	readonly selected: string | undefined;
	readonly paint: Paint;
}

/** A heading for each status that has tasks, and a line for each of them. */
export function listLines({ tasks, selected, paint }: Shown, width: number, room: number): readonly string[] {
	const lines = COLUMNS.flatMap(([status, heading]) => {
		const own = tasks.filter((task) => task.status === status);
		if (own.length === 0) return [];
		return [
			{ text: paint.dim(` ${STATUS_MARKS[status]} ${heading} ${own.length}`), at: false },
			...own.map((task) => {
				const at = task.id === selected;
				const text = filled(`${at ? "›" : " "}  ${taskLine(task)}`, width);
				return { text: at ? paint.accent(text) : text, at };
			}),
		];
	});
	const from = windowFrom(
		Math.max(
			0,
			lines.findIndex(({ at }) => at),
		),
		room,
		lines.length,
	);
	return lines.slice(from, from + room).map(({ text }) => text);
}

/** `#G5FB [high] Share reports  @share  round 2`. */
function taskLine(task: Task): string {
	const priority = task.priority === undefined || task.priority === "normal" ? "" : ` [${task.priority}]`;
	const holder = holderOf(task);
	const parts = [`${shortId(task)}${priority} ${task.title}`, holder === undefined ? "" : `@${holder}`];
	if (task.round !== undefined && task.status === "in_review") parts.push(`round ${task.round}`);
	if (task.waitsFor !== undefined) parts.push(`waits for ${task.waitsFor.length}`);
	return harmless(parts.filter((part) => part !== "").join("  "));
}

/** Two lines for each task: its title, and who has it. */
export function columnLines({ tasks, selected, paint }: Shown, width: number, room: number): readonly string[] {
	const each = Math.floor(width / COLUMNS.length);
	const columns = COLUMNS.map(([status, heading]) => {
		const own = tasks.filter((task) => task.status === status);
		const count = Math.max(1, Math.floor((room - 1) / 2));
		const at = own.findIndex(({ id }) => id === selected);
		const from = windowFrom(Math.max(0, at), count, own.length);
		return [
			paint.dim(filled(` ${STATUS_MARKS[status]} ${heading} ${own.length}`, each)),
			...own.slice(from, from + count).flatMap((task) => {
				const chosen = task.id === selected;
				const lines = [harmless(task.title), harmless(`${shortId(task)} ${atHolder(task)}`)];
				return lines.map((line, part) => {
					const text = `${filled(`${chosen && part === 0 ? "›" : " "}${line}`, each - 1)} `;
					if (chosen) return paint.accent(text);
					return part === 0 ? text : paint.dim(text);
				});
			}),
		];
	});
	const height = Math.min(room, Math.max(...columns.map((lines) => lines.length)));
	return Array.from({ length: height }, (_, at) => columns.map((lines) => lines[at] ?? " ".repeat(each)).join(""));
}

const atHolder = (task: Task): string => {
	const holder = holderOf(task);
	return holder === undefined ? "" : `@${holder}`;
};

/** Where there is no screen. */
export function boardText(tasks: readonly Task[]): string {
	if (tasks.length === 0) return "No tasks.";
	return COLUMNS.flatMap(([status, heading]) => {
		const own = tasks.filter((task) => task.status === status);
		if (own.length === 0) return [];
		return [
			`${STATUS_MARKS[status]} ${heading} ${own.length}`,
			...own.map((task) => cutTo(`  ${taskLine(task)}`, 160)),
		];
	}).join("\n");
}
