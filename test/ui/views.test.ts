/** Each view of the dashboard does what a person comes for: a real browser on a real hub. */
import { describe, expect, test } from "vitest";
import { testHub } from "../hub/support.ts";
import { noBrowser } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { type Visitor, visitor } from "./browser.ts";
import { fill, visited } from "./records.ts";

describe.skipIf(noBrowser)("a person at the dashboard", async () => {
	const hub = await testHub();
	const { done } = hub;
	const { task, report } = await fill(hub);
	let shared: Promise<Visitor> | undefined;
	const person = (): Promise<Visitor> => {
		shared ??= visitor(visited(hub));
		return shared;
	};

	test("puts a task on the board, finds it, reads it, notes on it and bumps it", async () => {
		const { page, open } = await person();
		await open("Board");
		await page.getByLabel("New task").fill("Plant a tree");
		await page.getByRole("button", { name: "Add", exact: true }).click();
		await page.getByRole("list", { name: "Open tasks" }).getByRole("link", { name: "Plant a tree" }).waitFor();
		await page.getByLabel("Find").fill("plant tree");
		await page.getByRole("list", { name: "Tasks found" }).getByRole("link", { name: "Plant a tree" }).click();
		const detail = page.getByRole("region", { name: "Chosen task" });
		await detail.getByRole("heading", { name: "Plant a tree" }).waitFor();
		await detail.getByLabel("Note").fill("An oak");
		await detail.getByRole("button", { name: "Add note" }).click();
		await detail.getByText("An oak").waitFor();
		await detail.getByRole("button", { name: "Bump" }).click();
		await detail.getByText("Its score is 1.").waitFor();
		const { tasks } = await done("GET", "/board/search?words=plant");
		expect(tasks).toMatchObject([
			{ title: "Plant a tree", createdBy: "admin", score: 1, notes: [{ content: "An oak" }] },
		]);
	});

	test("sends a task back with a finding, sees the next round and what changed, and approves it", async () => {
		const { page, open } = await person();
		await open("Review");
		await page.getByRole("link", { name: /^Write the docs/ }).click();
		const review = page.getByRole("region", { name: "Review", exact: true });
		await review.getByText("All pages").waitFor();
		await review.getByLabel("What is wrong").fill("It lacks a page");
		await review.getByLabel("What shows it").fill("docs/b.md is not there");
		await review.getByRole("button", { name: "Add finding" }).click();
		await review.getByRole("button", { name: "Needs changes" }).click();
		await review.getByText("needs changes").first().waitFor();
		expect((await done("GET", `/board/tasks/${task}/rounds`)).rounds).toMatchObject([
			{ verdict: "needs_changes", by: "admin", findings: [{ severity: "major", claim: "It lacks a page" }] },
		]);
		const again = { type: "file", url: "docs/a.md", label: "docs", content: "one\nthree\n" };
		await done("POST", `/board/tasks/${task}/review`, { summary: "With b", reviewedBy: "ada", artifacts: [again] });
		await review.getByRole("heading", { name: "Round 2", exact: true }).waitFor();
		const diff = review.getByLabel("Changes of docs");
		await diff.getByText("+three").waitFor();
		expect(await diff.locator(".removed").allInnerTexts()).toEqual(["-two"]);
		await review.getByRole("button", { name: "Approve" }).click();
		await until(async () => (await done("GET", `/board/tasks/${task}`)).status === "done", "the approval");
		await review.getByText("approved").waitFor();
	});

	test("follows the feed as it goes, and opens an event", async () => {
		const { page, open } = await person();
		await open("Feed");
		await done("POST", "/feed/events", {
			agent: "bo",
			type: "finding",
			summary: "The cause is found",
			detail: { why: 42 },
		});
		await page.getByLabel("Only with").fill("cause is");
		await page.getByRole("list", { name: "Events, newest first" }).getByRole("link").click();
		const event = page.getByRole("region", { name: "Chosen event" });
		await event.getByRole("heading", { name: "finding" }).waitFor();
		expect(await event.getByLabel("Detail").innerText()).toBe('{\n  "why": 42\n}');
	});

	test("writes into log and journal, and finds what stands there", async () => {
		const { page, open } = await person();
		await open("Log");
		await page.getByLabel("New entry").fill("Looked in from the page");
		await page.getByRole("button", { name: "Log it" }).click();
		await page.getByRole("main").getByText("Looked in from the page").waitFor();
		await page.getByLabel("Find").fill("parser");
		await until(async () => !(await page.getByRole("main").innerText()).includes("Looked in"), "the search");
		await page.getByText("Read the parser").waitFor();
		await open("Journal");
		await page.getByLabel("New entry").fill("It runs well");
		await page.getByLabel("Mood").fill("content");
		await page.getByRole("button", { name: "Write" }).click();
		await page.getByText("It runs well").waitFor();
		expect((await done("GET", "/journal?last=1h")).entries.at(-1)).toMatchObject({ author: "admin", mood: "content" });
	});

	test("reads a report, makes a link to it, and revokes the link", async () => {
		const { page, open } = await person();
		await open("Reports");
		await page.getByRole("link", { name: /How the parser works/ }).click();
		await page.frameLocator("iframe").getByRole("heading", { name: "The parser" }).waitFor();
		await page.getByRole("button", { name: "Make a link" }).click();
		const url = await page.getByLabel("The link", { exact: true }).inputValue();
		expect((await fetch(url)).status).toBe(200);
		await page.getByRole("button", { name: "Revoke" }).click();
		await page.getByText("revoked", { exact: true }).waitFor();
		expect((await fetch(url)).status).toBe(404);
		expect((await done("GET", `/reports/${report}/shares`)).links).toMatchObject([{ revoked: 1 }]);
	});

	test("takes a skill from every agent and gives it back", async () => {
		const { page, open } = await person();
		await open("Skills");
		await page.getByRole("link", { name: /log-well/ }).click();
		await page.getByLabel("Text of log-well").getByText("# Log well").waitFor();
		await page.getByRole("button", { name: "Disable" }).click();
		await page.getByText("disabled").waitFor();
		expect((await done("GET", "/skills/items/log-well")).enabled).toBe(false);
		await page.getByRole("button", { name: "Enable" }).click();
		await page.getByRole("button", { name: "Disable" }).waitFor();
		expect((await done("GET", "/skills/items/log-well")).enabled).toBe(true);
	});

	test("sees what snapshots came from, and which machine was not deleted", async () => {
		const { page, open } = await person();
		await open("VMs");
		const tree = page.getByRole("list", { name: "Snapshots" });
		const root = tree.locator("> li", { hasText: "The golden one" });
		await root.locator("li", { hasText: "With the tools" }).waitFor();
		await page.getByText("vm-9").waitFor();
		await done("POST", "/undeleted/confirm", { seen: [{ machine: "vm-9", tries: 1 }], listed: [] });
		await page.getByText("Every machine that was deleted is gone.").waitFor();
	});

	test("writes an incident up, publishes it, and gives the all-clear", async () => {
		const { page, open } = await person();
		await open("Incidents");
		await page.getByRole("link", { name: /No machine can be had/ }).click();
		await page.getByRole("button", { name: "Publish as a report" }).click();
		await page.getByLabel("The incident, to be pasted").getByText("No machine can be had").first().waitFor();
		await page.getByRole("button", { name: "All clear" }).click();
		await page.getByText(/^Over since/).waitFor();
		const [incident] = (await done("GET", "/incidents")).incidents;
		expect(incident).toMatchObject({ closedBy: "admin", report: expect.any(String) });
	});

	test("sees what was used, by day, agent and model, and how much of the fleet that covers", async () => {
		const { page, open } = await person();
		await open("Usage");
		await page.getByText("$1.50, 1,200 tokens, 1 session").waitFor();
		await page.getByText("1 of 1 session seen.").waitFor();
		expect(await page.getByRole("region", { name: "Usage of agents" }).getByRole("row").allInnerTexts()).toEqual([
			"Agent\tCost\tShare\tTokens",
			expect.stringMatching(/^ada\t\$1\.50\t\s*\t1\.2K$/),
		]);
		expect(await page.locator("figure canvas").count()).toBe(2);
		expect(await page.getByRole("table", { name: "Cost by day" }).innerText()).toContain("$1.50");
		const other = { sessionId: "s-2", agent: "bo", parentAgent: null, model: "m-2", turns: 1, toolCalls: {} };
		const at = new Date().toISOString();
		const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
		const used = { tokens: { ...none, input: 10, total: 10 }, cost: { ...none, input: 2, total: 2 } };
		await done("POST", "/usage/sessions", { ...other, ...used, startedAt: at, endedAt: at });
		await page.getByText("$3.50, 1,210 tokens, 2 sessions").waitFor();
		await page.getByRole("button", { name: "bo", exact: true }).click();
		await page.getByText("$2.00, 10 tokens, 1 session").waitFor();
		expect(await page.getByRole("table", { name: "Cost by day of bo" }).innerText()).toContain("$2.00");
	});

	test("sees which gates fired, and why", async () => {
		const { page, open } = await person();
		await open("Gates");
		const gates = page.getByRole("region", { name: "Gates that fired" });
		await gates.getByRole("row", { name: /^push 1 / }).waitFor();
		await page.getByRole("listitem").getByText("A push to main was refused").waitFor();
	});

	test("logs out, and the page leads to the login", async () => {
		const { page, complaints } = await person();
		expect(complaints).toEqual([]);
		await page.getByRole("button", { name: "Log out" }).click();
		await page.getByRole("heading", { name: "You are not logged in" }).waitFor();
		await page.goto(`${hub.hub.address}/ui/`);
		await page.getByRole("heading", { name: "You are not logged in" }).waitFor();
	});
});
