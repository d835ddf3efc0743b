/** The rights table of the docs, cell by cell, over HTTP against a running hub. */
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { isServed } from "../../../scripts/rights-doc.ts";
import type { AnyOperation, Role } from "../../../src/contract/operation.ts";
import { ROLES } from "../../../src/contract/tokens.ts";
import { example } from "../../../src/hub/openapi/example.ts";
import { everyOperation } from "../../fleet/catalog.ts";
import { ADMIN, type Body, testHub } from "../support.ts";

const { hub, folder, mint, done } = await testHub();
const operations = (await everyOperation()).filter(isServed);
const page = readFileSync(new URL("../../../docs/rights.md", import.meta.url), "utf8");

/** What the page says of an operation: for each role, in its order. */
const cells = new Map(
	page.split("\n").flatMap((line) => {
		const [, name = "", , ...said] = line.split("|").map((cell) => cell.trim());
		return /^\w+\.\w+$/.test(name) ? [[name, said.slice(0, ROLES.length)] as const] : [];
	}),
);
const says = ({ name }: AnyOperation, role: Role): boolean => cells.get(name)?.[ROLES.indexOf(role)] === "yes";

const tokens = new Map<Role, string>([["admin", ADMIN]]);
for (const role of ROLES) if (role !== "admin") tokens.set(role, await mint(role, `the-${role}`));
await done("POST", "/board/tasks", { title: "there is something to lose", createdBy: "the-lieutenant" });

interface Outcome {
	readonly status: number;
	readonly body: Body;
}

/** With input that the operation takes. A stream that is allowed never ends by itself: its head is enough. */
async function ask(operation: AnyOperation, token: string | undefined): Promise<Outcome> {
	const input = example(operation.input) as Record<string, unknown>;
	const path = operation.path.replaceAll(/:(\w+)/g, (_all, name: string) =>
		encodeURIComponent(String(input[name] ?? "x")),
	);
	const stop = new AbortController();
	const hasBody = operation.method === "POST" || operation.method === "PATCH";
	const asText = Object.fromEntries(Object.entries(input).map(([key, value]) => [key, String(value)]));
	const query = hasBody ? "" : `?${new URLSearchParams(asText)}`;
	const response = await fetch(`${hub.address}${path}${query}`, {
		method: operation.method,
		signal: stop.signal,
		headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
		...(hasBody ? { body: JSON.stringify(input) } : {}),
	});
	const endless = response.headers.get("content-type") === "text/event-stream";
	const text = endless ? "" : await response.text();
	stop.abort();
	const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
	return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

/** What the hub writes by itself, whatever was asked: the minute of a token's last use, and what its indexes have still to read. */
const OWN = new Set(["token_uses", "task_words_due", "log_indexed"]);

/** All that the hub keeps. */
function kept(): string {
	const database = new DatabaseSync(`${folder}/hub.db`, { readOnly: true });
	const tables = database.prepare("select name from sqlite_schema where type = 'table' and sql like '% strict%'").all();
	const names = tables.map(({ name }) => String(name)).filter((name) => !OWN.has(name));
	const rows = names.map((name) => [name, database.prepare(`select * from "${name}"`).all()]);
	database.close();
	return JSON.stringify(rows);
}

/** The sentence for a role that may not ask at all; what a handler refuses to a caller who may is another. */
const refused = ({ status, body }: Outcome, operation: AnyOperation, role: Role): boolean =>
	status === 403 && body.code === "forbidden" && body.error === `A ${role} may not use ${operation.name}.`;

describe("the rights table", () => {
	test("has every operation that the hub answers, and nothing else", () => {
		expect([...cells.keys()].sort()).toEqual(operations.map(({ name }) => name).sort());
		expect(operations.length).toBeGreaterThan(100);
	});

	test.each(ROLES.map((role) => [role]))(
		"for %s: each cell without a right is 403, and all of them change nothing",
		async (role) => {
			const before = kept();
			expect(before).toContain("there is something to lose");
			for (const operation of operations.filter((one) => !says(one, role))) {
				const outcome = await ask(operation, tokens.get(role));
				expect(refused(outcome, operation, role), `${operation.name}: ${JSON.stringify(outcome)}`).toBe(true);
			}
			expect(kept()).toBe(before);
		},
	);

	test("for no token: each operation is 401, and all of them change nothing", async () => {
		const before = kept();
		for (const operation of operations) {
			const { status, body } = await ask(operation, undefined);
			expect([status, body.code], operation.name).toEqual([401, "unauthorized"]);
		}
		expect(kept()).toBe(before);
	});

	// Some of them start a process: a query, a backup.
	test.each(ROLES.map((role) => [role]))(
		"for %s: each cell with a right is let in",
		{ timeout: 90_000 },
		async (role) => {
			for (const operation of operations.filter((one) => says(one, role))) {
				const outcome = await ask(operation, tokens.get(role));
				const shut = outcome.status === 401 || refused(outcome, operation, role);
				expect(shut, `${operation.name}: ${JSON.stringify(outcome)}`).toBe(false);
			}
		},
	);
});
