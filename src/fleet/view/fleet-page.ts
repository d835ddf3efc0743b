/** What `/fleet` shows: a state of the view in, the terminal's lines out. */
import type { Budget } from "../../contract/budgets.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import { harmless } from "../harmless.ts";
import { doing, MARKS, summary } from "../present.ts";
import { bar } from "./cap.ts";
import { helpLines, hint } from "./help.ts";
import type { Action, KeyMap } from "./keys.ts";
import { filled, joined, type Paint, pageLines, roomFor, windowFrom } from "./page.ts";
import { rowHeight, rowLines } from "./rows.ts";
import { windowOf, wrapped } from "./transcript.ts";

export interface FleetScene {
	readonly rows: readonly Lieutenant[];
	readonly money: Budget | undefined;
	/** The id of the row that keys are about. */
	readonly selected: string | undefined;
	/** Whose transcript is shown in place of the rows. */
	readonly watched: Lieutenant | undefined;
	readonly transcript: string;
	/** Lines of it below the window. */
	readonly back: number;
	readonly help: boolean;
	/** A line to type, a question, or a word about how something went. */
	readonly asked: readonly string[];
	readonly keys: KeyMap;
	readonly paint: Paint;
	/** Wall time in ms. */
	readonly now: number;
}

export const FLEET_ACTIONS: readonly Action[] = [
	...(["up", "down", "pageUp", "pageDown", "open", "steer", "stop", "stopAll", "resume"] as const),
	...(["help", "yes", "leave"] as const),
];

/** Exactly `height` lines, none wider than `width`. */
export function fleetPage(scene: FleetScene, width: number, height: number): string[] {
	const foot = footOf(scene, width);
	if (scene.help) {
		const head = [scene.paint.accent(" Keys of /fleet"), ""];
		return pageLines({ head, body: helpLines(scene.keys, FLEET_ACTIONS), foot }, width, height);
	}
	const head = headOf(scene, width);
	const room = roomFor({ head, foot }, height);
	const body =
		scene.watched === undefined
			? list(scene, width, room)
			: windowOf(transcriptLines(scene, width), room, scene.back).map((line) => ` ${line}`);
	return pageLines({ head, body, foot }, width, height);
}

/** How many rows, or lines of a transcript, are a page. */
export function fleetRoom(scene: FleetScene, width: number, height: number): number {
	const room = roomFor({ head: headOf(scene, width), foot: footOf(scene, width) }, height);
	return scene.watched === undefined ? Math.max(1, Math.floor(room / rowHeight(width - 1))) : room;
}

export const transcriptLines = ({ transcript }: Pick<FleetScene, "transcript">, width: number): readonly string[] =>
	wrapped(transcript === "" ? "(nothing yet)" : transcript, width - 2);

function headOf({ rows, money, watched, paint, now }: FleetScene, width: number): readonly string[] {
	if (watched !== undefined) {
		const { name, place, due, branch, task } = watched;
		const title = ` ${MARKS[watched.state]} ${harmless(name)}  ${harmless(place)}  ${watched.state}`;
		const what = harmless(doing(watched, now));
		const more = [due, branch, task === undefined ? undefined : `task #${task.slice(-4)}`];
		const shown = more.filter((part) => part !== undefined).map(harmless);
		return [
			paint.accent(what === watched.state ? title : `${title}  ${what}`),
			paint.dim(` ${joined(shown, width - 1)}`),
		];
	}
	const limit = money?.limitUsd;
	const share = limit === undefined ? "" : `  ${bar({ used: money?.spentUsd ?? 0, limit }, 10)}`;
	return [paint.accent(` Fleet  ${rows.length === 0 ? "no lieutenants" : summary(rows, money)}${share}`), ""];
}

function list({ rows, selected, paint, now }: FleetScene, width: number, room: number): readonly string[] {
	if (rows.length === 0) return [" vers_lt_create makes one: ask for it."];
	const at = Math.max(
		0,
		rows.findIndex(({ id }) => id === selected),
	);
	const count = Math.max(1, Math.floor(room / rowHeight(width - 1)));
	const from = windowFrom(at, count, rows.length);
	return rows.slice(from, from + count).flatMap((row, index) => {
		const lines = rowLines(row, width - 1, now);
		if (from + index !== at) return lines.map((line) => ` ${line}`);
		return lines.map((line, part) => paint.accent(filled(`${part === 0 ? "›" : " "}${line}`, width)));
	});
}

function footOf({ keys, paint, watched, asked, back }: FleetScene, width: number): readonly string[] {
	const watching = watched !== undefined;
	const hints = [
		...(watching && back > 0 ? [`${back} lines below`] : []),
		...(watching ? [] : [hint(keys, "open", "transcript")]),
		...[hint(keys, "steer", "steer"), hint(keys, "help", "keys"), hint(keys, "leave", watching ? "back" : "leave")],
		...[hint(keys, "stop", "stop"), hint(keys, "stopAll", "stop all")],
	];
	return [
		...asked,
		paint.dim(
			` ${joined(
				hints.filter((text) => text !== undefined),
				width - 1,
			)}`,
		),
	];
}
