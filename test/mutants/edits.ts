/**
 * Changes to the sources that exist only in the memory of the process that loads them: `FLAGSHIP_EDITS` names a file with
 * a JSON object, `{"src/host/receipt.ts": [[start, end, text], …]}`, in the order of the places. In a file, because what
 * is noted of all places is more than one variable may hold.
 */
import { readFileSync } from "node:fs";

/** File → `[start, end, text]` in the order of the places. */
export type Edits = Readonly<Record<string, readonly (readonly [number, number, string])[]>>;

const path = process.env.FLAGSHIP_EDITS;
const edits = path === undefined ? {} : (JSON.parse(readFileSync(path, "utf8")) as Edits);

/** Relative to the package. */
export const editedFiles: readonly string[] = Object.keys(edits);

export function edited(file: string, source: string): string {
	let [text, from] = ["", 0];
	for (const [start, end, becomes] of edits[file] ?? []) {
		text += source.slice(from, start) + becomes;
		from = end;
	}
	return text + source.slice(from);
}
