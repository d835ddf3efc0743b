/** Budgets through real pi, a real host and a real hub: who is stopped, by whose money, and how far it got. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { type Client, createClient } from "../../../src/client/client.ts";
import * as budgets from "../../../src/contract/budgets.ts";
import * as contract from "../../../src/contract/lieutenants.ts";
import * as ralph from "../../../src/contract/ralph.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, realHub } from "../../client/real-hub.ts";
import { makeFolder } from "../../support/folder.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel, type Step } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";

vi.setConfig({ testTimeout: 120_000 });

const ends: (() => void)[] = [];
afterEach(() => {
	for (const end of ends.splice(0)) end();
});

/** US dollars of a turn. */
const TURN = 0.1;
const READ: Step = {
	toolCalls: [{ name: "read", arguments: { path: "a.txt" } }],
	usage: { prompt: 100_000, completion: 0 },
};
/** Answers in no time, and so is turns ahead of whoever counts them from outside. */
const READER = { steps: [], after: READ };
const SLOW_READER = { steps: [], after: { ...READ, delayMs: 400 } };
const FLEET = { fleet: "captain" };

await describeEachPi("a budget", (pi) => {
	const begin = async (agents: Readonly<Record<string, object>>, settings: object = {}) => {
		const model = await makeModel({ script: { agents } as object });
		const home = makeHome({ model });
		writeFileSync(join(home.work, "a.txt"), "words\n");
		const folder = makeFolder();
		const hub = await realHub(folder);
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		const values = { hub: hub.url, env: { VERS_AUTH_TOKEN: ADMIN }, ...settings };
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify(values), { mode: 0o600 });
		const host = new TestHost(home, pi);
		const address = async () => ({ url: hub.url, token: ADMIN });
		const client = createClient({ world: realWorld(), version: "0.1.0", resolve: address });
		ends.push(
			() => host.end(),
			() => client.close(),
		);
		await host.start();
		return { home, host, hub, model, client, folder };
	};
	const create = (host: TestHost, name: string, more: object = {}) =>
		host.client.call(
			contract.create,
			{ name, role: `[[agent:${name}]] a tester`, task: "Read on", worktree: false, ...more },
			{ launch: host.launch },
		);
	const money = (client: Client) => client.call(budgets.show, FLEET);
	/** Everything was told, and everything was given back. */
	const settled = (client: Client) =>
		until(
			async () => {
				const shown = await money(client);
				return shown.reservedUsd === 0 && shown;
				// A host that was killed is linked again only once its former self counts as gone.
			},
			"the end of all reservations",
			40_000,
		);

	test("of its own stops a lieutenant in all its work, at most one turn beyond it", async () => {
		const { host, client } = await begin({ ada: READER });
		await create(host, "ada", { budget: 0.35 });
		const row = await host.state("ada", "stopped", 60_000);
		expect(row.reason).toMatch(/^its own budget of \$0\.35, 0 files → report r\w{3}$/);
		expect(row.costUsd).toBeGreaterThanOrEqual(0.35);
		expect(row.costUsd).toBeLessThanOrEqual(0.35 + TURN);
		await expect(host.send("ada", "more")).rejects.toThrow("takes no messages");
		await expect(host.client.call(contract.resume, { name: "ada" })).rejects.toThrow("ada's budget of $0.35 has no");
		expect((await host.status("ada"))?.state).toBe("stopped");
		const { lieutenants } = await settled(client);
		expect(lieutenants).toMatchObject([{ name: "ada", limitUsd: 0.35, spentUsd: expect.closeTo(row.costUsd, 6) }]);
		// More money, and it goes on from where it was.
		await client.call(budgets.set, { ...FLEET, lieutenant: "ada", usd: 0.75 });
		await host.client.call(contract.resume, { name: "ada" });
		const again = await until(async () => {
			const now = await host.status("ada");
			return now?.state === "stopped" && now.costUsd > row.costUsd && now;
		}, "the second stop");
		expect(again.reason).toContain("its own budget of $0.75");
		expect(again.costUsd).toBeLessThanOrEqual(0.75 + TURN);
	});

	test("of the fleet is shared: who asks too much is not made, who gets the rest is stopped by it, all are told once", async () => {
		const { host, client } = await begin({ ada: READER, bob: READER, eve: READER });
		await client.call(budgets.set, { ...FLEET, usd: 1 });
		await create(host, "ada", { cap: "0.70 usd" });
		await expect(create(host, "eve", { cap: "0.90 usd" })).rejects.toThrow(
			"The fleet's budget of $1.00 has no $0.90 left",
		);
		expect(await host.status("eve")).toBeUndefined();
		const ada = await host.state("ada", "stopped", 60_000);
		expect(ada.reason).toMatch(/^\$0\.\d\d, 0 files/);
		await create(host, "bob");
		const bob = await host.state("bob", "stopped", 60_000);
		expect(bob.reason).toMatch(/^the fleet's budget of \$1\.00, 0 files → report r\w{3}$/);
		const { spentUsd } = await settled(client);
		expect(spentUsd).toBeCloseTo(ada.costUsd + bob.costUsd, 6);
		expect(spentUsd).toBeLessThanOrEqual(1 + 2 * TURN);
		await expect(create(host, "eve")).rejects.toThrow("The fleet's budget of $1.00 has no $0.01 left");
		const warnings = new Map(host.notices.filter(({ type }) => type === "budget").map(({ id, text }) => [id, text]));
		expect([...warnings.values()]).toEqual([
			expect.stringMatching(/^The fleet has spent \$\d\.\d\d of \$1\.00 \(\d+ %\)/),
		]);
		await until(() => Math.abs((host.client.budget?.spentUsd ?? 0) - spentUsd) < 1e-6, "the session to be shown it");
		expect(host.client.budget?.limitUsd).toBe(1);
	});

	test("gives money step by step to work whose cap names none, until there is no more", async () => {
		const { host, client } = await begin({ ada: SLOW_READER }, { bounds: { usd: 0.4, quietTurns: 100 } });
		await client.call(budgets.set, { ...FLEET, usd: 1 });
		await create(host, "ada", { cap: "40 turns" });
		expect((await money(client)).reservedUsd).toBeLessThanOrEqual(0.4);
		const row = await host.state("ada", "stopped", 60_000);
		expect(row.reason).toContain("the fleet's budget of $1.00, 0 files");
		expect(row.costUsd).toBeGreaterThanOrEqual(1 - 1e-6);
		expect(row.costUsd).toBeLessThanOrEqual(1 + TURN);
	});

	test("that is set while it works holds for it, too", async () => {
		const { host, client } = await begin({ ada: SLOW_READER }, { bounds: { usd: 50, quietTurns: 100 } });
		await create(host, "ada");
		await until(async () => ((await host.status("ada"))?.turns ?? 0) > 1, "some turns");
		await client.call(budgets.set, { ...FLEET, usd: 0.5 });
		const row = await host.state("ada", "stopped", 60_000);
		expect(row.reason).toContain("the fleet's budget of $0.50, 0 files");
	});

	test("goes on under what is reserved while the hub is away, never above it, and nobody gets any", async () => {
		const agents = { ada: SLOW_READER, bob: READER };
		const { host, hub, client, folder } = await begin(agents, { bounds: { usd: 0.6, quietTurns: 100 } });
		await client.call(budgets.set, { ...FLEET, usd: 5 });
		await create(host, "ada", { cap: "100 turns" });
		await until(async () => ((await host.status("ada"))?.turns ?? 0) > 0, "a turn");
		await hub.close();
		await expect(create(host, "bob")).rejects.toThrow("does not answer");
		expect(await host.status("bob")).toBeUndefined();
		const row = await host.state("ada", "stopped", 60_000);
		expect(row.reason).toMatch(/^the \$\d\.\d\d reserved for it, and no hub to reserve more, 0 files/);
		const [, granted = ""] = /the \$(\d\.\d\d) reserved/.exec(row.reason ?? "") ?? [];
		expect(row.costUsd).toBeLessThanOrEqual(Number(granted) + TURN);
		// The same hub on the same data and port: it hears what was spent meanwhile, once.
		const port = Number(new URL(hub.url).port);
		const again = await realHub(folder, port);
		const { spentUsd } = await settled(client);
		expect(again.url).toBe(hub.url);
		expect(spentUsd).toBeCloseTo(row.costUsd, 6);
	});

	test("holds also when its host is killed in the middle", async () => {
		const { host, client } = await begin({ ada: SLOW_READER }, { bounds: { quietTurns: 100 } });
		await client.call(budgets.set, { ...FLEET, usd: 0.8 });
		await create(host, "ada");
		await until(async () => ((await host.status("ada"))?.turns ?? 0) > 2, "some turns");
		await host.kill();
		await host.start();
		const row = await host.state("ada", "stopped", 60_000);
		expect(row.reason).toContain("the fleet's budget of $0.80, 0 files");
		expect(row.costUsd).toBeLessThanOrEqual(0.8 + TURN);
		expect((await settled(client)).spentUsd).toBeCloseTo(row.costUsd, 6);
	});

	test("that is spent lets no further Ralph round begin: the loop ends at it, says so, and owes nothing", async () => {
		const { host, client, model } = await begin({ ralph: SLOW_READER });
		await client.call(budgets.set, { usd: 0.25, ...FLEET });
		const start = (name: string) =>
			host.client.call(
				ralph.start,
				{ prompt: "[[agent:ralph]] Read on.", until: { command: "test -f never" }, name, worktree: false },
				{ launch: host.launch },
			);
		const ended = (name: string) =>
			until(
				async () => {
					const [loop] = (await host.client.call(ralph.status, { name })).loops;
					return loop !== undefined && loop.state !== "running" && loop;
				},
				`the end of ${name}; host said: ${host.complaints}`,
				60_000,
			);
		await start("fix");
		const spent = await ended("fix");
		expect(spent.rounds.map(({ outcome }) => outcome)).toEqual(["limit"]);
		expect(spent).toMatchObject({
			state: "limit",
			reason: expect.stringMatching(/^The fleet's budget of \$0\.25 has /),
		});
		const asked = model.requests.length;
		await start("again");
		expect(await ended("again")).toMatchObject({ state: "limit", rounds: [] });
		expect(model.requests).toHaveLength(asked);
		const ends = () => host.notices.filter(({ type }) => type !== "budget").map(({ text }) => text.split("$", 1)[0]);
		await until(() => ends().length > 1, "both ends");
		expect(ends()).toEqual([
			"Ralph loop fix ended without passing: The fleet's budget of ",
			"Ralph loop again ended without passing: The fleet's budget of ",
		]);
		await settled(client);
	});
});
