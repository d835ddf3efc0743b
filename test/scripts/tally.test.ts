import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { spawn } from "../../src/world/spawn.ts";
import type { Ran } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a real vitest on these test files with our reporter; the last line of its output, and its code. */
async function runTests(files: Readonly<Record<string, string>>, all: boolean): Promise<{ ran: Ran; last: string }> {
	const folder = makeFolder();
	mkdirSync(join(folder, "test"));
	symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
	const reporter = JSON.stringify(join(root, "scripts", "tally.ts"));
	const config = `export default { test: { include: ["test/*.test.ts"], reporters: ["default", ${reporter}] } };`;
	writeFileSync(join(folder, "vitest.config.mjs"), config);
	for (const [name, text] of Object.entries(files))
		writeFileSync(join(folder, "test", name), `import { beforeAll, describe, expect, test } from "vitest";\n${text}`);
	const env = { PATH: process.env.PATH ?? "", FLAGSHIP_REQUIRE_ALL: all ? "1" : "" };
	const program = join(root, "node_modules", "vitest", "vitest.mjs");
	const ran = await spawn.run(process.execPath, [program, "run"], { cwd: folder, env, timeout: 60_000 });
	return { ran, last: ran.stdout.trimEnd().split("\n").at(-1) ?? "" };
}

const good = 'test("good", () => expect(1).toBe(1));';
const skipped = 'describe.skip("left out", () => { test("a", () => {}); test("b", () => {}); });';

describe("the tally", () => {
	test("counts what passed and what was left out, on the last line", async () => {
		const { ran, last } = await runTests({ "a.test.ts": good, "b.test.ts": good + skipped }, false);
		expect(last).toBe("2 passed, 0 failed, 2 skipped");
		expect(ran.code).toBe(0);
	});

	test("a test that was left out fails a run that requires all", async () => {
		const { ran, last } = await runTests({ "a.test.ts": good + skipped }, true);
		expect(last).toBe("1 passed, 0 failed, 2 skipped");
		expect(ran.code).toBe(1);
		expect(ran.stderr).toContain("a skipped test fails the run");
	});

	test("failures count: of a test, of a hook, of a file that cannot be loaded, of a promise that nobody awaits", async () => {
		const files = {
			"bad.test.ts": 'test("bad", () => expect(1).toBe(2));',
			"broken.test.ts": 'throw new Error("broken");',
			"hook.test.ts": `describe("h", () => { beforeAll(() => { throw new Error("hook"); }); ${good} });`,
			"loose.test.ts":
				'test("loose", async () => { void Promise.reject(new Error("loose")); await new Promise((r) => setTimeout(r, 50)); });',
		};
		const { ran, last } = await runTests(files, false);
		expect(ran.code).toBe(1);
		const [, failed] = /, (\d+) failed, /.exec(last) ?? [];
		expect(Number(failed)).toBeGreaterThanOrEqual(4);
		expect(last).toMatch(/^1 passed, /);
	});
});
