import { homedir } from "node:os";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { loadModules } from "../../../src/hub/modules.ts";
import { example } from "../../../src/hub/openapi/example.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, type Body, testHub } from "../support.ts";

const { ask, folder, hub, mint } = await testHub();
const { operations, handlers, pages } = await loadModules(realWorld());
const { body: document, headers, status } = await ask("GET", "/openapi.json", undefined, { token: null });

/** `GET /board/tasks/{id}`: all that the document has. */
const described: readonly string[] = Object.entries<Body>(document.paths).flatMap(([path, methods]) =>
	Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);
const written = (path: string): string => path.replaceAll(/:(\w+)/g, "{$1}");
const answered = new Set(handlers.map(({ operation }) => operation.name));
const served = operations.filter(({ name, path }) => answered.has(name) || path.startsWith("/lieutenants"));

describe("the OpenAPI document", () => {
	test("is given to everyone, as JSON, and is valid by the schema of OpenAPI 3.1", async () => {
		expect([status, headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
		const validator = new Validator();
		expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
		expect(validator.version).toBe("3.1");
		expect(document.servers).toEqual([{ url: hub.address }]);
	});

	test("has every operation that is served, by each of its paths, every page, and nothing else", () => {
		const declared = served.flatMap(({ method, path, aliases = [] }) =>
			[path, ...aliases].map((one) => `${method} ${written(one)}`),
		);
		const others = [
			...pages.map(({ path, method = "GET" }) => `${method} ${written(path)}`),
			"GET /health",
			"GET /openapi.json",
		];
		expect([...described].sort()).toEqual([...declared, ...others, "GET /hosts/link"].sort());
		expect(declared.length).toBeGreaterThan(100);
	});

	test("describes only what is there: no address in it is unknown to the hub", async () => {
		const viewer = await mint("viewer", "someone");
		for (const one of described.filter((line) => line !== "GET /hosts/link")) {
			const [method = "", path = ""] = one.split(" ");
			if (method === "GET" && path.endsWith("/stream")) continue;
			const { status, body } = await ask(method, path.replaceAll(/[{}]/g, ""), undefined, { token: viewer });
			expect(status === 405 || body.error === `${path.replaceAll(/[{}]/g, "")} not found`, one).toBe(false);
		}
	});

	test("names each operation once, and refers to nothing that is not there", () => {
		const ids = Object.values<Body>(document.paths).flatMap((methods) =>
			Object.values<Body>(methods).map(({ operationId }) => operationId),
		);
		expect(new Set(ids).size).toBe(ids.length);
		const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path);
		expect(references.length).toBeGreaterThan(100);
		for (const path of new Set(references)) {
			const found = path.split("/").reduce((value: Body, key) => value?.[key], document);
			expect(found, path).toBeTypeOf("object");
		}
		expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(["Task", "FeedEvent", "Error"]));
	});

	test("says that streams are server-sent events or WebSocket, and what each event is", () => {
		for (const { path } of served.filter(({ answers }) => answers === "stream")) {
			const { responses, parameters } = document.paths[path].get;
			expect(responses[200].content["text/event-stream"]["x-flagship-event"]).toBeTypeOf("object");
			expect(responses).toHaveProperty("101");
			expect(parameters).toContainEqual({ $ref: "#/components/parameters/LastEventId" });
		}
		expect(document.paths["/hosts/link"].get.responses).toHaveProperty("101");
	});

	test("asks for a token wherever the hub does, and nowhere else", async () => {
		for (const one of described.filter((line) => line !== "GET /hosts/link")) {
			const [method = "", path = ""] = one.split(" ");
			const { status } = await ask(method, path.replaceAll(/[{}]/g, ""), undefined, { token: null });
			const { security } = document.paths[path][method.toLowerCase()];
			expect(status === 401, one).toBe(security === undefined);
		}
	});

	test("holds nothing of this hub but its address", () => {
		const text = JSON.stringify(document);
		for (const own of [ADMIN, folder, homedir()]) expect(text).not.toContain(own);
	});
});

describe("an example of the document", () => {
	const ajv = new Ajv({ strict: false });

	test.each(operations.map((operation) => [operation.name, operation] as const))("is input of %s", (_name, one) => {
		const input = example(one.input);
		const validate = ajv.compile(one.input);
		expect(validate(input), JSON.stringify([input, validate.errors])).toBe(true);
	});
});
