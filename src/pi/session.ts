/**
 * pi's session file: the journal of what was said. JSON lines, only ever appended to, except that pi rewrites it whole
 * when it migrates it. A reader keeps a cursor, which names the last complete line it saw; a cursor that no longer fits
 * means read all (`protocol.md` §6 rule 9).
 */
import type { Files } from "../world.ts";
import { type Entry, parseEntry } from "./entry.ts";

/** The last complete line that was read: where it begins, in bytes, and its entry. */
export interface Cursor {
	readonly offset: number;
	readonly entry: string;
}

export interface Reading {
	readonly entries: readonly Entry[];
	/** For the next reading; absent while the file holds no entry. */
	readonly cursor?: Cursor;
	/** `start`: these are all entries, and what was derived from earlier readings must be derived anew. */
	readonly from: "start" | "cursor";
	/** Complete lines that are no JSON: kept by pi after a crash in the middle of a write. */
	readonly torn: number;
}

const LF = 10;

/** Entries after the cursor. A missing file reads as empty; a last line without its end is left for the next time. */
export function readSession(files: Pick<Files, "readFrom">, path: string, cursor?: Cursor): Reading {
	if (cursor !== undefined) {
		const { lines, torn } = linesOf(files.readFrom(path, cursor.offset), cursor.offset);
		const [first, ...later] = lines;
		if (first?.entry?.id === cursor.entry) return reading(later, "cursor", torn, cursor);
	}
	const { lines, torn } = linesOf(files.readFrom(path, 0), 0);
	return reading(lines, "start", torn);
}

interface Line {
	readonly offset: number;
	readonly entry: Entry | undefined;
}

function linesOf(bytes: Uint8Array, start: number): { readonly lines: readonly Line[]; readonly torn: number } {
	const decoder = new TextDecoder();
	const lines: Line[] = [];
	let torn = 0;
	let from = 0;
	for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
		const text = decoder.decode(bytes.subarray(from, end)).trim();
		if (text !== "") {
			try {
				lines.push({ offset: start + from, entry: parseEntry(JSON.parse(text)) });
			} catch (thrown) {
				if (!(thrown instanceof SyntaxError)) throw thrown;
				torn += 1; // pi itself skips such a line
			}
		}
		from = end + 1;
	}
	return { lines, torn };
}

function reading(lines: readonly Line[], from: Reading["from"], torn: number, before?: Cursor): Reading {
	const entries = lines.map((line) => line.entry).filter((entry) => entry !== undefined);
	const last = lines.findLast((line) => line.entry !== undefined);
	const cursor = last?.entry === undefined ? before : { offset: last.offset, entry: last.entry.id };
	return { entries, from, torn, ...(cursor === undefined ? {} : { cursor }) };
}
