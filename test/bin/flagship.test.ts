import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { spawn } from "../../src/world/spawn.ts";
import type { Ran } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";

const bin = fileURLToPath(new URL("../../bin", import.meta.url));
const folder = makeFolder();
/** As npm lays it out: under `node_modules`, where Node itself refuses to run TypeScript. */
const installed = join(folder, "node_modules", "pi-flagship");
const entry = join(installed, "bin", "flagship.mjs");

const main = `import { greet, type Greeting } from "./greet.ts";
import { DatabaseSync } from "node:sqlite";

interface Unused { readonly a: string }

export async function main(argv: readonly string[]): Promise<number> {
	const greeting: Greeting = greet(argv as string[]);
	new DatabaseSync(":memory:").close();
	console.log(JSON.stringify({ greeting, node: process.versions.node }));
	if (argv.includes("fail")) throw new Error("on line ten");
	return 7;
}
`;
const greet = `export type Greeting = { readonly words: readonly string[] };
export const greet = (words: readonly string[]): Greeting => ({ words });
`;

beforeAll(() => {
	cpSync(bin, join(installed, "bin"), { recursive: true });
	mkdirSync(join(installed, "src", "cli"), { recursive: true });
	writeFileSync(join(installed, "package.json"), JSON.stringify({ name: "pi-flagship", type: "module" }));
	writeFileSync(join(installed, "src", "cli", "main.ts"), main);
	writeFileSync(join(installed, "src", "cli", "greet.ts"), greet);
});

const PATH = process.env.PATH ?? "";
const start = (before: readonly string[], args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
	spawn.run(process.execPath, [...before, entry, ...args], { env: { PATH, ...env } });

/** A Node that says it is another version. */
const pretending = (version: string): string[] => [
	"--import",
	`data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`,
];

describe("the entry", () => {
	test("runs the package's TypeScript from node_modules, passes arguments and exit code on, and warns of nothing", async () => {
		const ran = await start([], ["a", "b c"]);
		expect(ran).toMatchObject({ code: 7, stderr: "" });
		expect(JSON.parse(ran.stdout)).toEqual({ greeting: { words: ["a", "b c"] }, node: process.versions.node });
	});

	test("an error names the line of the source", async () => {
		const ran = await start([], ["fail"]);
		expect(ran.code).toBe(1);
		expect(ran.stderr).toContain(join("src", "cli", "main.ts:10"));
	});

	test("other warnings are still shown", async () => {
		const warn = ["--import", 'data:text/javascript,setTimeout(() => process.emitWarning("look here"), 0)'];
		expect((await start(warn, [])).stderr).toContain("look here");
	});

	test.each(["18.20.0", "20.19.4", "22.18.0"])("Node %s is told in words what is needed", async (version) => {
		const ran = await start(pretending(version), []);
		expect(ran.code).toBe(1);
		expect(ran.stdout).toBe("");
		expect(ran.stderr).toContain(`needs Node 22.19 or newer; this is ${version}`);
		expect(ran.stderr).toContain("FLAGSHIP_NODE");
		expect(ran.stderr).not.toContain("    at ");
	});

	test.each(["22.19.0", "23.0.0", "24.1.0"])("Node %s is enough", async (version) => {
		expect((await start(pretending(version), [])).code).toBe(7);
	});

	test("an old Node goes on with the one that FLAGSHIP_NODE names, with its exit code", async () => {
		const ran = await start(pretending("20.0.0"), ["x"], { FLAGSHIP_NODE: process.execPath });
		expect(ran.code).toBe(7);
		expect(JSON.parse(ran.stdout)).toMatchObject({ greeting: { words: ["x"] }, node: process.versions.node });
	});

	test("an unusable FLAGSHIP_NODE is passed over", async () => {
		expect((await start(pretending("20.0.0"), [], { FLAGSHIP_NODE: "/no/such/node" })).code).toBe(1);
	});
});
