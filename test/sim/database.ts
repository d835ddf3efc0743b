/**
 * The host's database, kept in memory by the machine: what was committed outlives the host, what was not is gone with
 * it. Each commit is a place to die, before and after.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Body } from "./body.ts";

/** Everything the checkers want to know of the database, noted by the database itself. */
const LOG = `
create table if not exists sim_log (seq integer primary key, kind text not null, id text not null, body text not null) strict;
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
`;

export interface Logged {
	readonly kind: "asked" | "receipt" | "notice" | "row";
	readonly id: string;
	readonly body: Record<string, unknown>;
}

export class MortalDatabase extends DatabaseSync {
	readonly #body: Body;
	#log: StatementSync | undefined;
	#seen = 0;

	constructor(body: Body, path: string) {
		super(body.machine.databaseAt(path));
		this.#body = body;
		body.onDeath(() => super.close());
	}

	override exec(sql: string): void {
		if (sql === "begin immediate" || sql === "commit") this.#body.step();
		super.exec(sql);
		if (sql !== "commit") return;
		this.#told();
		this.#body.step();
	}

	/** What this commit made true. */
	#told(): void {
		if (this.#log === undefined) {
			super.exec(LOG);
			this.#log = super.prepare("select seq, kind, id, body from sim_log where seq > ? order by seq");
			this.#seen = this.#body.machine.logged;
		}
		for (const row of this.#log.all(this.#seen)) {
			this.#seen = Number(row.seq);
			this.#body.machine.logged = this.#seen;
			const kind = String(row.kind) as Logged["kind"];
			this.#body.machine.told({ kind, id: String(row.id), body: JSON.parse(String(row.body)) as Logged["body"] });
		}
	}
}
