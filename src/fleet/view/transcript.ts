/** A long text in a window of the terminal: wrapped, and at its end unless it was moved. */
import { wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { harmlessLines } from "../harmless.ts";

/** Lines of the text, none wider. */
export const wrapped = (text: string, width: number): readonly string[] =>
	harmlessLines(text).flatMap((line) => (line === "" ? [""] : wrapTextWithAnsi(line, Math.max(1, width))));

/** `back` lines are below the window; 0 follows what comes. */
export function windowOf(lines: readonly string[], room: number, back: number): readonly string[] {
	const end = Math.max(Math.min(room, lines.length), lines.length - back);
	return lines.slice(Math.max(0, end - room), end);
}

/** How far back can be gone. */
export const farthest = (lines: readonly string[], room: number): number => Math.max(0, lines.length - room);
