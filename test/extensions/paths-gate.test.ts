/** What agents may not change, through the shipped package in real pi. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi } from "../support/pi.ts";
import { bash, fleetStage, say, tool } from "./fleet-stage.ts";

const GATES = JSON.stringify({ idleMinutes: 30 });

await describeEachPi("protected paths", (pi) => {
	const begin = async (gates: Readonly<Record<string, string>>) => {
		const on = await fleetStage(pi, gates);
		mkdirSync(on.home.flagship, { recursive: true, mode: 0o700 });
		const settings = join(on.home.flagship, "settings.json");
		writeFileSync(settings, GATES);
		return { on, settings, piSettings: join(on.home.agent, "settings.json") };
	};

	test("neither orchestrator nor lieutenant changes Flagship's home, pi's settings or another's worktree", async () => {
		const { on, settings, piSettings } = await begin({});
		const before = readFileSync(piSettings, "utf8");
		await on.run(
			{
				bob: [bash("echo bob > b.txt && git add -A && git commit -q -m bob"), say("done")],
				ada: [
					tool("write", { path: settings, content: "{}" }),
					bash('echo {} > "$FLAGSHIP_HOME/settings.json"'),
					tool("edit", { path: piSettings, edits: [{ oldText: "fake", newText: "other" }] }),
					tool("write", { path: "../bob/stolen.txt", content: "x" }),
					bash("cd ../bob && rm -f a.txt"),
					bash('echo "exit 0" > $TMPDIR/../hooks/pre-push'),
					tool("write", { path: "own.txt", content: "mine" }),
					bash("cat $FLAGSHIP_HOME/settings.json; echo x > $TMPDIR/x && cp $TMPDIR/x own2.txt"),
					bash("git add -A && git commit -q -m own"),
					say("done"),
				],
			},
			{ first: [tool("write", { path: settings, content: "{}" }), bash(`rm -f ${piSettings}`)] },
		);
		expect(readFileSync(settings, "utf8")).toBe(GATES);
		expect(readFileSync(piSettings, "utf8")).toBe(before);
		expect(on.git("ls-tree", "--name-only", "lt/ada")).toBe("a.txt\nown.txt\nown2.txt");
		expect(on.answers("ada").filter((text) => text.startsWith("Not changed: "))).toHaveLength(6);
		expect(on.answers("orc").filter((text) => text.startsWith("Not changed: "))).toHaveLength(2);
		const events = on.events("protectedPaths");
		expect(events.filter((event) => event.agent === "ada")).toHaveLength(6);
		expect(events).toHaveLength(8);
		expect(events.every((event) => event.metadata.verdict === "refused")).toBe(true);
	});

	test("warned: it is done and told; a change that no spelling showed is told, too", async () => {
		const { on, settings } = await begin({ protectedPaths: "warn" });
		on.write("hidden.sh", 'echo "{ }" > "$FLAGSHIP_HOME/settings.json"\n');
		on.git("add", "-A");
		on.git("commit", "-q", "-m", "a script");
		await on.run({ ada: [tool("write", { path: settings, content: "{}" }), bash("sh hidden.sh"), say("done")] });
		expect(readFileSync(settings, "utf8")).toBe("{ }\n");
		expect(on.events("protectedPaths").map((event) => event.metadata.verdict)).toEqual(["warned", "seen"]);
	});

	test("off: nothing is said", async () => {
		const { on, settings } = await begin({ protectedPaths: "off" });
		await on.run({ ada: [tool("write", { path: settings, content: "{}" }), say("done")] });
		expect(existsSync(settings) && readFileSync(settings, "utf8")).toBe("{}");
		expect(on.events("protectedPaths")).toEqual([]);
	});
});
