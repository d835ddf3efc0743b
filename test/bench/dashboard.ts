/** The dashboard in a real Chromium, on a hub that is full. */
import type { Page } from "playwright-core";
import { noBrowser } from "../support/browser.ts";
import { makeHome } from "../support/home.ts";
import { until } from "../support/until.ts";
import { type Visitor, visitor } from "../ui/browser.ts";
import type { Figure } from "./figure.ts";
import type { Group } from "./group.ts";
import { median } from "./measure.ts";
import { type Hub, startHub } from "./program.ts";
import { seed } from "./seed.ts";
import { ask } from "./wire.ts";

const FULL = { tasks: 10_000, events: 100_000, sessions: 1_000 };
const OPENED = 5;
/** Events a second, and seconds. */
const STORM = { rate: 500, seconds: 10 };
const LATER = { rate: 500, seconds: 60 };
const MB = 1_048_576;

export const dashboard: Group = async ({ report, say }) => {
	if (noBrowser !== undefined) return say(`dashboard left out: ${noBrowser}`);
	const home = makeHome();
	const folder = `${home.root}/data`;
	await seed(folder, FULL);
	const hub = await startHub(home, folder);
	const link = async (role: "admin" | "viewer"): Promise<string> =>
		(await ask(hub.url, { method: "POST", path: "/auth/magic-link", token: hub.token, body: { role } })).url;
	const person = await visitor({ address: hub.url, link });
	const figure = (name: string, value: number, unit: string, more: Partial<Figure> = {}): void =>
		report({ bench: `dashboard.${name}`, value, unit, ...more });

	figure("bytes", await bytes(person.page, hub), "bytes", { floor: { atMost: 250_000 } });
	const opened: number[] = [];
	for (let n = 0; n < OPENED; n++) opened.push(await open(person, hub));
	figure("interactive", median(opened), "ms", { goal: { atMost: 1_000 } });

	await person.open("Feed");
	const { longest, blocked } = await storm(person.page, hub);
	figure("storm.longest", longest, "ms", { goal: { atMost: 200 } });
	figure("storm.blocked", blocked, "", { goal: { atMost: 0.1 } });
	const before = await heap(person.page);
	await publish(hub, LATER);
	const after = await heap(person.page);
	figure("memory", after / MB, "MB", { reference: before / MB, beside: "before", goal: { atMost: 64 } });
};

/** Everything that the page has loaded, as it came. */
async function bytes(page: Page, hub: Hub): Promise<number> {
	let sum = 0;
	const count = async (address: string): Promise<void> => {
		const answer = await fetch(address, { headers: { "accept-encoding": "gzip" } });
		sum += Number(answer.headers.get("content-length") ?? 0);
		await answer.arrayBuffer();
	};
	const names = await page.evaluate<string[]>("performance.getEntriesByType('resource').map(({ name }) => name)");
	await Promise.all(names.filter((name) => name.startsWith(`${hub.url}/ui/static/`)).map(count));
	return sum;
}

/** ms until the board is there, follows the feed, and has taken a key. */
async function open({ page }: Visitor, hub: Hub): Promise<number> {
	await page.goto("about:blank");
	const began = performance.now();
	await page.goto(`${hub.url}/ui/#/board`);
	await page.getByText("Live", { exact: true }).waitFor();
	const first = page.getByRole("list", { name: "Done tasks" }).getByRole("link").first();
	await first.focus();
	await page.keyboard.press("ArrowDown");
	await page.waitForFunction("document.activeElement?.matches('li:nth-child(2) a')");
	return performance.now() - began;
}

/** Events at this rate, each second in ten pieces; resolves when all are stored. */
async function publish(hub: Hub, { rate, seconds }: typeof STORM): Promise<void> {
	const began = performance.now();
	for (let piece = 0; piece < seconds * 10; piece++) {
		const all = Array.from({ length: rate / 10 }, (_, n) => {
			const body = { agent: `bench-${n % 7}`, type: "finding", summary: `piece ${piece}, event ${n} of a storm` };
			return ask(hub.url, { method: "POST", path: "/feed/events", token: hub.token, body });
		});
		await Promise.all(all);
		const due = began + (piece + 1) * 100 - performance.now();
		if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
	}
}

async function storm(page: Page, hub: Hub): Promise<{ readonly longest: number; readonly blocked: number }> {
	await page.evaluate(
		"globalThis.long = []; new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })",
	);
	// What measures must be able to find something: a task that is long for certain is seen before any of ours counts.
	await page.evaluate("setTimeout(() => { for (const end = performance.now() + 120; performance.now() < end; ); })");
	await page.waitForFunction("long.length > 0");
	await page.evaluate("long.length = 0");
	const began = performance.now();
	await publish(hub, STORM);
	const last = `piece ${STORM.seconds * 10 - 1}, event`;
	await until(async () => (await page.getByText(last).count()) > 0, "the storm's last events on the page", 30_000);
	const took = performance.now() - began;
	const long = await page.evaluate<number[]>("long");
	return { longest: Math.max(0, ...long), blocked: long.reduce((sum, ms) => sum + ms, 0) / took };
}

/** Bytes that the page's scripts hold, after a collection. */
async function heap(page: Page): Promise<number> {
	const session = await page.context().newCDPSession(page);
	await session.send("HeapProfiler.collectGarbage");
	const { usedSize } = await session.send("Runtime.getHeapUsage");
	await session.detach();
	return usedSize;
}
