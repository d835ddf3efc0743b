/** What the rollups should hold, counted anew from the rows of a hub's file, and what they do hold. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

type Sums = Record<string, readonly [n: number, tokens: number, nanodollars: number]>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Part {
	readonly day: string;
	readonly model: string;
	readonly tokens: number;
	readonly cost: number;
}

export function recount(folder: string): { readonly kept: Sums; readonly counted: Sums } {
	const db = new DatabaseSync(join(folder, "hub.db"), { readOnly: true });
	const all = (sql: string): Record<string, string | number | null>[] => db.prepare(sql).all() as never;
	const counted = new Map<string, [number, number, number]>();
	const add = (slot: string, start: number, key: unknown, n: number, tokens: number, nanodollars: number): void => {
		if (key === "") return;
		const name = `${slot} | ${start} | ${key}`;
		const [a, b, c] = counted.get(name) ?? [0, 0, 0];
		counted.set(name, [a + n, b + tokens, c + nanodollars]);
	};
	const floor = (ms: number, size: number): number => Math.floor(ms / size) * size;
	const each = (kind: string, row: (typeof rows)[number], at: number, dims: Record<string, unknown>, parts: Part[]) => {
		let [tokens, nanodollars] = [Number(row.tokens), Number(row.nanodollars)];
		for (const size of [HOUR, 6 * HOUR, DAY, 7 * DAY]) {
			add(`${kind} ${size}`, floor(at, size), row.agent, 1, tokens, nanodollars);
		}
		for (const part of parts) {
			const [used, spent] = [part.tokens, Math.round(part.cost * 1e9)];
			for (const [dimension, key] of Object.entries({ ...dims, model: part.model }))
				add(`${kind} ${dimension}`, Date.parse(part.day), key, 0, used, spent);
			[tokens, nanodollars] = [tokens - used, nanodollars - spent];
		}
		for (const [dimension, key] of Object.entries(dims))
			add(`${kind} ${dimension}`, floor(at, DAY), key, 1, tokens, nanodollars);
	};
	const rows = all(
		"select *, doc ->> 'model' as model, coalesce(doc ->> 'parentAgent', '') as parent from usage_sessions",
	);
	for (const row of rows) {
		const { agent, model, task, parent, parts } = row;
		each("told", row, Number(row.started_ms), { agent, model, task, parent }, JSON.parse(String(parts)) ?? []);
	}
	for (const row of all("select *, doc ->> 'model' as model from usage_estimates")) {
		const { agent, model, task, parent } = row;
		each("cut", row, Number(row.at_ms), { agent, model, task, parent }, []);
	}
	const kept = all("select * from usage_rollups").map((row) => [
		`${row.slot} | ${row.start} | ${row.key}`,
		[Number(row.n), Number(row.tokens), Number(row.nanodollars)],
	]);
	db.close();
	return { kept: sorted(kept as never), counted: sorted([...counted]) };
}

/** A bucket that was emptied again counts as none. */
const sorted = (entries: [string, [number, number, number]][]): Sums =>
	Object.fromEntries(entries.filter(([, sums]) => sums.some((sum) => sum !== 0)).sort(([a], [b]) => (a < b ? -1 : 1)));
