/**
 * A daemon's database, kept in memory by the machine: what was committed outlives its process, what was not is gone with
 * it. Each commit is a place to die, before and after, and to find the disk full.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type Body, NoSpace } from "./body.ts";

/** Everything the checkers want to know of a database, noted by the database itself. */
interface Trigger {
	/** Without which it cannot be made yet. */
	readonly table: string;
	readonly sql: string;
}

const LOGS: Readonly<Record<string, readonly Trigger[]>> = {
	"/home/host/host.db": [
		{
			table: "lieutenants",
			sql: `
create trigger if not exists sim_asked after insert on messages begin
	insert into sim_log (kind, id, body) values ('asked', new.id, json_object('lieutenant', new.lieutenant, 'text', new.text, 'mode', new.mode));
end;
create trigger if not exists sim_receipt after update of receipt, n on messages begin
	insert into sim_log (kind, id, body) values ('receipt', new.id, json_object('was', old.receipt, 'is', new.receipt, 'before', old.n, 'n', new.n));
end;
create trigger if not exists sim_notice after insert on notices begin
	insert into sim_log (kind, id, body) values ('notice', new.id, new.body);
end;
create trigger if not exists sim_row after update of body on lieutenants begin
	insert into sim_log (kind, id, body) values ('row', new.id, new.body);
end;
`,
		},
		{
			table: "ralph_rounds",
			sql: `
create trigger if not exists sim_loop_new after insert on ralph_loops begin
	insert into sim_log (kind, id, body) values ('loop', new.id, new.body);
end;
create trigger if not exists sim_loop after update of body on ralph_loops begin
	insert into sim_log (kind, id, body) values ('loop', new.id, new.body);
end;
create trigger if not exists sim_round_new after insert on ralph_rounds begin
	insert into sim_log (kind, id, body) values ('round', new.loop, new.body);
end;
create trigger if not exists sim_round after update of body on ralph_rounds begin
	insert into sim_log (kind, id, body) values ('round', new.loop, new.body);
end;
`,
		},
	],
	"/home/hub/hub.db": [
		{
			table: "lieutenants",
			sql: `
create trigger if not exists sim_claim after update of claimed_by on tasks when old.claimed_by is not new.claimed_by begin
	insert into sim_log (kind, id, body) values ('claim', new.id, json_object('was', old.claimed_by, 'until', old.claimed_until, 'is', new.claimed_by));
end;
create trigger if not exists sim_word after update on lieutenants begin
	insert into sim_log (kind, id, body) values ('word', new.id, json_object('was', old.state, 'is', new.state, 'before', old.counter, 'counter', new.counter));
end;
create trigger if not exists sim_account_new after insert on budget_accounts begin
	insert into sim_log (kind, id, body) values ('account', new.id, json_object('limited', new.limited, 'base', new.base,
		'spent', new.spent, 'reserved', new.reserved, 'spentBefore', 0, 'reservedBefore', 0));
end;
create trigger if not exists sim_account after update on budget_accounts begin
	insert into sim_log (kind, id, body) values ('account', new.id, json_object('limited', new.limited, 'base', new.base,
		'spent', new.spent, 'reserved', new.reserved, 'spentBefore', old.spent, 'reservedBefore', old.reserved));
end;
`,
		},
	],
};
const LOG =
	"create table if not exists sim_log (seq integer primary key, kind text not null, id text not null, body text not null) strict;";

export interface Logged {
	readonly kind: "asked" | "receipt" | "notice" | "row" | "loop" | "round" | "claim" | "word" | "account";
	readonly id: string;
	readonly body: Record<string, unknown>;
}

const CHANGES = /^\s*(insert|update|delete|replace|commit|begin)/i;

export class MortalDatabase extends DatabaseSync {
	readonly #body: Body;
	readonly #path: string;
	#log: StatementSync | undefined;
	/** Triggers whose tables are not there yet. */
	#due: readonly Trigger[];
	#seen = 0;

	constructor(body: Body, path: string) {
		super(body.machine.databaseAt(path));
		this.#body = body;
		this.#path = path;
		this.#due = LOGS[path] ?? [];
		body.onDeath(() => {
			if (this.isOpen) super.close();
		});
	}

	override exec(sql: string): void {
		if (/^\s*pragma/i.test(sql)) {
			// Connections of one in-memory database see each other's locks, which those of one file do not.
			super.exec(`${sql}; pragma read_uncommitted = on`);
			return;
		}
		this.#before(sql);
		super.exec(sql);
		this.#after(sql);
	}

	override prepare(sql: string): StatementSync {
		const statement = super.prepare(sql);
		if (!CHANGES.test(sql)) return statement;
		const run = (...values: SQLInputValue[]) => {
			this.#before(sql);
			const result = statement.run(...values);
			this.#after(sql);
			return result;
		};
		const rest = {
			all: (...values: SQLInputValue[]) => statement.all(...values),
			get: (...values: SQLInputValue[]) => statement.get(...values),
			columns: () => statement.columns(),
		};
		return { ...rest, run } as unknown as StatementSync;
	}

	/** A statement outside of a transaction is one by itself. */
	#before(sql: string): void {
		if (sql !== "commit" && this.isTransaction) return;
		this.#body.step();
		if (!this.#body.machine.full || !CHANGES.test(sql) || sql.startsWith("begin")) return;
		// SQLite itself ends the transaction.
		if (this.isTransaction) super.exec("rollback");
		throw new NoSpace(this.#body);
	}

	#after(sql: string): void {
		if (this.isTransaction) return;
		if (CHANGES.test(sql)) this.#told();
		if (sql === "commit") this.#body.step();
	}

	/** What this commit made true. */
	#told(): void {
		if (LOGS[this.#path] === undefined) return;
		const { machine } = this.#body;
		if (this.#log === undefined) {
			super.exec(LOG);
			this.#log = super.prepare("select seq, kind, id, body from sim_log where seq > ? order by seq");
			this.#seen = machine.logged.get(this.#path) ?? 0;
		}
		for (const { table, sql } of this.#due) {
			if (super.prepare("select 1 from sqlite_master where name = ?").get(table) === undefined) continue;
			super.exec(sql);
			this.#due = this.#due.filter((other) => other.table !== table);
		}
		for (const row of this.#log.all(this.#seen)) {
			this.#seen = Number(row.seq);
			machine.logged.set(this.#path, this.#seen);
			const kind = String(row.kind) as Logged["kind"];
			machine.told({ kind, id: String(row.id), body: JSON.parse(String(row.body)) as Logged["body"] });
		}
	}
}
