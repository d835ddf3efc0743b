/** A Ralph loop as a person has it: the installed package, an orchestrator's tools, hub and host as they start by themselves. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, runPi, type Step } from "../support/pi.ts";

const tool = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});
const round = (file: string): readonly Step[] => [
	tool("bash", { command: `echo ${file} > ${file}; git add -A; git commit -q -m ${file}` }),
	{ text: `Made ${file}.` },
];

await describeEachPi("a Ralph loop of an installed Flagship", (pi) => {
	test("is found, runs three rounds until its command passes, and the printed run hears of it", {
		timeout: 150_000,
	}, async () => {
		const model = await makeModel({
			script: {
				agents: {
					orc: [
						// Deferred: a finder puts it in the model's hands.
						tool(pi.version.startsWith("0.") ? "fleet_tools" : "tool_search", { query: "ralph_start loop" }),
						tool("ralph_start", {
							prompt: "[[agent:worker]] Make the next file.",
							until: { command: "test -f c.txt" },
							max: 5,
							name: "fix",
						}),
						{ text: "I wait." },
						{ text: "heard: ${last}" },
					],
					worker: [...round("a.txt"), ...round("b.txt"), ...round("c.txt")],
				},
			},
		});
		const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		const git = (...args: string[]) => execFileSync("git", args, { cwd: home.work, env: home.env, encoding: "utf8" });
		git("init", "-q");
		writeFileSync(join(home.work, "README.md"), "x");
		git("add", "-A");
		git("commit", "-q", "-m", "begin");
		const flagship = (...args: string[]): string =>
			execFileSync(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), ...args], {
				...{ cwd: home.work, env: home.env, encoding: "utf8" },
			});
		const installed = await runPi(pi, home, ["install", PACKAGE]);
		expect(installed.code, installed.stderr).toBe(0);

		const ran = await runPi(pi, home, ["-p", "[[agent:orc]] go"]);
		expect(ran.stdout, ran.stderr).toContain("heard: Ralph loop fix passed: `test -f c.txt` passes after round 3.");

		expect(git("log", "--format=%s", "lt/fix").trim().split("\n")).toEqual(["c.txt", "b.txt", "a.txt", "begin"]);
		expect(flagship("ralph", "status", "--name", "fix")).toMatch(/^fix {2}passed: .* round 3\/5 /);
		const events = JSON.parse(flagship("feed", "list", "--agent", "fix", "--limit", "500", "--json"));
		const types: readonly string[] = events.map((event: { type: string }) => event.type);
		expect(types.filter((type) => ["task_started", "custom", "task_completed"].includes(type))).toEqual([
			...["task_started", "custom", "custom", "custom", "task_completed"],
		]);
		const { sessions } = JSON.parse(flagship("usage", "sessions", "--agent", "fix", "--json"));
		expect(sessions).toHaveLength(3);
		const { tasks } = JSON.parse(flagship("board", "list", "--json"));
		expect(tasks.map(({ status }: { status: string }) => status)).toEqual(["in_review"]);
		// Nothing is put away while it is nowhere else; merged, it is.
		expect(flagship("ralph", "stop", "fix")).toContain("not in any other branch or remote");
		git("merge", "-q", "lt/fix");
		expect(flagship("ralph", "stop", "fix")).not.toContain("Kept");
		expect(git("branch", "--list", "lt/fix")).toBe("");
		flagship("stop");
	});
});
