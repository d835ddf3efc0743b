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

/** Rows read at once: about a millisecond of those that are costly. */
export const PIECE = 100;

/**
 * A long page in pieces, for everyone else to have a turn between two: a thousand tasks at once kept every writer
 * waiting for 17 ms, and 64 such readers for a tenth of a second. A cursor names a place that stays, so the pieces make
 * the page that one reading would have made of the same rows. `size` says how many rows a piece has.
 */
export async function* pieces<Piece extends { readonly next?: unknown }>(
	asked: Asked,
	size: (piece: Piece) => number,
	read: (asked: Asked) => Promise<Piece>,
): AsyncGenerator<Piece> {
	let left = limitOf(asked.limit);
	let { cursor } = asked;
	do {
		const limit = Math.min(PIECE, left);
		const piece = await read({ ...asked, limit, ...(cursor === undefined ? {} : { cursor }) });
		yield piece;
		left -= limit;
		// Shorter than asked and yet not the last: it has bounds of its own.
		cursor = size(piece) < limit ? undefined : (piece.next as string | undefined);
	} while (cursor !== undefined && left > 0);
}
