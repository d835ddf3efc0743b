/** Pages of a list ordered by a row number. A page asks for one row more than it shows, to know whether more follow. */
import { type SelectQueryBuilder, sql } from "kysely";
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

export interface Asked {
	readonly limit?: number;
	readonly cursor?: string;
}

/** A page of what `query` selects from one table, newest row first; the cursor is the number `n` of the last row shown. */
export async function newestFirst<DB, TB extends keyof DB, Row extends { readonly n: number }>(
	query: SelectQueryBuilder<DB, TB, Row>,
	asked: Asked,
): Promise<ReturnType<typeof cut<Row>>> {
	const before = cursorOf(asked.cursor);
	const limit = limitOf(asked.limit);
	const from = before === undefined ? query : query.where(sql<boolean>`n < ${before}`);
	const rows = await from
		.orderBy(sql.ref("n"), "desc")
		.limit(limit + 1)
		.execute();
	return cut(rows, limit, (row) => row.n);
}
