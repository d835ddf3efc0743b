/** What a keeper of one kind of record has at hand, and what it says. */
import type { ImportKind } from "../../contract/imports.ts";
import { fault } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Connection } from "../database/connection.ts";
import type { Tx } from "../database/tx.ts";
import type { Records } from "./shapes.ts";

export interface Hand {
	readonly db: Connection;
	readonly tx: Tx;
	readonly hub: Context;
	/** The hub's time, ms since 1970. */
	readonly now: number;
}

export interface Keeper<Record> {
	/** What names it among those of its kind. */
	key(record: Record): string;
	/** It is here without having been imported: the hub's own data, brought back. Throws for another of the same name. */
	has(db: Connection, record: Record): boolean;
	/** Stores it. Throws a `Fault` for what today's rules refuse; nothing of it is kept then. */
	add(hand: Hand, record: Record): void;
}

export type Keepers<K extends ImportKind> = { readonly [Kind in K]: Keeper<Records[Kind]> };

export const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

export const exists = (db: Connection, sql: string, ...values: readonly (string | number)[]): boolean =>
	db.get(sql, ...values) !== undefined;

/** The row number of a record that another hangs on. */
export function rowOf(db: Connection, table: "tasks" | "share_links", column: string, value: string): number {
	const row = db.get<{ n: number }>(`select n from ${table} where ${column} = ?`, value);
	if (row === undefined) throw fault("invalid_input", `its ${table === "tasks" ? "task" : "link"} is not here`);
	return row.n;
}

const CONSTRAINT = 19;

/** What names the record is taken: SQLite refused a second row of that name. */
export const isTaken = (thrown: unknown): boolean =>
	thrown instanceof Error &&
	"errcode" in thrown &&
	typeof thrown.errcode === "number" &&
	// The low byte; the rest says which kind of constraint.
	(thrown.errcode & 0xff) === CONSTRAINT;
