import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi, RpcPi, until } from "../support/pi.ts";
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
			await terminal.shows("To ada: enter sends");
			await terminal.shows("looking around");
			terminal.type("please hear me");
			await terminal.shows(/ada: steer (queued|accepted)/);
			// Two at once would be one key with alt.
			terminal.press("Escape");
			await terminal.shows("s steer");
			await terminal.gone("›");
			terminal.press("q");
			await terminal.shows(/›⟳ ada +working +local .*1 pending .*█.* \d+\/30 turns/);
			terminal.press("q");
			await terminal.shows(/⟳ ada .*1 pending/);
			terminal.type("/fleet");
			await terminal.shows("enter transcript");
			terminal.press("?");
			await terminal.shows(/^ x +Stop the lieutenant, after a question/m);
			terminal.press("q", "X");
			await terminal.shows("Stop all 1? Their sessions are kept. y: yes; other keys: no");
			terminal.press("n");
			await terminal.shows("Nothing was done.");
			terminal.press("X", "y");
			await terminal.shows(/›⏸ ada +paused/);
			await terminal.shows("1 stopped.");
			terminal.press("r");
			await terminal.shows(/›[⟳●○] ada +(working|idle|starting)/);
			terminal.press("Escape");
			const after = await terminal.shows("fleet: 1 ");
			expect(after).not.toContain("enter transcript");
		},
	);

	test.skipIf(missing !== undefined)(
		"40 columns are enough, and keys are a person's own",
		{ timeout: 120_000 },
		async () => {
			const model = await makeModel({
				script: { agents: { orc: [{ toolCalls: [GIVE] }, { text: "I wait." }] }, default: SLEEP },
			});
			const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
			mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
			const settings = { terminal: { keys: { help: ["f1", "w"], stop: ["ctrl+x"], jump: ["j"] } } };
			writeFileSync(join(home.flagship, "settings.json"), JSON.stringify(settings), { mode: 0o600 });
			const terminal = new Terminal(pi, home, { columns: 40, rows: 24 });
			await terminal.shows("fleet: no lieutenants");
			terminal.type("/fleet");
			await terminal.shows("vers_lt_create makes one: ask for it.");
			terminal.press("q");
			await terminal.shows(/no setting\s+terminal\.keys\.jump/);
			terminal.type("[[agent:orc]] go");
			await terminal.shows(/⟳ ada/);
			terminal.type("/fleet");
			await terminal.shows(/›⟳ ada +working +\$0\.\d\d\n +bash sleep 60/);
			terminal.press("C-x");
			await terminal.shows("Stop ada? Its session is kept.");
			terminal.press("n", "w");
			await terminal.shows(/^ f1, w +What the keys do/m);
			terminal.press("w", "Enter");
			await terminal.shows(/⟳ ada {2}local {2}working/);
			terminal.press("q");
			await terminal.shows("enter transcript");
			terminal.press("Escape");
			await terminal.shows("fleet: 1 working");
		},
	);

	test("print and RPC have the fleet as text", { timeout: 120_000 }, async () => {
		const model = await makeModel({
			script: { agents: { orc: [{ toolCalls: [GIVE] }, { text: "I wait." }] }, default: { text: "done" } },
		});
		const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		const ran = await printPi(pi, home, "[[agent:orc]] go", { args: ["-e", PACKAGE] });
		expect(ran.code).toBe(0);
		const line = /^ ● ada {2}local +.*idle/m;
		const printed = await printPi(pi, home, "/fleet", { args: ["-e", PACKAGE] });
		expect(printed.stdout + printed.stderr).toMatch(line);
		const driven = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		driven.send({ type: "prompt", message: "/fleet" });
		const told = () =>
			driven.records.some(({ type, method, message }) => {
				return type === "extension_ui_request" && method === "notify" && line.test(String(message));
			});
		await until(told, "the fleet as text");
		await driven.stop();
	});

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
