/** The fleet as lines of text: the widget, the status line, `/fleet` in print and RPC modes. */
import type { Budget } from "../contract/budgets.ts";
import type { Lieutenant, LieutenantState } from "../contract/lieutenants.ts";
import { harmless } from "./harmless.ts";

/** State by shape; the terminal adds colour. */
export const MARKS: Readonly<Record<LieutenantState, string>> = {
	starting: "○",
	idle: "●",
	working: "⟳",
	unreachable: "◌",
	stalled: "!",
	"needs-credentials": "?",
	paused: "⏸",
	stopped: "✗",
	failed: "✗",
	gone: "·",
};

/** How the summary counts them, in this order. */
const COUNTED: readonly LieutenantState[] = [
	"working",
	"idle",
	"starting",
	"stalled",
	"unreachable",
	"needs-credentials",
	"paused",
	"stopped",
	"failed",
];

export const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

type Money = Pick<Budget, "spentUsd" | "limitUsd">;

/** `4 working · 1 idle · 1 stopped    $1.84 / $5.00`; what they cost alone, where nothing limits it. */
export function summary(rows: readonly Lieutenant[], money?: Money): string {
	const counts = COUNTED.map((state) => ({ state, count: rows.filter((row) => row.state === state).length }));
	const parts = counts.filter(({ count }) => count > 0).map(({ state, count }) => `${count} ${state}`);
	const cost = rows.reduce((sum, row) => sum + row.costUsd, 0);
	return parts.length === 0 ? "no lieutenants" : `${parts.join(" · ")}    ${moneyText(cost, money)}`;
}

/** A budget counts also those that are gone, and from where it was set. */
const moneyText = (cost: number, money: Money | undefined): string =>
	money?.limitUsd === undefined ? dollars(cost) : `${dollars(money.spentUsd)} / ${dollars(money.limitUsd)}`;

/** `0:42`, `12m`, `3h`, `4d`. */
export function span(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1_000));
	if (seconds < 600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
	if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
	if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
	return `${Math.floor(seconds / 86_400)}d`;
}

/** What it does, or why it does not; `now` is wall time in ms. */
export function doing(row: Lieutenant, now: number): string {
	return row.round === undefined ? plainly(row, now) : `round ${row.round} ${plainly(row, now)}`;
}

function plainly(row: Lieutenant, now: number): string {
	if (row.reason !== undefined) return `${row.state}: ${row.reason}`;
	if (row.cause?.type === "throttled") return `${row.state}, held back until ${row.cause.until.slice(11, 19)} UTC`;
	if (row.state === "working" && row.tool !== undefined) {
		const since = row.toolSince === undefined ? "" : ` ${span(now - Date.parse(row.toolSince))}`;
		return `${row.tool}${since}${row.cause?.type === "silent-tool" ? ", silent but alive" : ""}`;
	}
	return row.state;
}

const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - [...text].length));

export function cut(text: string, width: number): string {
	const letters = [...text];
	return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/** A reason with its report's name has room: `stopped: 30 turns, 0 files → report r7f2`. */
const DOING = 52;

export interface FleetView {
	/** Columns. */
	readonly width?: number;
	readonly money?: Money | undefined;
	/** `backup 3h`, at the end of the summary. */
	readonly backup?: string | undefined;
}

/** One line each under the summary: mark, name, place, task, what it does, cost. `now` is wall time in ms. */
export function fleetLines(
	rows: readonly Lieutenant[],
	now: number,
	{ width = 100, money, backup }: FleetView = {},
): readonly string[] {
	const shown = rows.filter((row) => row.state !== "gone");
	if (shown.length === 0) return [];
	const name = Math.min(16, Math.max(...shown.map((row) => row.name.length)));
	const lines = shown.map((given) => {
		const row = { ...given, name: harmless(given.name), place: harmless(given.place) };
		const task = row.task === undefined ? "" : `#${row.task.slice(-4)} `;
		const waiting = row.pending === 0 ? "" : `  ${row.pending} pending`;
		const what = pad(cut(`${task}${harmless(doing(row, now))}`, DOING), DOING);
		return ` ${MARKS[row.state]} ${pad(cut(row.name, name), name)}  ${pad(row.place, 6)} ${what}  ${dollars(row.costUsd)}${waiting}`;
	});
	const kept = backup === undefined ? "" : `    ${backup}`;
	return [` fleet  ${summary(shown, money)}${kept}`, ...lines].map((line) => cut(line.trimEnd(), width));
}
