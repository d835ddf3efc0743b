import { describe, expect, test } from "vitest";
import { sourceOf } from "../../scripts/check/source.ts";
import type { Area, Feature, Shown } from "../../scripts/coverage/feature.ts";
import { problemsOf } from "../../scripts/coverage/judge.ts";
import { runsOf } from "../../scripts/coverage/runs.ts";
import { titlesOf } from "../../scripts/coverage/titles.ts";
import { spawn } from "../../src/world/spawn.ts";
import { PACKAGE } from "../support/pi.ts";

const FILE = 'it("does it", () => {}); test.each([\n\t["a (b)", [1]],\n])("does %s", () => {});';
const read = (file: string) => (file === "test/a.test.ts" ? sourceOf(file, FILE) : undefined);
const evidence = { read, runs: new Set(["tour"]) };
const NOTHING = { tools: [], gates: [], skills: [] };

const feature = (what: string, ...shown: Shown[]): Feature => ({ what, shown });
const judged = (name: string, ...features: Feature[]): readonly Area[] => [{ name, features }];

describe("the matrix of features", () => {
	test("names tests that are run, has a row for every tool, gate and skill, and its page is as it would be made", async () => {
		const ran = await spawn.run(process.execPath, ["--no-warnings", "scripts/coverage/main.ts", "--check"], {
			cwd: PACKAGE,
		});
		expect(ran).toMatchObject({ code: 0, stderr: "" });
	});

	test("passes tests that are there, runs of CI, and planned features", () => {
		const shown: readonly Shown[] = [["test/a.test.ts", "does it", "does %s"], ["npm run tour"]];
		const areas = judged("Hub", feature("it", ...shown), feature("more"));
		expect(problemsOf(areas, NOTHING, evidence)).toEqual([]);
	});

	test.each([
		["a file that is not there", feature("it", ["test/b.test.ts", "does it"]), "names test/b.test.ts, which is not"],
		["a run that is none of CI's", feature("it", ["npm run night"]), "names npm run night, which CI does not run"],
		["a title that is not there", feature("it", ["test/a.test.ts", "does"]), 'does not run: "does"'],
	])("refuses %s", (_, one, problem) => {
		const problems = problemsOf(judged("Hub", one), NOTHING, evidence);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toContain(problem);
	});

	test("refuses a tool, gate or skill that no feature names, or only one that is planned or of another area", () => {
		const product = { tools: ["log_append", "log_query"], gates: ["board"], skills: ["log"] };
		const shown: Shown = ["test/a.test.ts", "does it"];
		const areas = judged("Hub", feature("`log_append`, `board`, `log`", shown), feature("`log_query`"));
		expect(problemsOf(areas, product, evidence)).toEqual([
			"no feature that is shipped names the tool `log_query`",
			"no feature that is shipped names the gate `board`",
			"no feature that is shipped names the skill `log`",
		]);
	});

	test("refuses a feature that is there twice", () => {
		expect(problemsOf(judged("Hub", feature("it"), feature("it")), NOTHING, evidence)).toEqual(["'it' is there twice"]);
	});
});

describe("the runs of CI", () => {
	const SCRIPTS = { tour: "node tour.ts", night: "node night.ts", test: "vitest run" };
	const runs = (ci: string): string[] => [...runsOf(ci, SCRIPTS)];

	test("are those whose failure is CI's, with whatever they are given", () => {
		expect(runs("run_script tour || status=1\nrun_script night --seed 7 || status=1\n")).toEqual(["tour", "night"]);
	});

	test.each([
		["is not heeded", "run_script tour\n"],
		["is heeded for nothing", "run_script tour || true\n"],
		["is a comment", "# run_script tour || status=1\n"],
		["depends on something", "if never; then\n\trun_script tour || status=1\nfi\n"],
		["is no script of the package", "run_script gone || status=1\n"],
	])("are none that %s", (_, ci) => {
		expect(runs(ci)).toEqual([]);
	});
});

describe("the titles of a test file", () => {
	const titles = (text: string): string[] => [...titlesOf(sourceOf("test/a.test.ts", text))];

	test("are those of its tests, however they are called", () => {
		expect(titles(FILE)).toEqual(["does it", "does %s"]);
		expect(titles("it.runIf(onLinux)(\n\t'is \\'so\\'', { timeout: 1 }, run)")).toEqual(["is 'so'"]);
		expect(titles("test.skipIf(gone !== undefined)(`is`, run)")).toEqual(["is"]);
	});

	test("are none of a comment, a string, a suite, a test that is left out, or a suite that is", () => {
		expect(titles('// test("a", run)\nconst text = \'test("b", run)\'; describe("c", run); suite.it("d");')).toEqual(
			[],
		);
		expect(titles('test.skip("a", run); it.todo("b"); it.skip.each([1])("c", run);')).toEqual([]);
		expect(titles('describe.skip("a", () => { test("b", run); });')).toEqual([]);
	});
});
