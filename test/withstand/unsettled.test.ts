/** An agent that is killed between its last words and the work log's gate: what it changed is logged all the same. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LogEntry } from "../../src/contract/log.ts";
import { lieutenantFolder } from "../../src/daemon/home.ts";
import { readNote } from "../../src/host/agent/life-file.ts";
import { realWorld } from "../../src/world/real.ts";
import { daemonHome, machineHub } from "../extensions/machine.ts";
import { atEnd } from "../support/cleanup.ts";
import { TestHost } from "../support/host.ts";
import { describeEachPi, makeHome, makeModel, until } from "../support/pi.ts";

/** Holds the end of a run open, in a first life only. */
const HOLD = `export default (pi) => {
	if (process.env.FLAGSHIP_LIFE !== "1") return;
	pi.on("turn_end", (event) => event.message.stopReason === "stop" ? new Promise(() => {}) : undefined);
};
`;

await describeEachPi("an agent that dies before its gate", (pi) => {
	test("is asked to go on, and the gate writes what it forgot", async () => {
		const model = await makeModel({
			script: {
				agents: { ada: [{ toolCalls: [{ name: "bash", arguments: { command: "echo x > made.txt" } }] }] },
				default: { text: "All is done." },
			},
		});
		const account = makeHome({ model });
		mkdirSync(join(account.agent, "extensions"));
		writeFileSync(join(account.agent, "extensions", "hold.ts"), HOLD);
		execFileSync("git", ["init", "-q"], { cwd: account.work, env: account.env });
		execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: account.work, env: account.env });
		const home = daemonHome(account);
		const hub = await machineHub(home);
		const host = new TestHost(account, pi);
		atEnd(() => host.end());
		await host.start();
		const { id } = await host.create({ name: "ada", worktree: false, task: "Make it" });
		const session = join(lieutenantFolder(home, id), "session");
		const written = () =>
			readdirSync(session)
				.map((name) => readFileSync(join(session, name), "utf8"))
				.join("");
		await until(() => written().includes("All is done."), "its last words", 40_000);
		process.kill(readNote(realWorld().files, lieutenantFolder(home, id))?.process?.pid ?? 0, "SIGKILL");

		const authorization = `Bearer ${hub.token}`;
		const logged = await until(
			async () => {
				const answer = await fetch(`${hub.address}/log`, { headers: { authorization } });
				const { entries }: { entries: LogEntry[] } = JSON.parse(await answer.text());
				return entries.length > 0 && entries;
			},
			"the entry",
			60_000,
		);
		expect(logged).toMatchObject([{ agent: "ada", facts: { files: ["made.txt"], mark: "auto" } }]);
		const completions = () => host.notices.filter(({ type }) => type === "completion").length;
		await until(() => completions() > 0, "the end of its work", 40_000);
		await host.state("ada", "idle", 60_000);
		expect(host.notices.filter(({ type }) => type === "death")).toHaveLength(1);
		expect(completions()).toBe(1);
	}, 180_000);
});
