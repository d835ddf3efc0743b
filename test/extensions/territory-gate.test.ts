/** Files that another's task owns, through the shipped package in real pi, with a real hub. */
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi, PACKAGE } from "../support/pi.ts";
import { bash, type FleetStage, fleetStage, say, tool } from "./fleet-stage.ts";

await describeEachPi("the territory gate", (pi) => {
	const FLAGSHIP = `node ${PACKAGE}/bin/flagship.mjs`;
	/** Bob holds a task that owns `src/usage`, for as long as the test runs; the person has put it there. */
	const begin = async (gates: Readonly<Record<string, string>>): Promise<FleetStage & { readonly task: string }> => {
		const on = await fleetStage(pi, gates);
		on.write("src/usage/totals.ts", "export const a = 1;\n");
		symlinkSync("src/usage", join(on.home.work, "linked"));
		on.write("tidy.sh", "echo changed > src/usage/totals.ts\n");
		on.git("add", "-A");
		on.git("commit", "-q", "-m", "usage");
		const { id }: { id: string } = JSON.parse(on.flagship("board", "create", "Usage", "--json"));
		on.flagship("board", "terms", id, "--territory", "src/usage/**");
		on.flagship("board", "claim", id, "--agent", "bob", "--ttl", "3600");
		return { ...on, task: id };
	};
	const inWorktree = (on: FleetStage, path: string): string =>
		join(on.home.flagship, "worktrees", worktreeFolder(on), path);
	const worktreeFolder = (on: FleetStage): string =>
		on.git("worktree", "list", "--porcelain").match(/worktrees\/([^/\n]+\/ada)$/m)?.[1] ?? "none";
	const tries = [
		tool("write", { path: "src/usage/totals.ts", content: "mine" }),
		tool("edit", { path: "src/usage/totals.ts", edits: [{ oldText: "1", newText: "2" }] }),
		tool("write", { path: "src/usage/new.ts", content: "mine" }),
		bash("echo mine > src/usage/totals.ts"),
		bash("cd src && sed -i s/1/2/ usage/totals.ts"),
		bash("rm -rf src"),
		bash("echo x > linked/totals.ts"),
	];

	test("off: it is changed, and nothing is said", async () => {
		const on = await begin({ territory: "off" });
		await on.run({ ada: [...tries.slice(0, 1), say("done")] });
		expect(readFileSync(inWorktree(on, "src/usage/totals.ts"), "utf8")).toBe("mine");
		expect(on.events("territory")).toEqual([]);
	});

	test("on: refused with task, owner and what to do; own files and looking are free", async () => {
		const on = await begin({});
		const own = [
			tool("write", { path: "src/own.ts", content: "mine" }),
			bash("cat src/usage/totals.ts > copy.txt && ls"),
		];
		await on.run({ ada: [...tries, ...own, say("done")] });
		expect(readFileSync(inWorktree(on, "src/usage/totals.ts"), "utf8")).toBe("export const a = 1;\n");
		expect(existsSync(inWorktree(on, "src/usage/new.ts"))).toBe(false);
		expect(readFileSync(inWorktree(on, "copy.txt"), "utf8")).toBe("export const a = 1;\n");
		expect(existsSync(inWorktree(on, "src/own.ts"))).toBe(true);
		const refusals = on.answers("ada").filter((text) => text.startsWith("Not changed: "));
		expect(refusals).toHaveLength(tries.length);
		expect(refusals[0]).toContain(`belongs to task ${on.task} (Usage), which bob holds`);
		expect(on.events("territory").map(({ agent, metadata }) => [agent, metadata.verdict, metadata.owner])).toEqual(
			tries.map(() => ["ada", "refused", "bob"]),
		);
	});

	test("what no spelling shows is seen afterwards; a claim of one's own on the same files opens nothing", async () => {
		const on = await begin({ workLog: "warn" });
		const claim = bash(
			`id=$(${FLAGSHIP} board create Mine --json | grep -o '"id": *"[^"]*' | head -1 | grep -o '[^"]*$'); ${FLAGSHIP} board terms $id --territory 'src/**' && ${FLAGSHIP} board claim $id`,
		);
		await on.run({ ada: [claim, ...tries.slice(0, 1), bash("sh tidy.sh"), bash("sh tidy.sh; ls"), say("done")] });
		expect(on.answers("ada")[3]).not.toContain("it was changed here");
		const { notes } = JSON.parse(on.flagship("board", "notes", on.task, "--json"));
		expect(notes).toMatchObject([
			{ author: "ada", content: expect.stringMatching(/^ada changed src\/usage\/totals\.ts, which this task owns/) },
		]);
		expect(on.answers("ada")[0]).toContain(`overlaps with task ${on.task} (Usage) of bob: src/usage/**`);
		expect(on.answers("ada")[1]).toContain("Not changed: ");
		expect(on.answers("ada")[2]).toContain("and it was changed here. Put it back");
		expect(on.events("territory").map((event) => event.metadata.verdict)).toEqual(["refused", "seen"]);
		expect(on.flagship("feed", "list", "--type", "task_territory_overlaps")).toContain("bob (task");
		expect(on.flagship("gates")).toMatch(/territory\s+enforce\s+1 refused, 1 seen/);
	});

	test.each([
		["warn", undefined, "warned"],
		["warn", "enforce", "refused"],
		["enforce", "off", "refused"],
	])("fixed as %s, a project that says %s: %s", async (fixed, wish, verdict) => {
		const on = await begin({ territory: fixed });
		if (wish !== undefined) on.write(".pi/flagship.json", JSON.stringify({ gates: { territory: wish } }));
		await on.run({ ada: [...tries.slice(0, 1), say("done")] });
		const there = readFileSync(inWorktree(on, "src/usage/totals.ts"), "utf8");
		expect(there === "mine").toBe(verdict === "warned");
		expect(on.events("territory").map((event) => event.metadata.verdict)).toEqual([verdict]);
	});
});
