/** How a service's tables came to be: steps that are only ever added to, each run once, in order. */
import { fault } from "../../errors.ts";
import type { Connection } from "./connection.ts";

export interface Schema {
	readonly type: "schema";
	readonly service: string;
	/** SQL scripts. A published step never changes: the next version is one more step. */
	readonly steps: readonly string[];
}

export const schema = (service: string, steps: readonly string[]): Schema => ({ type: "schema", service, steps });

/** Brings the file up to what this code knows. Throws `newer_data` when the file knows more, having changed nothing. */
export function migrate(connection: Connection, schemas: readonly Schema[], folder: string): void {
	connection.run(
		"create table if not exists schema_versions (service text primary key, version integer not null) strict",
	);
	connection.run("begin immediate");
	try {
		const stored = connection.all<{ service: string; version: number }>("select service, version from schema_versions");
		refuseNewer(new Map(stored.map(({ service, version }) => [service, version])), schemas, folder);
		for (const { service, steps } of schemas) {
			const has = stored.find((row) => row.service === service)?.version ?? 0;
			for (const step of steps.slice(has)) connection.script(step);
			connection.run(
				"insert into schema_versions values (?, ?) on conflict (service) do update set version = excluded.version",
				service,
				steps.length,
			);
		}
		connection.run("commit");
	} catch (thrown) {
		if (connection.inTransaction) connection.run("rollback");
		throw thrown;
	}
}

function refuseNewer(stored: ReadonlyMap<string, number>, schemas: readonly Schema[], folder: string): void {
	for (const [service, version] of stored) {
		const known = schemas.find((candidate) => candidate.service === service)?.steps.length ?? 0;
		if (version > known) throw fault("newer_data", folder, `${service} ${version}`, `${service} ${known}`);
	}
}
