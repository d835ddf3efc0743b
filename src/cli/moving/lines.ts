/** The lines of a file, in pieces: the feed of a year fits into no memory, nor does one line that never ends. */
import { closeSync, openSync, readSync } from "node:fs";

/** Bytes of a line from which on it is no record: the hub takes no larger body. */
export const LINE_MAX = 1_000_000;
const PIECE = 262_144;
const SHOWN = 4_096;

export type Line =
	| { readonly type: "text"; readonly line: number; readonly text: string }
	| { readonly type: "bad"; readonly line: number; readonly text: string; readonly why: string };

/** Blank ones are left out. A last one without its end comes as it is. */
export function* linesOf(path: string): Generator<Line> {
	const file = openSync(path, "r");
	try {
		let line = 1;
		let parts: Buffer[] = [];
		let length = 0;
		for (;;) {
			const piece = Buffer.alloc(PIECE);
			const read = readSync(file, piece, 0, PIECE, null);
			if (read === 0) break;
			let from = 0;
			for (let end = piece.indexOf(10, from); end !== -1 && end < read; end = piece.indexOf(10, from)) {
				yield* lineOf(line, [...parts, piece.subarray(from, end)], length + end - from);
				[parts, length, from] = [[], 0, end + 1];
				line++;
			}
			// Of a line that is too long its beginning is kept, to be shown.
			if (length <= LINE_MAX) parts.push(piece.subarray(from, read));
			length += read - from;
		}
		yield* lineOf(line, parts, length);
	} finally {
		closeSync(file);
	}
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function* lineOf(line: number, parts: readonly Buffer[], length: number): Generator<Line> {
	const bytes = Buffer.concat(parts);
	if (length > LINE_MAX) {
		const text = bytes.subarray(0, SHOWN).toString();
		yield { type: "bad", line, text, why: `it is longer than ${LINE_MAX} bytes` };
		return;
	}
	let text: string;
	try {
		text = utf8.decode(bytes);
	} catch {
		yield { type: "bad", line, text: bytes.toString("latin1"), why: "it is no UTF-8" };
		return;
	}
	if (text.trim() !== "") yield { type: "text", line, text };
}
