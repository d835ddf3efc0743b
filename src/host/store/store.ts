/**
 * What a host keeps on disk: one SQLite file, written in whole transactions. A fact and what follows from it (a death
 * and its notice, a turn and its count) are written together, so that a host killed between them repeats neither.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { fault } from "../../errors.ts";

const SCHEMA = 1;

const TABLES = `
create table meta (key text primary key, value text not null) strict;
create table lieutenants (
	id text primary key, name text not null, body text not null, gone integer not null default 0
) strict;
create unique index lieutenants_name on lieutenants (name) where gone = 0;
create table messages (
	seq integer primary key, id text not null unique, lieutenant text not null, n integer not null, mode text not null,
	text text not null, receipt text not null, because text, hard text, open integer not null,
	created_at text not null, changed_at text not null
) strict;
create index messages_open on messages (lieutenant, seq) where open = 1;
create index messages_lieutenant on messages (lieutenant, seq);
create table notices (
	seq integer primary key, id text not null unique, owner text not null, body text not null,
	session text, acknowledged integer not null default 0
) strict;
create index notices_owner on notices (owner, seq) where acknowledged = 0;
create table orchestrators (
	name text primary key, generation integer not null, session text, pid integer, started text
) strict;
create table tokens (
	subject text primary key, role text not null, name text not null, token text not null, ended integer not null default 0
) strict;
create table answers (
	caller text not null, operation text not null, key text not null, input text not null, output text not null,
	at integer not null, primary key (caller, operation, key)
) strict;
create table spool (
	seq integer primary key, author text not null, operation text not null, key text not null, input text not null,
	at integer not null, refused text, unique (author, operation, key)
) strict;
create table reports (subject text primary key, counter integer not null, body text not null, kept integer not null default 0) strict;
create index reports_due on reports (counter) where kept = 0;
`;

/** Came after the first schema, and an older host lets them be: both may work on the same file. */
const LATER = `
create table if not exists ralph_loops (id text primary key, name text not null, body text not null, running integer not null) strict;
create table if not exists ralph_rounds (loop text not null, n integer not null, body text not null, primary key (loop, n)) strict;
create table if not exists elsewhere (id text primary key, place text not null, body text not null) strict;
create table if not exists own_vms (id text primary key, before text) strict;
`;

export type Row = Record<string, unknown>;

export class Store {
	readonly #database: DatabaseSync;
	readonly #statements = new Map<string, StatementSync>();
	#depth = 0;

	constructor(database: DatabaseSync, path: string) {
		this.#database = database;
		database.exec(
			"pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 2000",
		);
		const version = Number(this.row("pragma user_version")?.user_version ?? 0);
		if (version > SCHEMA) throw fault("newer_data", path, String(version), String(SCHEMA));
		if (version === 0) this.transaction(() => database.exec(`${TABLES} pragma user_version = ${SCHEMA}`));
		database.exec(LATER);
	}

	row(sql: string, ...values: SQLInputValue[]): Row | undefined {
		return this.#prepare(sql).get(...values);
	}

	rows(sql: string, ...values: SQLInputValue[]): readonly Row[] {
		return this.#prepare(sql).all(...values);
	}

	/** The number of rows changed. */
	run(sql: string, ...values: SQLInputValue[]): number {
		return Number(this.#prepare(sql).run(...values).changes);
	}

	/** All of `work` or nothing; inside another one it is part of that. */
	transaction<T>(work: () => T): T {
		if (this.#depth > 0) return work();
		this.#database.exec("begin immediate");
		this.#depth++;
		try {
			const result = work();
			this.#database.exec("commit");
			return result;
		} catch (thrown) {
			// A full disk ends the transaction by itself: rolling back what is gone would hide the reason.
			if (this.#database.isTransaction) this.#database.exec("rollback");
			throw thrown;
		} finally {
			this.#depth--;
		}
	}

	meta(key: string): string | undefined {
		const value = this.row("select value from meta where key = ?", key)?.value;
		return value === undefined ? undefined : String(value);
	}

	setMeta(key: string, value: string): void {
		this.run(
			"insert into meta (key, value) values (?, ?) on conflict do update set value = excluded.value",
			key,
			value,
		);
	}

	/** Numbers given out once for all lives of this host: the hub orders a host's reports by them. */
	count(): number {
		const next = Number(this.meta("counter") ?? 0) + 1;
		this.setMeta("counter", String(next));
		return next;
	}

	close(): void {
		this.#statements.clear();
		this.#database.close();
	}

	#prepare(sql: string): StatementSync {
		const known = this.#statements.get(sql);
		if (known !== undefined) return known;
		const statement = this.#database.prepare(sql);
		this.#statements.set(sql, statement);
		return statement;
	}
}
