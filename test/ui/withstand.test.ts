/** What the dashboard must withstand: hostile records, a hub that restarts, a session that ends, a storm, a small screen. */
import { describe, expect, test } from "vitest";
import { testHub } from "../hub/support.ts";
import { noBrowser } from "../support/browser.ts";
import { makeFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";
import { violations, visitor } from "./browser.ts";
import { fill, VIEWS, visited } from "./records.ts";

const PHONE = { viewport: { width: 360, height: 740 } };
const LOOKS = [
	{ look: "light", colorScheme: "light" },
	{ look: "dark", colorScheme: "dark" },
	{ look: "dark on a phone", colorScheme: "dark", ...PHONE },
] as const;

describe.skipIf(noBrowser)("the dashboard", async () => {
	const hub = await testHub();
	const { done } = hub;
	const { task, report } = await fill(hub);
	const publish = async (count: number, word: string): Promise<void> => {
		const all = Array.from({ length: count }, (_, n) => ({ agent: "bo", type: "finding", summary: `${word} ${n}` }));
		for (let at = 0; at < count; at += 50)
			await Promise.all(all.slice(at, at + 50).map((event) => done("POST", "/feed/events", event)));
	};

	test.each(LOOKS)(
		"has no view that axe objects to, runs no record's script and stays in its width: $look",
		async ({ look: _look, ...options }) => {
			const { page, complaints, open, go } = await visitor(visited(hub), options);
			const [incident] = (await done("GET", "/incidents")).incidents;
			const [event] = await done("GET", "/feed/events?limit=1");
			const chosen = [
				`board/${task}`,
				`review/${task}`,
				`reports/${report}`,
				`incidents/${incident.id}`,
				`feed/${event.id}`,
				"skills/log-well",
			];
			const found: string[] = [];
			const judge = async (place: string) => {
				await until(
					async () => !(await page.getByRole("main").innerText()).includes("Asking the hub"),
					`${place} whole`,
				);
				for (const violation of await violations(page)) found.push(`${place}: ${violation}`);
				const [wide, screen] = (await page.evaluate(
					"[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
				)) as [number, number];
				if (wide > screen) found.push(`${place}: ${wide} px wide on ${screen}`);
				expect(await page.title()).toMatch(/ · Flagship$/);
			};
			for (const view of VIEWS) {
				await open(view);
				await judge(view);
			}
			for (const place of chosen) {
				await go(place);
				await judge(place);
			}
			expect(found).toEqual([]);
			expect(complaints).toEqual([]);
		},
		120_000,
	);

	test("is driven by keys alone: to the view, to a task in its list, and into it", async () => {
		const { page, open } = await visitor(visited(hub));
		await open("Board");
		await page.keyboard.press("Home");
		await page.locator("body").focus();
		await page.keyboard.press("Tab");
		await page.getByRole("link", { name: "Skip to the view" }).press("Enter");
		expect(await page.evaluate("document.activeElement.id")).toBe("main");
		await page.getByRole("list", { name: "Open tasks" }).getByRole("link").first().focus();
		await done("POST", "/board/tasks", { title: "One more", createdBy: "ada" });
		await page.getByRole("link", { name: "One more" }).waitFor();
		await page.keyboard.press("ArrowUp");
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { name: "One more" }).waitFor();
	});

	test("shows a viewer everything but what changes something, and the hub refuses it the rest", async () => {
		const { page, open } = await visitor(visited(hub), { role: "viewer" });
		for (const view of VIEWS) {
			await open(view);
			// What only chooses what is shown may be pressed by anyone.
			expect(await page.locator("main button:not([aria-pressed])").count()).toBe(0);
		}
		const refused = await page.evaluate<number>(
			"fetch('api/board/tasks', { method: 'POST', body: JSON.stringify({ title: 'x' }) }).then(({ status }) => status)",
		);
		expect(refused).toBe(403);
	});

	test("tells that the session is over when it is ended elsewhere, and shows nothing new from then on", async () => {
		const { page, open } = await visitor(visited(hub));
		await open("Log");
		await done("DELETE", "/auth/sessions/all");
		await page.getByRole("alert").getByText("Your session is over.").waitFor();
		await done("POST", "/log", { text: "Not for these eyes", agent: "ada" });
		expect(await page.getByRole("main").innerText()).not.toContain("Not for these eyes");
		expect((await page.request.get(`${hub.hub.address}/ui/`, { maxRedirects: 0 })).headers().location).toBe("login");
	});

	test("has each event of a storm once, and answers the person meanwhile", async () => {
		const { page, open, complaints } = await visitor(visited(hub));
		await open("Feed");
		await page.getByLabel("Only with").fill("storm");
		await publish(1_500, "storm");
		await page.getByText("1,500 events").waitFor();
		await open("Board");
		await page.getByRole("list", { name: "Done tasks" }).waitFor();
		await open("Feed");
		expect(complaints).toEqual([]);
	}, 60_000);

	test("reads back to the oldest event, with only what is seen in the page", async () => {
		const { page, open } = await visitor(visited(hub));
		await open("Feed");
		const list = page.getByRole("list", { name: "Events, newest first" });
		await publish(1_100, "more");
		await list.hover();
		const [oldest] = await done("GET", "/feed/events?since=0&limit=1");
		await until(async () => {
			await page.mouse.wheel(0, 200_000);
			return (
				(await list.innerText()).includes(oldest.summary) &&
				(await list.locator(`a[href="#/feed/${oldest.id}"]`).count()) === 1
			);
		}, "the oldest event");
		expect(await list.getByRole("listitem").count()).toBeLessThan(100);
	});
});

describe.skipIf(noBrowser)("an open page", () => {
	test("lives through its hub's restart: it says so, comes back by itself, and misses nothing", async () => {
		const folder = makeFolder();
		const first = await testHub({ folder });
		const { page, open } = await visitor(visited(first));
		await open("Feed");
		await first.done("POST", "/feed/events", { agent: "bo", type: "finding", summary: "before it" });
		await page.getByText("before it").waitFor();
		const port = Number(new URL(first.hub.address).port);
		await first.hub.close();
		await page.getByText("The hub is away; trying again").waitFor();
		const second = await testHub({ folder, port });
		await second.done("POST", "/feed/events", { agent: "bo", type: "finding", summary: "while away" });
		await page.getByText("Live", { exact: true }).waitFor();
		await page.getByText("while away").waitFor();
		expect(await page.getByText("before it").count()).toBe(1);
	}, 60_000);

	test("of an empty fleet says what to do next", async () => {
		const { page, open, complaints } = await visitor(visited(await testHub()));
		await open("Fleet");
		await page.getByText("There are no lieutenants.").waitFor();
		for (const view of VIEWS) await open(view);
		expect(complaints).toEqual([]);
	});
});
