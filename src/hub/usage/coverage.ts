/**
 * How much of the fleet the sums cover. A host tells of a lieutenant's tokens by its state, apart from what is told of its
 * session: where the one is more than the other, something is missing. Kept as it changes, for there may be thousands of
 * lieutenants, and of those with a gap only few.
 */
import type { Coverage } from "../../contract/coverage.ts";
import type { Connection } from "../database/connection.ts";
import type { Gate } from "../database/tx.ts";

const NAMES_MAX = 50;

interface Spent {
	readonly name: string;
	readonly tokens: number;
	readonly created: string | null;
	readonly told: number | null;
}

const SPENT = `select name, tokens, json_extract(doc, '$.createdAt') as created,
	(select max(tokens) from usage_sessions where session_id = lieutenants.id) as told from lieutenants where id = ?`;

/** To be called where a lieutenant's tokens change, and where something is told of the session of this id. */
export function noteGap({ connection }: Gate, id: string): void {
	const spent = connection.get<Spent>(SPENT, id);
	if (spent === undefined) return;
	const { name, tokens, created, told } = spent;
	const missing = tokens - (told ?? 0);
	connection.run("delete from usage_gaps where session_id = ?", id);
	if (missing <= 0) return;
	const made = Date.parse(created ?? "");
	connection.run(
		"insert into usage_gaps (session_id, name, created_ms, tokens, seen) values (?, ?, ?, ?, ?)",
		...[id, name, Number.isNaN(made) ? 0 : made, missing, told === null ? 0 : 1],
	);
}

/** `seen`: sessions in the figure, which counts from this millisecond on. */
export function coverageSince(reader: Connection, from: number, seen: number): Coverage {
	const gaps = reader.get<{ unseen: number; tokens: number }>(
		"select count(*) filter (where seen = 0) as unseen, total(tokens) as tokens from usage_gaps where created_ms >= ?",
		from,
	) ?? { unseen: 0, tokens: 0 };
	const names = reader.all<{ name: string }>(
		`select distinct name from usage_gaps where created_ms >= ? and seen = 0 order by name limit ${NAMES_MAX}`,
		from,
	);
	return { seen, known: seen + gaps.unseen, unreported: names.map(({ name }) => name), tokens: gaps.tokens };
}
