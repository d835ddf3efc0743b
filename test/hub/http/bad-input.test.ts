import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyOperation } from "../../../src/contract/operation.ts";
import { loadModules } from "../../../src/hub/modules.ts";
import { example } from "../../../src/hub/openapi/example.ts";
import { realWorld } from "../../../src/world/real.ts";
import { type Body, type Reply, testHub } from "../support.ts";
import { type Nonsense, nonsenseFor, pathsOf, WHO } from "./nonsense.ts";

const REQUESTS = 10_000;
/** Sent at the same time: they meet in one commit and in one snapshot. */
const AT_ONCE = 4;
/** Of an operation that is known to take long: each starts a process. */
const SLOW_RUNS = 3;
/** Answers about a machine that is away, which no input causes by being bad. */
const ALLOWED_5XX = new Set(["host_away", "outcome_unknown"]);

const first = await testHub();
const { operations, handlers, pages } = await loadModules(realWorld());
const asked = operations.filter(({ answers }) => answers !== "stream");
const RUNS = Math.ceil(REQUESTS / asked.length / AT_ONCE) + 2;
let sent = 0;

/** Ids and names of records of each kind. */
const ids = await seed();

async function seed(): Promise<readonly string[]> {
	const found = new Set<string>(["nothing"]);
	for (const operation of asked.filter(({ method }) => method === "POST")) {
		const path = operation.path.replaceAll(/:\w+/g, () => [...found].at(-1) ?? "");
		const { status, body } = await first.ask("POST", path, example(operation.input));
		// Made tokens are left alone: whoever ends one ends these tests.
		if (status >= 300 || path.startsWith("/tokens")) continue;
		for (const key of ["id", "name", "commitId", "linkId", "agentId"]) {
			if (typeof body[key] === "string") found.add(body[key]);
		}
	}
	return [...found];
}

/** What answers to a token alone, before any nonsense: each list of each service. */
const lists = await readable();

/** Where there are several fleets, one has to be named. */
function addressOf({ path, input }: AnyOperation, cursor?: string): string {
	const query = new URLSearchParams("fleet" in input.properties ? { fleet: "a-orchestrator" } : {});
	if (cursor !== undefined && "cursor" in input.properties) query.set("cursor", cursor);
	return `${path}?${query}`;
}

async function readable(): Promise<readonly AnyOperation[]> {
	const reads = handlers.filter(({ type, operation }) => type === "read" && !operation.path.includes(":"));
	const answers = await Promise.all(reads.map(({ operation }) => first.ask("GET", addressOf(operation))));
	return reads.map(({ operation }) => operation).filter((_, i) => answers[i]?.status === 200);
}

const minted = async (): Promise<ReadonlyMap<string, string>> => {
	const roles = WHO.filter((who) => who !== "none" && who !== "wrong");
	return new Map(await Promise.all(roles.map(async (role) => [role, await first.mint(role, `a-${role}`)] as const)));
};

const tokenOf = (who: string, tokens: ReadonlyMap<string, string>): string | null =>
	who === "none" ? null : (tokens.get(who) ?? "nobody-has-this-one");

async function send(one: Nonsense, tokens: ReadonlyMap<string, string>): Promise<Reply> {
	sent++;
	const { method, path, who, headers, raw } = one;
	const token = tokenOf(who, tokens);
	return await first.ask(method, path, undefined, { token, headers, ...(raw === undefined ? {} : { raw }) });
}

/** Its form was judged by `ask`. */
function judge({ status, body }: Reply): void {
	if (status >= 500) expect([...ALLOWED_5XX]).toContain(body.code);
}

describe("nonsense", () => {
	test.each(asked.map((operation) => [operation.name, operation] as const))(
		"no input makes %s answer with a fault of the hub",
		async (_name, operation) => {
			const tokens = await minted();
			await fc.assert(
				fc.asyncProperty(
					fc.array(nonsenseFor(operation, ids), { minLength: AT_ONCE, maxLength: AT_ONCE }),
					async (some) => {
						for (const reply of await Promise.all(some.map((one) => send(one, tokens)))) judge(reply);
					},
				),
				{ numRuns: operation.patience === undefined ? RUNS : SLOW_RUNS },
			);
			expect(first.complaints).toEqual([]);
		},
	);

	test.each(["/health", "/openapi.json", ...pages.map(({ path }) => path)])(
		"no address of %s, which needs no token, is answered with a fault of the hub",
		async (pattern) => {
			await fc.assert(
				fc.asyncProperty(pathsOf([pattern], ids), fc.constantFrom("GET", "POST", "DELETE"), async (path, method) => {
					judge(
						await send(
							{ method, path, who: "none", headers: {}, raw: method === "GET" ? undefined : "null" },
							new Map(),
						),
					);
				}),
				{ numRuns: RUNS },
			);
			expect(first.complaints).toEqual([]);
		},
	);
});

/** Every list, to its last page. */
async function everything(ask: typeof first.ask): Promise<Readonly<Record<string, unknown>>> {
	const read = await Promise.all(lists.map(async (one) => [one.name, await pagesOf(ask, one)] as const));
	// When a token was last used is written down once a minute, not at each use.
	return JSON.parse(
		JSON.stringify(Object.fromEntries(read), (key, value) => (key === "lastUsedAt" ? undefined : value)),
	);
}

async function pagesOf(ask: typeof first.ask, operation: AnyOperation): Promise<readonly Body[]> {
	const pages: Body[] = [];
	let cursor: string | undefined;
	do {
		const { status, body } = await ask("GET", addressOf(operation, cursor));
		expect(status, operation.name).toBe(200);
		pages.push(body);
		cursor = body?.next;
	} while (cursor !== undefined);
	return pages;
}

describe("after more than ten thousand such requests", () => {
	test("the hub is as before: every list is read to its end, its file is whole, and a restart changes nothing", async () => {
		expect(sent).toBeGreaterThanOrEqual(REQUESTS);
		const before = await everything(first.ask);
		expect(lists.length).toBeGreaterThan(25);
		await first.hub.close();
		const database = new DatabaseSync(`${first.folder}/hub.db`, { readOnly: true });
		expect(database.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
		expect(database.prepare("pragma foreign_key_check").all()).toEqual([]);
		database.close();
		const second = await testHub({ folder: first.folder });
		expect(await everything(second.ask)).toEqual(before);
		expect(second.complaints).toEqual([]);
	});
});
