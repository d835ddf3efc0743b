/** One SQLite connection as Kysely sees it. Statements are prepared once per text: preparing costs more than running. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";

/** More distinct statements than the hub has; bounds what lists of varying length (`in (?, ?, …)`) would pile up. */
const STATEMENTS_MAX = 500;

interface Prepared {
	readonly statement: StatementSync;
	/** Gives rows back: a select, or anything with `returning`. */
	readonly reads: boolean;
}

/** One row comes as an array, and is named here: that Node builds an object of 24 columns takes as long as finding the row. */
interface Single {
	readonly statement: StatementSync;
	readonly names: readonly string[];
}

export class Connection implements DatabaseConnection {
	readonly #database: DatabaseSync;
	readonly #prepared = new Map<string, Prepared>();
	readonly #singles = new Map<string, Single>();

	constructor(database: DatabaseSync) {
		this.#database = database;
	}

	/** False also when SQLite ended the transaction by itself, as it does when the disk is full. */
	get inTransaction(): boolean {
		return this.#database.isTransaction;
	}

	async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
		return this.query<R>(sql, parameters);
	}

	/** Synchronous: nothing else of this process runs between a statement's begin and its end. */
	query<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
		const { statement, reads } = this.#prepare(sql);
		const values = parameters as readonly SQLInputValue[];
		if (reads) return { rows: statement.all(...values) as R[] };
		const { changes, lastInsertRowid } = statement.run(...values);
		return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
	}

	/** All rows of a statement that is too hot to be built each time. */
	all<R>(sql: string, ...parameters: readonly SQLInputValue[]): R[] {
		return this.#prepare(sql).statement.all(...parameters) as R[];
	}

	get<R>(sql: string, ...parameters: readonly SQLInputValue[]): R | undefined {
		const { statement, names } = this.#single(sql);
		const row: unknown = statement.get(...parameters);
		if (!Array.isArray(row)) return row as R | undefined;
		const named: Record<string, unknown> = {};
		for (let n = 0; n < names.length; n++) named[names[n] as string] = row[n];
		return named as R;
	}

	/** Answers the row id of an insert. */
	run(sql: string, ...parameters: readonly SQLInputValue[]): number {
		return Number(this.#prepare(sql).statement.run(...parameters).lastInsertRowid);
	}

	/** Several statements without parameters. */
	script(sql: string): void {
		this.#database.exec(sql);
	}

	streamQuery(): never {
		// A half-read iterator pins its snapshot: the write-ahead log then grows without end.
		throw new Error("Rows are read whole, page by page; they are not streamed from SQLite.");
	}

	close(): void {
		this.#prepared.clear();
		this.#singles.clear();
		this.#database.close();
	}

	#single(sql: string): Single {
		const known = this.#singles.get(sql);
		if (known !== undefined) return known;
		if (this.#singles.size >= STATEMENTS_MAX) this.#singles.clear();
		const statement = this.#database.prepare(sql);
		// Node 24 has it. An older one gives objects, which are passed on as they are.
		statement.setReturnArrays?.(true);
		const single = { statement, names: statement.columns().map(({ name }) => name) };
		this.#singles.set(sql, single);
		return single;
	}

	#prepare(sql: string): Prepared {
		const known = this.#prepared.get(sql);
		if (known !== undefined) return known;
		if (this.#prepared.size >= STATEMENTS_MAX) this.#prepared.clear();
		const statement = this.#database.prepare(sql);
		const prepared = { statement, reads: statement.columns().length > 0 };
		this.#prepared.set(sql, prepared);
		return prepared;
	}
}
