/** The fleet's rows for a terminal of any width: state by mark and word, place, task, what runs, cap and cost. */
import type { Lieutenant } from "../../contract/lieutenants.ts";
import { harmless } from "../harmless.ts";
import { doing, dollars, MARKS } from "../present.ts";
import { bar, capsOf, nearest } from "./cap.ts";
import { cutTo, filled, right } from "./page.ts";

/** From so many columns on a lieutenant has one line, below it two. */
export const WIDE = 76;
const NAME = 16;
const STATE = 11;
const COST = 8;
const CELLS = 6;
const CAP = CELLS + 13;

/** Lines that each row takes. */
export const rowHeight = (width: number): number => (width >= WIDE ? 1 : 2);

/** One row's lines, each at most so wide. `now` is wall time in ms. */
export function rowLines(row: Lieutenant, width: number, now: number): readonly string[] {
	return width >= WIDE ? [wide(row, width, now)] : narrow(row, width, now);
}

function wide(row: Lieutenant, width: number, now: number): string {
	const place = width >= 100 ? 14 : 8;
	const task = width >= 90 ? `${filled(taskOf(row), 5)} ` : "";
	const head = `${markOf(row)}${filled(harmless(row.name), NAME)} ${filled(stateWord(row), STATE)} ${filled(harmless(row.place), place)} ${task}`;
	const tail = ` ${filled(capOf(row), CAP)} ${right(dollars(row.costUsd), COST)}`;
	const room = width - (2 + NAME + 1 + STATE + 1 + place + 1 + (task === "" ? 0 : 6)) - (1 + CAP + 1 + COST);
	return head + filled(what(row, now), room) + tail;
}

function narrow(row: Lieutenant, width: number, now: number): readonly string[] {
	const name = Math.max(6, Math.min(NAME, width - 2 - STATE - COST - 2));
	const first = `${markOf(row)}${filled(harmless(row.name), name)} ${filled(stateWord(row), STATE)} ${right(dollars(row.costUsd), COST)}`;
	const second = [what(row, now), capOf(row)].filter((part) => part !== "").join("  ");
	return [cutTo(first, width), cutTo(`  ${second}`, width)];
}

/** Some terminals draw some of the marks two columns wide. */
const markOf = ({ state }: Lieutenant): string => filled(MARKS[state], 2);

/** The states with long names have short ones here: a column is a column. */
const SHORT: Partial<Record<Lieutenant["state"], string>> = { "needs-credentials": "needs keys" };
export const stateWord = ({ state }: Lieutenant): string => SHORT[state] ?? state;

const taskOf = ({ task }: Lieutenant): string => (task === undefined ? "" : `#${task.slice(-4)}`);

/** What it does, without the state where that is all there is to say. */
function what(row: Lieutenant, now: number): string {
	const text = harmless(doing(row, now));
	const plain = text === row.state ? "" : text.startsWith(`${row.state}: `) ? text.slice(row.state.length + 2) : text;
	return row.pending === 0 ? plain : [plain, `${row.pending} pending`].filter(Boolean).join("  ");
}

function capOf(row: Lieutenant): string {
	const cap = nearest(capsOf(row.due));
	return cap === undefined ? "" : `${bar(cap, CELLS)} ${cap.text}`;
}
