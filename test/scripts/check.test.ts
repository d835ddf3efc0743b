import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { lengthRule } from "../../scripts/check/length.ts";
import { lightExtensions, lightHttp } from "../../scripts/check/light.ts";
import { declaredPackages } from "../../scripts/check/packages.ts";
import { importDirections, readRooms } from "../../scripts/check/rooms.ts";
import { type Rule, sourceOf } from "../../scripts/check/source.ts";
import { wordRule } from "../../scripts/check/words.ts";
import { worldRule } from "../../scripts/check/world.ts";
import { spawn } from "../../src/world/spawn.ts";
import { makeFolder } from "../support/folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rooms = readRooms(readFileSync(join(root, "docs", "architecture.md"), "utf8"));

/** What a rule says about files given as path → text, as `path:line`. */
const offences = (rule: Rule, files: Readonly<Record<string, string>>): string[] =>
	rule(Object.entries(files).map(([path, text]) => sourceOf(path, text))).map(({ path, line }) => `${path}:${line}`);

const one = (rule: Rule, path: string, text: string): number => offences(rule, { [path]: text }).length;

describe("import directions", () => {
	const rule = importDirections(rooms);

	test("the table in the documentation is read whole", () => {
		const names = rooms.map((room) => room.name);
		expect(names).toEqual(expect.arrayContaining(["contract", "world", "errors", "daemon", "hub", "client", "host"]));
		expect(rooms.find((room) => room.name === "world")?.paths).toEqual(["src/world.ts", "src/world/"]);
		expect(rooms.find((room) => room.name === "cli")?.imports).toBe("all");
		expect(() => readRooms("# No table")).toThrow("no table");
	});

	test.each([
		["hub from host", "src/hub/a.ts", 'import { b } from "../host/b.ts";'],
		["host from hub, only a type", "src/host/a.ts", 'import type { B } from "../hub/b.ts";'],
		["host from hub, at run time", "src/host/a.ts", 'const b = await import("../hub/b.ts");'],
		["host from hub, in a type", "src/host/a.ts", 'type B = import("../hub/b.ts").B;'],
		["host from hub, exported on", "src/host/a.ts", 'export * from "../hub/b.ts";'],
		["over several lines", "src/host/a.ts", 'import {\n\ta,\n\tb,\n} from "../hub/b.ts";'],
		["without names", "src/host/a.ts", 'import "../hub/b.ts";'],
		["contract from errors", "src/contract/a.ts", 'import { fault } from "../errors.ts";'],
		["contract from a package", "src/contract/a.ts", 'import { ulid } from "ulid";'],
		["TypeBox's compiler", "src/contract/a.ts", 'import { TypeCompiler } from "@sinclair/typebox/compiler";'],
		["the demo from an extension", "src/demo/a.ts", 'import hub from "../../extensions/hub.ts";'],
		["test support from the product", "src/demo/a.ts", 'import { until } from "../../test/support/until.ts";'],
		["errors from world", "src/errors.ts", 'import { realWorld } from "./world/real.ts";'],
		["a room that is not in the table", "src/attic/a.ts", "export const a = 1;"],
		["from a room that is not in the table", "src/cli/a.ts", 'import { a } from "../attic/a.ts";'],
	])("refuses %s", (_, path, text) => {
		expect(one(rule, path, text)).toBe(1);
	});

	test.each([
		["contract from TypeBox", "src/contract/a.ts", 'import { Type } from "@sinclair/typebox";'],
		[
			"hub from contract, daemon, world, errors",
			"src/hub/x/a.ts",
			'import { a } from "../../contract/a.ts";\nimport { b } from "../../daemon/b.ts";\nimport type { World } from "../../world.ts";\nimport { fault } from "../../errors.ts";',
		],
		[
			"the command line from everything",
			"src/cli/a.ts",
			'import { a } from "../hub/a.ts";\nimport { b } from "../host/b.ts";',
		],
		["tests from everything", "test/a.ts", 'import hub from "../extensions/hub.ts";'],
		[
			"prose that speaks of imports",
			"src/hub/a.ts",
			'/** import { b } from "../host/b.ts"; */\nconst a = \'import "../host/b.ts"\';',
		],
		["its own manifest", "src/daemon/a.ts", 'import data from "../../package.json" with { type: "json" };'],
	])("allows %s", (_, path, text) => {
		expect(one(rule, path, text)).toBe(0);
	});

	test("names the line of the import", () => {
		expect(offences(rule, { "src/hub/a.ts": '// one\n\nimport { b } from "../host/b.ts";' })).toEqual([
			"src/hub/a.ts:3",
		]);
	});
});

describe("the seam to the machine", () => {
	test.each([
		"Date.now()",
		"new Date()",
		"new Date",
		"performance.now()",
		"setTimeout(run, 5)",
		"globalThis.setInterval(run, 5)",
		"setImmediate(run)",
		"AbortSignal.timeout(5)",
		"Math.random()",
		"process.getBuiltinModule(name)",
		'import { readFileSync } from "node:fs"',
		'import { readFile } from "node:fs/promises"',
		'import { connect } from "node:net"',
		'import { spawn } from "node:child_process"',
		'import * as timers from "node:timers/promises"',
		'await import("node:fs")',
	])("refuses %s in a sealed room", (code) => {
		for (const room of ["hub", "host", "client", "fleet", "gates"])
			expect(one(worldRule, `src/${room}/a.ts`, `const x = 1;\n${code};`)).toBe(1);
	});

	test.each([
		"new Date(clock.now())",
		"clock.after(5, run)",
		'const text = "Date.now()"; // setTimeout',
		'import type { Stats } from "node:fs"',
		'import { join } from "node:path"',
	])("allows %s there", (code) => {
		expect(one(worldRule, "src/hub/a.ts", code)).toBe(0);
	});

	test("leaves the other rooms alone", () => {
		expect(one(worldRule, "src/world/clock.ts", "Date.now()")).toBe(0);
	});
});

describe("light extensions", () => {
	const chain = (link: string): Record<string, string> => ({
		"extensions/hub.ts": 'import { a } from "../src/fleet/a.ts";',
		"extensions/usage.ts": 'import { a } from "../src/fleet/a.ts";',
		"src/fleet/a.ts": link,
		"src/fleet/b.ts": 'import { a } from "./a.ts";\nimport { execa } from "execa";',
	});

	test("a heavy package behind two static imports is found once, with its way", () => {
		const sources = Object.entries(chain('export * from "./b.ts";')).map(([path, text]) => sourceOf(path, text));
		const problems = lightExtensions(sources);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toMatchObject({ path: "src/fleet/b.ts", line: 2 });
		expect(problems[0]?.message).toContain("extensions/hub.ts → src/fleet/a.ts → src/fleet/b.ts");
	});

	test("an import that names only types inside its braces still loads its module", () => {
		expect(offences(lightExtensions, chain('import { type B } from "./b.ts";'))).toEqual(["src/fleet/b.ts:2"]);
	});

	test("behind await import(), and behind a type, nothing is loaded", () => {
		expect(offences(lightExtensions, chain('const b = await import("./b.ts");'))).toEqual([]);
		expect(offences(lightExtensions, chain('import type { B } from "./b.ts";'))).toEqual([]);
	});

	test("node:http is imported by nobody, at once or later, and what loads it is itself heavy", () => {
		const files = {
			"src/client/a.ts": 'import { request } from "node:http";',
			"src/host/b.ts": 'const http = await import("http");',
			"src/hub/c.ts": 'import type { Server } from "node:http";\nimport { request } from "../world/http.ts";',
			"test/d.ts": 'import { createServer } from "node:http";',
		};
		expect(offences(lightHttp, files)).toEqual(["src/client/a.ts:1", "src/host/b.ts:1"]);
		expect(offences(lightExtensions, chain('import { request } from "../world/http.ts";'))).toEqual([
			"src/fleet/a.ts:1",
		]);
	});
});

describe("declared packages", () => {
	const pi = "@earendil-works/pi-coding-agent";
	const rule = declaredPackages({
		dependencies: { ws: "8", "@sinclair/typebox": "0" },
		peerDependencies: { [pi]: "*" },
	});

	test.each([
		["a package that is not declared", "src/hub/a.ts", 'import a from "left-pad";'],
		["a scoped one", "src/hub/a.ts", 'import a from "@fastify/static";'],
		["a value of pi outside pi", "src/host/a.ts", `import { VERSION } from "${pi}";`],
	])("refuses %s", (_, path, text) => {
		expect(one(rule, path, text)).toBe(1);
	});

	test.each([
		["a declared one", "src/hub/a.ts", 'import ws from "ws";\nimport { Value } from "@sinclair/typebox/value";'],
		["a type of pi", "src/host/a.ts", `import type { ExtensionAPI } from "${pi}";`],
		["a value of pi in an extension", "extensions/a.ts", `import { VERSION } from "${pi}";`],
		["a tool of the tests", "test/a.ts", 'import fc from "fast-check";'],
	])("allows %s", (_, path, text) => {
		expect(one(rule, path, text)).toBe(0);
	});
});

describe("words and length", () => {
	// Put together here, so that this file passes the check that it tests.
	test.each([
		`// ${"TO"}DO later`,
		`/* ${"FIX"}ME */`,
		`// @ts-${"ignore"}`,
		`// @ts-${"expect-error"} because`,
		`// biome-${"ignore"} lint/suspicious/noExplicitAny: x`,
		["const a = b as", "any;"].join(" "),
		["function f(a:", "any) {}"].join(" "),
		["let a: Map<string,", "any>;"].join(" "),
		["let a:", "any[];"].join(" "),
		"enum Colour { Red }",
		"namespace Colours { }",
	])("refuses %s", (text) => {
		expect(one(wordRule, "src/a.ts", text)).toBe(1);
	});

	test.each(["const a = Type.Any(); // if any", "const many = { any: 1 };", 'const t = "as any";', "Promise.any(x)"])(
		"allows %s",
		(text) => {
			expect(one(wordRule, "src/a.ts", text)).toBe(0);
		},
	);

	test("600 lines are allowed, 601 are not", () => {
		expect(one(lengthRule, "src/a.ts", "x\n".repeat(600))).toBe(0);
		expect(one(lengthRule, "src/a.ts", "x\n".repeat(601))).toBe(1);
	});
});

describe("the check command", () => {
	const folder = makeFolder();
	const put = (path: string, text: string): void => {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	};
	const check = () => spawn.run(process.execPath, [join(root, "scripts", "check", "main.ts"), folder]);

	test("passes a clean tree, and fails one with an offence in words with file and line", async () => {
		cpSync(join(root, "docs", "architecture.md"), join(folder, "docs", "architecture.md"));
		cpSync(join(root, "package.json"), join(folder, "package.json"));
		put("src/hub/clean.ts", "export const a = 1;\n");
		expect(await check()).toMatchObject({ code: 0, stderr: "" });
		put("src/hub/node_modules/x/a.ts", "setTimeout(1)");
		expect(await check()).toMatchObject({ code: 0, stderr: "" });
		put("src/hub/deep/er/bad.ts", 'import "../../../host/a.ts";\nexport const at = Date.now();\n');
		const ran = await check();
		expect(ran.code).toBe(1);
		expect(ran.stderr).toContain("src/hub/deep/er/bad.ts:2  'Date.now' reaches past World; use clock.now()");
		expect(ran.stdout).toContain("2 problems");
	});
});
