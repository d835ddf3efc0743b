import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { usageSchema } from "../../../src/hub/usage/schema.ts";
import { makeFolder } from "../../support/folder.ts";
import { testHub, worldAt } from "../support.ts";
import { recount } from "./recount.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.parse("2026-03-10T12:34:56.789Z");
const iso = (ms: number): string => new Date(ms).toISOString();
const five = (total: number) => ({ input: total, output: 0, cacheRead: 0, cacheWrite: 0, total });
const fresh = () => testHub({ world: worldAt(() => now) });

/** What one session says over its life: it only ever grows. */
const life = fc.record({
	agent: fc.constantFrom("ada", "bo"),
	session: fc.integer({ min: 0, max: 3 }).map((n) => `s${n}`),
	task: fc.option(fc.constantFrom("T1", "T2"), { nil: undefined }),
	parentAgent: fc.option(fc.constantFrom("captain", "mate"), { nil: undefined }),
	/** From years ago to a clock that is ahead. */
	age: fc.oneof(fc.integer({ min: -2 * HOUR, max: 80 * HOUR }), fc.integer({ min: 0, max: 40 * 365 * DAY })),
	steps: fc.array(
		fc.record({
			days: fc.integer({ min: 0, max: 2 }),
			model: fc.constantFrom("p/big", "p/small"),
			tokens: fc.nat(1e9),
			cents: fc.nat(1_000),
			/** Whether it tells its parts: an old client does not. */
			parted: fc.boolean(),
		}),
		{ minLength: 1, maxLength: 4 },
	),
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

/** The session's words, oldest first. */
function wordsOf({ agent, session, task, parentAgent, age, steps }: Life) {
	const began = now - age;
	const parts = new Map<string, { day: string; model: string; tokens: number; cost: number }>();
	let [tokens, cents, at] = [0, 0, began];
	return steps.map((step, n) => {
		at += step.days * DAY;
		[tokens, cents] = [tokens + step.tokens, cents + step.cents];
		const day = iso(at).slice(0, 10);
		const key = `${day} ${step.model}`;
		const before = parts.get(key) ?? { day, model: step.model, tokens: 0, cost: 0 };
		parts.set(key, { ...before, tokens: before.tokens + step.tokens, cost: before.cost + step.cents / 100 });
		return {
			...{ sessionId: session, agent, model: step.model, turns: n + 1, startedAt: iso(began), endedAt: iso(at + n) },
			...{ tokens: five(tokens), cost: five(cents / 100) },
			...(task === undefined ? {} : { task }),
			...(parentAgent === undefined ? {} : { parentAgent }),
			...(step.parted ? { parts: [...parts.values()] } : {}),
		};
	});
}

const cutRequest = fc.record({
	agent: fc.constantFrom("ada", "bo"),
	session: fc.integer({ min: 0, max: 3 }).map((n) => `s${n}`),
	request: fc.constantFrom("life 1", "e7"),
	task: fc.option(fc.constantFrom("T1", "T2"), { nil: undefined }),
	age: fc.integer({ min: -2 * HOUR, max: 80 * HOUR }),
	tokens: fc.nat(1e6),
});

/** Words of up to six sessions and some cut requests, in any order, some said twice. */
const history = fc
	.tuple(
		fc.uniqueArray(life, { maxLength: 6, selector: ({ agent, session }) => `${agent}/${session}` }),
		fc.array(cutRequest, { maxLength: 4 }),
	)
	.chain(([lives, cut]) => {
		const said = [
			...lives.flatMap(wordsOf).map((body) => ({ path: "/usage/sessions", body: { ...body } as object })),
			...cut.map(({ session, age, tokens, task, ...rest }) => ({
				path: "/usage/estimates",
				body: {
					...{ ...rest, sessionId: session, model: "p/big", at: iso(now - age), cutBy: "kill" },
					...{ tokens: five(tokens), cost: five(0.01), ...(task === undefined ? {} : { task }) },
				},
			})),
		];
		const order = fc.shuffledSubarray(said, { minLength: said.length });
		return fc.tuple(fc.constant(lives), order, fc.shuffledSubarray(said));
	});

describe("after any history of records, new, repeated, grown, out of order and late", () => {
	test("the rollups equal a recount from the rows, and the sums are those of the sessions, for every range", async () => {
		await fc.assert(
			fc.asyncProperty(history, async ([lives, said, again]) => {
				const { hub, ask, done, folder } = await fresh();
				for (const { path, body } of [...said, ...again]) await done("POST", path, body);
				const { kept, counted } = recount(folder);
				expect(kept).toEqual(counted);
				const last = lives.map((one) => ({ ...one, told: wordsOf(one).at(-1) }));
				for (const range of ["1h", "24h", "30h", "72h", "1000h", "all"]) {
					const hours = range === "all" ? Number.POSITIVE_INFINITY : Number.parseInt(range, 10);
					const within = last.filter(({ age }) => age <= hours * HOUR);
					const { totals } = await done("GET", `/usage?range=${range}`);
					expect(totals.sessions).toBe(within.length);
					expect(totals.tokens).toBe(within.reduce((sum, { told }) => sum + (told?.tokens.total ?? 0), 0));
					const cents = within.reduce((sum, { told }) => sum + Math.round((told?.cost.total ?? 0) * 100), 0);
					expect(totals.cost).toBe(cents / 100);
				}
				const { totals } = await done("GET", "/usage?range=all");
				for (const by of ["agent", "model", "day", "task", "parent"]) {
					const sums = await done("GET", `/usage/totals?by=${by}&range=all`);
					const sum = (field: string) => sums.rows.reduce((all: number, row: never) => all + row[field], 0);
					expect([sum("tokens"), sum("sessions")]).toEqual([totals.tokens, totals.sessions]);
					expect(sums.totals.cost).toBeCloseTo(totals.cost, 6);
					if (by !== "agent" && by !== "model") continue;
					for (const { key, tokens, cost } of sums.rows) {
						const days = await done("GET", `/usage/totals?by=day&range=all&${by}=${encodeURIComponent(key)}`);
						expect(days.totals).toMatchObject({ tokens, cost });
						expect(days.rows.reduce((all: number, row: { readonly tokens: number }) => all + row.tokens, 0)).toBe(
							tokens,
						);
						expect(days.coverage).toEqual(sums.coverage);
					}
				}
				expect((await ask("GET", "/usage/totals?by=model&agent=ada")).status).toBe(400);
				expect((await ask("GET", "/usage/totals?by=day&agent=ada&model=p%2Fbig")).status).toBe(400);
				await hub.close();
			}),
			{ numRuns: 15 },
		);
	}, 60_000);
});

test("a file of the schema before has its rollups filled from what is there, each row whole where it began", async () => {
	const folder = makeFolder();
	const first = await testHub({ folder, world: worldAt(() => now) });
	const { sessionId, parts, ...word } = wordsOf({
		...{ agent: "ada", session: "s1", task: undefined, parentAgent: "captain", age: 50 * HOUR },
		steps: [{ days: 1, model: "p/big", tokens: 700, cents: 70, parted: false }],
	}).at(-1) ?? { sessionId: "", parts: undefined };
	for (const n of [1, 2, 3]) await first.done("POST", "/usage/sessions", { ...word, sessionId: `${sessionId}${n}` });
	await first.done("POST", "/usage/estimates", {
		...{ sessionId: "s11", request: "e1", agent: "ada", model: "p/big", tokens: five(9), cost: five(0.01) },
		...{ cutBy: "kill", at: iso(now) },
	});
	const before = await first.done("GET", "/usage?range=30d");
	const byDay = await first.done("GET", "/usage/totals?by=parent&range=30d");
	await first.hub.close();
	asBefore(`${folder}/hub.db`);
	const second = await testHub({ folder, world: worldAt(() => now) });
	expect(await second.done("GET", "/usage?range=30d")).toEqual(before);
	expect(await second.done("GET", "/usage/totals?by=parent&range=30d")).toEqual(byDay);
	const { kept, counted } = recount(folder);
	expect(Object.keys(kept).length).toBeGreaterThan(8);
	expect(kept).toEqual(counted);
});

/** The usage tables as the second step left them, with the same rows. */
function asBefore(file: string): void {
	const db = new DatabaseSync(file);
	for (const [table, columns] of [
		["usage_sessions", "session_id, agent, started_ms, tokens, nanodollars, doc"],
		["usage_estimates", "session_id, request, agent, at_ms, tokens, nanodollars, doc"],
	] as const) {
		db.exec(`create table kept_${table} as select ${columns} from ${table}; drop table ${table};`);
	}
	db.exec("drop table usage_rollups; drop table usage_gaps; drop table usage_vms;");
	for (const step of usageSchema.steps.slice(0, 2)) db.exec(step);
	for (const [table, columns] of [
		["usage_sessions", "session_id, agent, started_ms, tokens, nanodollars, doc"],
		["usage_estimates", "session_id, request, agent, at_ms, tokens, nanodollars, doc"],
	] as const) {
		db.exec(`insert into ${table} (${columns}) select ${columns} from kept_${table}; drop table kept_${table};`);
	}
	db.exec("update schema_versions set version = 2 where service = 'usage'");
	db.close();
}
