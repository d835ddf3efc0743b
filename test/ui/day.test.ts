/** A day of a fleet, led by typing to one orchestrator and nothing else, while the page shows it; and its captain's log. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FINDER } from "../../src/fleet/finder.ts";
import { daemonHome, machineHost, machineHub } from "../extensions/machine.ts";
import type { Body } from "../hub/support.ts";
import { noBrowser } from "../support/browser.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, RpcPi, type Script, type Step, until } from "../support/pi.ts";
import { visitor } from "./browser.ts";

const TODAY = new Date().toISOString().slice(0, 10);
const NARRATIVE = "docs wrote the install page, usage lived through a kill, and the person approved: 1 task is done.";

const call = (name: string, input: Record<string, unknown>): Step => ({ toolCalls: [{ name, arguments: input }] });
const bash = (command: string) => call("bash", { command });
const create = (name: string, task: string) =>
	call("vers_lt_create", { name, role: `[[agent:${name}]] a tester`, task });
const commit = (file: string) => bash(`echo ${file} > ${file} && git add -A && git commit -qm 'Write ${file}'`);

const scriptFor = (finder: string): Script => ({
	rules: [
		// The narrator, which the hub asks for by itself.
		{
			...{ system: "You keep the captain's log", last: "Write the captain's log of" },
			...call(finder, { query: "captains_log_narrate" }),
		},
		{
			...{ system: "You keep the captain's log", last: "captains_log_narrate" },
			...call("captains_log_narrate", { date: TODAY, text: NARRATIVE }),
		},
	],
	agents: {
		morning: [
			create("docs", "Write the install page"),
			create("usage", "Sum usage by day"),
			{ text: "Two are at work." },
		],
		docs: [
			commit("INSTALL.md"),
			call("board_submit_for_review", {
				taskId: "${/Task ([0-9A-HJKMNP-TV-Z]{26}), claimed/}",
				summary: "One page, as asked",
			}),
			{ text: "It waits for review." },
		],
		usage: [commit("usage.ts"), { hold: "killed", text: "" }, { text: "Summed." }],
		evening: [
			call(finder, { query: "captains_log" }),
			call("captains_log", { date: TODAY, zone: "UTC" }),
			{ text: "The log is being told." },
		],
	},
	default: { text: "Noted." },
});

await describeEachPi("a day from one conversation", (pi) => {
	test.skipIf(noBrowser)(
		"is on the page as it goes: work, a death, a review; its log has exact figures and a lieutenant's words",
		async () => {
			const model = await makeModel({ script: scriptFor(pi.version.startsWith("0.") ? FINDER : "tool_search") });
			const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" } });
			execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
			execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
			const daemons = daemonHome(home);
			const { address, token } = await machineHub(daemons);
			await machineHost(daemons);
			const ask = async (method: string, path: string, body?: unknown): Promise<Body> => {
				const headers = { authorization: `Bearer ${token}`, "idempotency-key": crypto.randomUUID() };
				const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
				return (await fetch(`${address}${path}`, init)).json();
			};
			const { page, open, complaints } = await visitor({
				address,
				link: async (role) => (await ask("POST", "/auth/magic-link", { role })).url,
			});

			const orchestrator = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
			await orchestrator.prompt("[[agent:morning]] Have the install page written, and usage summed by day.");
			await open("Fleet");
			const fleet = page.getByRole("list", { name: "Lieutenants" });
			await fleet.getByRole("link", { name: /^docs/ }).waitFor();

			// It dies at work, is told of, and goes on.
			await until(() => model.requests.filter(({ key }) => key === "usage").length === 2, "usage at work", 30_000);
			const [usage] = (await ask("GET", "/lieutenants")).lieutenants.filter(({ name }: Body) => name === "usage");
			const life = JSON.parse(readFileSync(join(home.flagship, "lieutenants", usage.id, "life.json"), "utf8"));
			process.kill(life.process.pid, "SIGKILL");
			model.release("killed");
			await until(
				async () => (await ask("GET", "/lieutenants")).lieutenants.some(({ lives }: Body) => lives === 2),
				"its second life",
				30_000,
			);

			await open("Review");
			await page.getByRole("link", { name: /^Write the install page/ }).click();
			await page.getByText("One page, as asked").waitFor();
			await page.getByRole("button", { name: "Approve" }).click();
			await page.getByText("approved").waitFor();
			await open("Log");
			await page.getByLabel("New entry").fill("The install page is approved");
			await page.getByRole("button", { name: "Log it" }).click();
			await page.getByRole("main").getByText("The install page is approved").waitFor();

			await orchestrator.prompt("[[agent:evening]] Write the log of today.");
			await until(async () => (await ask("GET", `/captains-log/${TODAY}`)).narrated === true, "the narrative", 40_000);
			const log = await ask("GET", `/captains-log/${TODAY}`);
			const figure = (name: string): number => log.figures.find((one: Body) => one.name === name)?.value;
			const events: Body[] = await ask("GET", "/feed/events?since=0&limit=1000");
			// What the log itself wrote is not of the day that it counts.
			const made = events.findIndex(({ type, summary }) => type === "report_created" && summary.includes(TODAY));
			const before = events.slice(0, made);
			const count = (type: string): number => before.filter((event) => event.type === type).length;
			expect(count("task_approved")).toBe(1);
			expect(figure("tasks_done")).toBe(1);
			expect(figure("entries")).toBe(count("log_appended"));
			expect(figure("events")).toBe(before.length);

			await open("Reports");
			await page.getByRole("link", { name: new RegExp(`^Captain's log, ${TODAY}`) }).click();
			const report = page.frameLocator("iframe");
			await report.getByText(NARRATIVE).waitFor();
			await report.getByText(log.provenance).waitFor();
			const counted = `Synthesized from ${count("log_appended")} work log entries, ${before.length} feed events, 1 tasks done`;
			expect(log.provenance.startsWith(counted)).toBe(true);
			expect(complaints).toEqual([]);

			for (const { id } of (await ask("GET", "/lieutenants")).lieutenants) await ask("DELETE", `/lieutenants/${id}`);
			await orchestrator.stop();
		},
		180_000,
	);
});
