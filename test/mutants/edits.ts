/**
 * Changes to the sources that exist only in the memory of the process that loads them: `FLAGSHIP_EDITS` is a JSON object,
 * `{"src/host/receipt.ts": [[start, end, text], …]}`, in the order of the places.
 */

/** File → `[start, end, text]` in the order of the places. */
export type Edits = Readonly<Record<string, readonly (readonly [number, number, string])[]>>;

const edits = JSON.parse(process.env.FLAGSHIP_EDITS ?? "{}") as Edits;

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
