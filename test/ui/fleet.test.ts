/** The fleet on the dashboard: real lieutenants, steered and stopped there; and their orchestrator hears of it. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { daemonHome, machineHost, machineHub } from "../extensions/machine.ts";
import type { Body } from "../hub/support.ts";
import { noBrowser } from "../support/browser.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, RpcPi, type Script, until } from "../support/pi.ts";
import { type Visited, visitor } from "./browser.ts";

const create = (name: string, task: string) => ({
	toolCalls: [{ name: "vers_lt_create", arguments: { name, role: `[[agent:${name}]] a tester`, task } }],
});

await describeEachPi("a fleet on the dashboard", (pi) => {
	const begin = async (script: Script) => {
		const model = await makeModel({ script });
		const env = { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" };
		const home = makeHome({ model, env });
		execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
		execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
		const daemons = daemonHome(home);
		const { address, token } = await machineHub(daemons);
		await machineHost(daemons);
		const ask = async (path: string, init: RequestInit = {}): Promise<Body> =>
			(
				await fetch(`${address}${path}`, {
					...init,
					headers: { authorization: `Bearer ${token}`, "idempotency-key": crypto.randomUUID() },
				})
			).json();
		const hub: Visited = {
			address,
			link: async (role) => (await ask("/auth/magic-link", { method: "POST", body: JSON.stringify({ role }) })).url,
		};
		const start = (...args: string[]) => new RpcPi(pi, home, { args: ["-e", PACKAGE, ...args] });
		const asked = (agent: string): string[] =>
			model.requests.filter(({ key }) => key === agent).map(({ body }) => JSON.stringify(body));
		const endAll = async (): Promise<void> => {
			for (const { id } of (await ask("/lieutenants")).lieutenants)
				await ask(`/lieutenants/${id}`, { method: "DELETE" });
		};
		return { model, hub, ask, endAll, start, asked };
	};

	test.skipIf(noBrowser)(
		"is seen at work, steered, stopped and resumed there, and its orchestrator is told each time",
		async () => {
			const { model, hub, endAll, start, asked } = await begin({
				agents: {
					orc: [create("ada", "Count the stars"), { text: "She counts." }],
					ada: [
						{ toolCalls: [{ name: "bash", arguments: { command: "echo one two three" } }] },
						{ hold: "later", text: "I have counted." },
					],
				},
				default: { text: "noted" },
			});
			const orchestrator = start();
			await orchestrator.prompt("[[agent:orc]] go");
			const { page, open, complaints } = await visitor(hub);
			await open("Fleet");
			await page
				.getByRole("list", { name: "Lieutenants" })
				.getByRole("link", { name: /^ada working local/ })
				.click();
			const ada = page.getByRole("region", { name: "Chosen lieutenant" });
			await ada.getByRole("meter", { name: /^turns: / }).waitFor();
			await ada.getByRole("list", { name: "Transcript" }).getByText("one two three").first().waitFor();

			await ada.getByLabel("What to tell ada").fill("Count the planets as well");
			await ada.getByRole("button", { name: "Send" }).click();
			await ada.getByText(/^The message is /).waitFor();
			model.release("later");
			await until(() => asked("ada").some((body) => body.includes("Count the planets as well")), "the steer", 30_000);
			await ada.getByRole("listitem").filter({ hasText: "Count the planets" }).getByText("consumed").waitFor();

			await ada.getByRole("button", { name: "Stop", exact: true }).click();
			await ada.getByText("ada is paused.").waitFor();
			await ada.getByRole("button", { name: "Resume" }).click();
			await ada.getByRole("button", { name: "Stop", exact: true }).waitFor();

			const dashboard = "The person did this on the dashboard at ";
			const told = (): string[] => (asked("after").at(-1) ?? "").split(dashboard).slice(1);
			await until(
				async () => {
					await orchestrator.prompt("[[agent:after]] what did I do?");
					return told().length === 3;
				},
				"three deeds in the conversation",
				30_000,
			);
			const deeds = ["told ada (steer): Count the planets as well", "stopped ada", "resumed ada"];
			expect(told().map((text, at) => text.includes(`: ${deeds[at]}"`))).toEqual([true, true, true]);
			expect(complaints).toEqual([]);
			await endAll();
			await orchestrator.stop();
		},
		120_000,
	);

	test.skipIf(noBrowser)(
		"is stopped as a whole after a question, and a session that was closed meanwhile is told when it is resumed",
		async () => {
			const { hub, ask, endAll, start, asked } = await begin({
				agents: {
					orc: [create("ada", "Count the stars"), create("bo", "Count the planets"), { text: "They count." }],
					ada: [{ hold: "never", text: "" }],
					bo: [{ hold: "never", text: "" }],
				},
				default: { text: "noted" },
			});
			const first = start();
			await first.prompt("[[agent:orc]] go");
			await first.stop();
			const { page, open } = await visitor(hub);
			await open("Fleet");
			await page.getByText("2 lieutenants, 2 running").waitFor();
			await page.getByRole("button", { name: "Stop all …" }).click();
			const question = page.getByRole("dialog");
			await question.getByRole("button", { name: "Cancel" }).click();
			await question.waitFor({ state: "detached" });
			expect((await ask("/lieutenants")).lieutenants.map(({ state }: { state: string }) => state)).toEqual([
				"working",
				"working",
			]);
			await page.getByRole("button", { name: "Stop all …" }).click();
			await question.getByRole("button", { name: "Stop all" }).click();
			await page.getByText("2 lieutenants stopped; their sessions are kept.").waitFor();
			await page.getByText("2 lieutenants, 0 running").waitFor();

			const again = start("--continue");
			await until(
				async () => {
					await again.prompt("[[agent:after]] what did I miss?");
					const told = asked("after").at(-1) ?? "";
					return told.includes("stopped ada") && told.includes("stopped bo");
				},
				"what was missed",
				30_000,
			);
			await endAll();
			await again.stop();
		},
		120_000,
	);
});
