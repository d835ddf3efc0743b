/** Pages of a list ordered by a row number. A page asks for one row more than it shows, to know whether more follow. */
import { PAGE_MAX } from "../contract/shapes.ts";
import { fault } from "../errors.ts";

/** The row number that a cursor holds. */
export function cursorOf(cursor: string | undefined): number | undefined {
	if (cursor === undefined) return undefined;
	if (!/^\d{1,15}$/.test(cursor)) throw fault("invalid_input", `invalid cursor: ${cursor}`);
	return Number(cursor);
}

export const limitOf = (limit: number | undefined): number => limit ?? PAGE_MAX;

/** What of the rows is shown, and the cursor after them. */
export function cut<Row>(
	rows: readonly Row[],
	limit: number,
	position: (row: Row) => number,
): { readonly rows: readonly Row[]; readonly next: { readonly next?: string } } {
	const shown = rows.slice(0, limit);
	const last = shown.at(-1);
	return { rows: shown, next: rows.length > limit && last !== undefined ? { next: String(position(last)) } : {} };
}
