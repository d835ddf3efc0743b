import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE } from "../support/pi.ts";
import { missingTmux, Terminal } from "../support/terminal.ts";

const GIVE = {
	name: "vers_lt_create",
	arguments: { name: "ada", role: "[[agent:ada]] a tester", task: "Find the answer" },
};
const SLEEP = { toolCalls: [{ name: "bash", arguments: { command: "sleep 60" } }] };
const missing = missingTmux();

await describeEachPi("in the terminal", (pi) => {
	test.skipIf(missing !== undefined)(
		"the widget shows the fleet; one is watched, typed to and left",
		{ timeout: 150_000 },
		async () => {
			const model = await makeModel({
				script: {
					agents: {
						orc: [{ toolCalls: [GIVE] }, { text: "I wait." }],
						ada: {
							steps: [{ text: "looking around", ...SLEEP }, { text: "turned to the words I was given" }],
							after: { text: "fine" },
						},
					},
					default: { text: "noted" },
				},
			});
			const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
			execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
			execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
			const terminal = new Terminal(pi, home);
			await terminal.shows("fleet: no lieutenants");
			terminal.type("[[agent:orc]] go");
			const screen = await terminal.shows(/⟳ ada .*local .*bash sleep 60 0:\d\d/);
			expect(screen).toContain("fleet  1 working");
			expect(screen).toMatch(/fleet: 1 working/);
			terminal.type("/fleet ada");
			await terminal.shows("looking around");
			terminal.type("please hear me");
			await terminal.shows(/steer (queued|accepted)/);
			terminal.press("Escape");
			await terminal.shows("enter: watch and type to it");
			terminal.press("Escape");
			await terminal.shows(/⟳ ada .*1 pending/);
		},
	);

	test.skipIf(missing !== undefined)(
		"a backup that failed is said, and stays in sight under the fleet",
		{ timeout: 90_000 },
		async () => {
			const home = makeHome({ model: await makeModel({ script: { default: { text: "noted" } } }) });
			mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
			const settings = { backups: { folder: "/dev/null/backups" } };
			writeFileSync(join(home.flagship, "settings.json"), JSON.stringify(settings), { mode: 0o600 });
			const flagship = (...args: readonly string[]) =>
				spawnSync(process.execPath, [join(PACKAGE, "bin/flagship.mjs"), ...args], {
					...{ env: home.env, cwd: home.work, encoding: "utf8" },
				});
			expect(flagship("log", "append", "there is something to lose").status).toBe(0);
			expect(flagship("backups", "make").stderr).toContain("backup");
			const terminal = new Terminal(pi, home);
			const screen = await terminal.shows(/! backup failed 0:\d\d ago: /);
			expect(screen).toContain("flagship backups make");
			await terminal.shows("Flagship: the hub's backup failed");
		},
	);
});
