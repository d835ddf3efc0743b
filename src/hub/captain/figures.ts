/** The figures of a day: each one query, over [from, to). What stands now, and not in the day, says so in its label. */
import type { Figure } from "../../contract/captain.ts";
import type { Connection } from "../database/connection.ts";
import { NANO } from "../usage/numbers.ts";
import { iso } from "../window.ts";
import type { Span } from "./day.ts";

type Reader = Pick<Connection, "get" | "all">;

const figure = (name: string, label: string, unit: string, value: number): Figure => ({ name, label, value, unit });

const one = (reader: Reader, sql: string, ...values: readonly (string | number)[]): number =>
	reader.get<{ n: number }>(sql, ...values)?.n ?? 0;

const IN = "timestamp >= ?1 and timestamp < ?2";

/** A task that was done twice is one. */
const DONE = "json_extract(changed, '$.status.to') = 'done'";

function records(reader: Reader, from: string, to: string): readonly Figure[] {
	const ever = `select count(*) as n from (select task from task_history where ${DONE} and at < ?1
		union select id from tasks where status = 'done' and not exists
		(select 1 from task_history where task = tasks.id and ${DONE}) and updated_at < ?1)`;
	return [
		figure("events", "feed events", "event", one(reader, `select count(*) as n from feed where ${IN}`, from, to)),
		figure("entries", "work log entries", "entry", one(reader, `select count(*) as n from log where ${IN}`, from, to)),
		figure(
			...(["tasks_done", "tasks done", "task"] as const),
			one(
				reader,
				`select count(distinct task) as n from task_history where ${DONE} and at >= ?1 and at < ?2`,
				from,
				to,
			),
		),
		figure("tasks_done_ever", "tasks done since the start", "task", one(reader, ever, to)),
	];
}

/** A session belongs to the day in which it began, whole. */
function usage(reader: Reader, { from, to }: Span): readonly Figure[] {
	const sum = reader.get<{ n: number; tokens: number; nanodollars: number }>(
		`select count(*) as n, coalesce(sum(tokens), 0) as tokens, coalesce(sum(nanodollars), 0) as nanodollars
			from usage_sessions where started_ms >= ? and started_ms < ?`,
		from,
		to,
	) ?? { n: 0, tokens: 0, nanodollars: 0 };
	const unseen = one(
		reader,
		"select count(*) as n from usage_gaps where seen = 0 and created_ms >= ? and created_ms < ?",
		...[from, to],
	);
	return [
		figure("sessions", "sessions begun", "session", sum.n),
		figure("sessions_known", "sessions known to have used tokens", "session", sum.n + unseen),
		figure("tokens", "tokens", "token", sum.tokens),
		figure("cost", "cost", "usd", sum.nanodollars / NANO),
	];
}

function incidents(reader: Reader, from: string, to: string): readonly Figure[] {
	const opened = "select count(*) as n from incidents where began_at >= ?1 and began_at < ?2";
	const open = "select count(*) as n from incidents where began_at < ?1 and (ended_at is null or ended_at >= ?1)";
	return [
		figure("incidents", "incidents opened", "incident", one(reader, opened, from, to)),
		figure("incidents_open", "incidents open at its end", "incident", one(reader, open, to)),
	];
}

function fleet(reader: Reader): readonly Figure[] {
	const skills = "select count(*) as n from skills where kind = 'skill' and enabled = 1 and withdrawn = 0";
	const rows = reader.all<{ place: string | null }>(
		"select json_extract(doc, '$.place') as place from lieutenants where state <> 'gone'",
	);
	const places = Map.groupBy(rows, ({ place }) => (place ?? "unknown").split(":", 1)[0] ?? "");
	return [
		figure("skills", "skills live now", "skill", one(reader, skills)),
		figure("lieutenants", "lieutenants now", "lieutenant", rows.length),
		...[...places]
			.toSorted(([a], [b]) => (a < b ? -1 : 1))
			.map(([place, all]) => figure(`lieutenants_${place}`, `lieutenants now: ${place}`, "lieutenant", all.length)),
	];
}

function gates(reader: Reader, from: string, to: string): readonly Figure[] {
	const rows = reader.all<{ gate: string; n: number }>(
		`select json_extract(metadata, '$.gate') as gate, count(*) as n from feed where ${IN}
			and type = 'custom' and metadata is not null and json_type(metadata, '$.gate') = 'text'
			and json_type(metadata, '$.verdict') = 'text' group by 1 order by 1`,
		from,
		to,
	);
	const all = rows.reduce((sum, { n }) => sum + n, 0);
	return [
		figure("gates", "gate firings", "firing", all),
		...rows.map(({ gate, n }) => figure(`gate_${gate}`, `gate firings: ${gate}`, "firing", n)),
	];
}

/** All that the hub itself knows. */
export function figuresOf(reader: Reader, span: Span): readonly Figure[] {
	const [from, to] = [iso(span.from), iso(span.to)];
	return [
		...records(reader, from, to),
		...usage(reader, span),
		...fleet(reader),
		...incidents(reader, from, to),
		...gates(reader, from, to),
	];
}

const NAMES = 1_000;

/** Who did something in the day: names may hold digits, which are no figures. */
export const namesIn = (reader: Reader, { from, to }: Span): readonly string[] =>
	reader
		.all<{ agent: string }>(`select distinct agent from feed where ${IN} limit ${NAMES}`, iso(from), iso(to))
		.map(({ agent }) => agent);
