/** The hub's file as of one moment: one read transaction over all of it, beside a hub that may be running. */
import { join } from "node:path";
import { fault } from "../../errors.ts";
import { boardSchema } from "../../hub/board/schema.ts";
import { commitsSchema } from "../../hub/commits/schema.ts";
import { Connection } from "../../hub/database/connection.ts";
import type { Schema } from "../../hub/database/schema.ts";
import { feedSchema } from "../../hub/feed/schema.ts";
import { journalSchema } from "../../hub/journal/schema.ts";
import { logSchema } from "../../hub/log/schema.ts";
import { registrySchema } from "../../hub/registry/schema.ts";
import { reportsSchema } from "../../hub/reports/schema.ts";
import { sharesSchema } from "../../hub/shares/schema.ts";
import { skillSchema } from "../../hub/skills/schema.ts";
import { usageSchema } from "../../hub/usage/schema.ts";
import type { World } from "../../world.ts";

const READ: readonly Schema[] = [
	...[boardSchema, commitsSchema, feedSchema, journalSchema, logSchema, registrySchema],
	...[reportsSchema, sharesSchema, skillSchema, usageSchema],
];

const PAGE = 1_000;

export class Snapshot {
	readonly #db: Connection;

	constructor(db: Connection) {
		this.#db = db;
		db.script("pragma busy_timeout = 5000; pragma query_only = on; begin;");
	}

	all<R>(sql: string, ...values: readonly (string | number)[]): R[] {
		return this.#db.all<R>(sql, ...values);
	}

	/** Rows of a table, in the order of its numbers, however many there are. */
	*rows<R extends object>(table: string, number = "n"): Generator<R> {
		for (let after = Number.MIN_SAFE_INTEGER; ; ) {
			const sql = `select * from ${table} where ${number} > ? order by ${number} limit ${PAGE}`;
			const rows = this.#db.all<R & Record<string, number>>(sql, after);
			yield* rows;
			after = Number(rows.at(-1)?.[number]);
			if (rows.length < PAGE) return;
		}
	}

	close(): void {
		this.#db.script("rollback");
		this.#db.close();
	}
}

/** Throws `not_found` where no hub has kept anything, `newer_data` or `conflict` where this code does not know its tables. */
export function openSnapshot({ files }: Pick<World, "files">, folder: string): Snapshot {
	const file = join(folder, "hub.db");
	if (files.stat(file)?.kind !== "file") throw fault("not_found", `Data of a hub in ${folder}`);
	const db = new Connection(files.database(file));
	try {
		const stored = db.all<{ service: string; version: number }>("select service, version from schema_versions");
		const has = new Map(stored.map(({ service, version }) => [service, version]));
		for (const { service, steps } of READ) {
			const version = has.get(service) ?? 0;
			if (version > steps.length)
				throw fault("newer_data", folder, `${service} ${version}`, `${service} ${steps.length}`);
			if (version < steps.length)
				throw fault("conflict", `The data in ${folder} is of an older version: start the hub on it once`);
		}
		return new Snapshot(db);
	} catch (thrown) {
		db.close();
		throw thrown;
	}
}
