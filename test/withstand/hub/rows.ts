/** What a write leaves in the file, learned from one that was let through: how many rows of which table. */
import { DatabaseSync } from "node:sqlite";
import { UNKEYED, WRITES, type Writes } from "./writes.ts";

export type Counts = Readonly<Record<string, number>>;

/** Words are indexed later, many at once, and so is the use of tokens noted; what a schema has seen changes with the code alone. */
const BY_ITSELF = /words|^log_indexed$|^token_uses$|^schema_versions$|^sqlite_/;

/** Rows of every table, `feed` by type, and `keys` by operation. */
export function rowsIn(folder: string): Counts {
	const file = new DatabaseSync(`${folder}/hub.db`, { readOnly: true });
	const named = file.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
	const counts: Record<string, number> = {};
	for (const { name } of named.filter((table) => !BY_ITSELF.test(table.name))) {
		const parts = { feed: "type", keys: "operation" }[name] ?? "''";
		const sql = `select ${parts} as part, count(*) as n from "${name}" group by part`;
		for (const { part, n } of file.prepare(sql).all() as { part: string; n: number }[]) {
			counts[part === "" ? name : `${name} ${part}`] = n;
		}
	}
	file.close();
	return counts;
}

export const difference = (after: Counts, before: Counts): Counts =>
	Object.fromEntries(
		Object.keys({ ...after, ...before })
			.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const)
			.filter(([, n]) => n !== 0),
	);

/** By operation. What an operation needs before it is written by others, whose rows are not its own. */
export async function learn(folder: string, writes: Writes): Promise<ReadonlyMap<string, Counts>> {
	const learned = new Map<string, Counts>();
	for (const { name } of WRITES) {
		// The second: the first may also be the first of a day, of a model, of an author.
		await writes.done(name);
		const prepared = await writes.prepare(name);
		const before = rowsIn(folder);
		const { status, answer } = await writes.send(prepared);
		if (status >= 300) throw new Error(`${name}: ${status} ${JSON.stringify(answer)}`);
		learned.set(name, difference(rowsIn(folder), before));
	}
	return learned;
}

type Learned = ReadonlyMap<string, Counts>;

/** What would have come if every write is there whole or not at all: so often each, by its keys or else by its events. */
export function whole(learned: Learned, gained: Counts): Counts {
	const sum: Record<string, number> = {};
	for (const [operation, rows] of learned) {
		const times = timesOf(learned, gained, operation);
		for (const [table, n] of Object.entries(rows)) sum[table] = (sum[table] ?? 0) + n * times;
	}
	return difference(sum, {});
}

/** How often an operation was written. */
export function timesOf(learned: Learned, gained: Counts, operation: string): number {
	if (!UNKEYED.has(operation)) return gained[`keys ${operation}`] ?? 0;
	const others = [...learned].filter(([other]) => other !== operation);
	const isOwn = (row: string): boolean =>
		row.startsWith("feed ") && others.every(([other, rows]) => !UNKEYED.has(other) || !(row in rows));
	const event = Object.keys(learned.get(operation) ?? {}).find(isOwn);
	if (event === undefined) throw new Error(`${operation} has no key and no event by which it could be counted`);
	// Events of the same type that keyed operations left are told by their keys.
	const byKey = others.map(([other, rows]) => (rows[event] ?? 0) * (gained[`keys ${other}`] ?? 0));
	return byKey.reduce((left, n) => left - n, gained[event] ?? 0);
}
