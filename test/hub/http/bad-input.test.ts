import fc from "fast-check";
import { expect, test } from "vitest";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { testHub } from "../support.ts";

const { ask, done, complaints } = await testHub();
const { operations } = await loadModules(realWorld());
const METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"] as const;
/** Answers of the hub about itself or a machine that is away, which no input can cause by being bad. */
const ALLOWED_5XX = new Set(["host_away", "outcome_unknown"]);

const task = (await done("POST", "/board/tasks", { title: "t", createdBy: "a" })).id;
await done("POST", "/registry/vms", { id: "vm", name: "n", role: "worker", address: "a", registeredBy: "x" });

const word = fc.oneof(
	fc.constantFrom(
		"",
		" ",
		"0",
		"-1",
		"null",
		"1e400",
		"\u0000",
		"'; drop table tasks; --",
		"../../etc",
		"%",
		"__proto__",
		"\ud800",
	),
	fc.string({ unit: "binary", maxLength: 20 }),
	fc.constantFrom(task, "vm", "running", "open", "1970-01-01", "99999999999d", "7d"),
);
const value = fc.oneof(
	{ weight: 3, arbitrary: word },
	fc.constantFrom<unknown>(null, true, -0, 1e308, 2 ** 53, -5, 3.7, [], {}, [[]], [null], { a: null }),
	fc.jsonValue(),
);

/** Bodies that are nearly right, so that some of them reach the handlers. */
const bodyFor = (names: readonly string[]) => {
	const sensible: Record<string, unknown> = {
		title: "t",
		text: "x",
		createdBy: "a",
		author: "a",
		agent: "a",
		content: "c",
		summary: "s",
		reason: "r",
		type: "finding",
		role: "worker",
		name: "n",
		id: "v",
		address: "a",
		registeredBy: "x",
		artifacts: [{ type: "url", url: "u", label: "l" }],
		sessionId: "s",
		model: "m",
		turns: 1,
		startedAt: "2026-01-01",
		endedAt: "2026-01-01",
		tokens: { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, total: 1 },
		cost: { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, total: 1 },
		vmId: "v",
		createdAt: "2026-01-01",
		hash: "a".repeat(64),
		message: "m",
	};
	const fields = names.map(
		(name) => [name, fc.oneof({ weight: 4, arbitrary: fc.constant(sensible[name] ?? "x") }, value)] as const,
	);
	return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
};

const pathFor = (pattern: string) =>
	fc
		.tuple(...[...pattern.matchAll(/:\w+/g)].map(() => fc.oneof(fc.constantFrom(task, "vm", "worker"), word)))
		.map((values) => {
			let i = 0;
			return pattern.replaceAll(/:\w+/g, () => {
				const chosen = values[i++] ?? "";
				return chosen.isWellFormed() ? encodeURIComponent(chosen) : "%ff";
			});
		});

test.each(
	operations.filter(({ answers }) => answers !== "stream").map((operation) => [operation.name, operation] as const),
)("no input makes %s answer with a fault of the hub", async (_name, operation) => {
	const names = Object.keys(operation.input.properties ?? {});
	await fc.assert(
		fc.asyncProperty(
			fc.oneof({ weight: 8, arbitrary: fc.constant(operation.method) }, fc.constantFrom(...METHODS)),
			pathFor(operation.path),
			fc.oneof(
				{ weight: 6, arbitrary: bodyFor(names).map((body) => JSON.stringify(body)) },
				value.map((body) => JSON.stringify(body) ?? ""),
				fc.string({ maxLength: 20 }),
			),
			fc.dictionary(fc.oneof(fc.constantFrom("limit", "cursor", "since", "last", ...names), word), word, {
				maxKeys: 3,
			}),
			async (method, path, raw, query) => {
				const wellFormed = Object.entries(query).map(
					([key, one]) => [key.toWellFormed(), one.toWellFormed()] as [string, string],
				);
				const search = new URLSearchParams(wellFormed).toString();
				const hasBody = method !== "GET";
				const reply = await ask(
					method,
					`${path}${search === "" ? "" : `?${search}`}`,
					undefined,
					hasBody ? { raw } : {},
				);
				if (reply.status < 400) return;
				// A page for people says so in HTML.
				if (reply.headers.get("content-type")?.startsWith("text/html") === true) {
					expect(reply.status).toBe(404);
					return;
				}
				expect(reply.body).toMatchObject({
					error: expect.any(String),
					code: expect.any(String),
					remedy: expect.any(String),
				});
				if (reply.status >= 500) expect([...ALLOWED_5XX]).toContain(reply.body.code);
			},
		),
		{ numRuns: 40 },
	);
	expect(complaints).toEqual([]);
});
