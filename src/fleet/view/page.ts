/** A full view's page: lines that fill the terminal exactly and are nowhere wider. */
import { truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";

/** Colours of the terminal's theme. */
export interface Paint {
	accent(text: string): string;
	dim(text: string): string;
}

/** So many columns exactly; what is longer ends in `…`. */
export const filled = (text: string, width: number): string => truncateToWidth(text, Math.max(0, width), "…", true);

/** The same without the space behind. */
export const cutTo = (text: string, width: number): string => truncateToWidth(text, Math.max(0, width), "…");

/** On the right, as numbers are. */
export function right(text: string, width: number): string {
	const shown = cutTo(text, width);
	return " ".repeat(Math.max(0, width - visibleWidth(shown))) + shown;
}

/** Parts that fit beside each other, the first always; a line is left from the end. */
export function joined(parts: readonly string[], width: number, between = " · "): string {
	let line = "";
	for (const part of parts) {
		const longer = line === "" ? part : `${line}${between}${part}`;
		if (line !== "" && visibleWidth(longer) > width) break;
		line = longer;
	}
	return cutTo(line, width);
}

export interface Page {
	readonly head: readonly string[];
	readonly body: readonly string[];
	readonly foot: readonly string[];
}

/** `height` lines: head above, foot below, and the body between with empty lines after it. */
export function pageLines({ head, body, foot }: Page, width: number, height: number): string[] {
	const room = roomFor({ head, foot }, height);
	const shown = body.slice(0, room);
	const empty = Array.from({ length: room - shown.length }, () => "");
	return [...head, ...shown, ...empty, ...foot].slice(0, Math.max(1, height)).map((line) => cutTo(line, width));
}

/** Lines that are left for the body. */
export const roomFor = ({ head, foot }: Pick<Page, "head" | "foot">, height: number): number =>
	Math.max(1, height - head.length - foot.length);

/** Where a window of `room` of `count` things begins that has the `at`th in its middle, or as near as can be. */
export const windowFrom = (at: number, room: number, count: number): number =>
	Math.max(0, Math.min(at - Math.floor(room / 2), count - room));
