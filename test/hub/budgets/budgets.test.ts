import { describe, expect, test } from "vitest";
import { testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const host = { token: await mint("host", "01HOSTAAAAAAAAAAAAAAAAAAAA") };
let fleets = 0;
/** A fleet of its own for each test. */
async function fleet(usd?: number) {
	const name = `captain${++fleets}`;
	const boss = { token: await mint("orchestrator", name) };
	if (usd !== undefined) await done("POST", "/budgets", { usd, fleet: name });
	const lieutenant = (k: number): string => `01MT${String(fleets).padStart(4, "0")}${String(k).padStart(18, "0")}`;
	const words = (k: number, n: number) => ({ fleet: name, lieutenant: lieutenant(k), name: `lt${k}`, n });
	return {
		name,
		boss,
		lieutenant,
		reserve: (k: number, n: number, amount: number, more: object = {}) =>
			ask("POST", "/budgets/reserve", { ...words(k, n), spentUsd: 0, usd: amount, ...more }, host),
		settle: (k: number, n: number, spentUsd: number, open = true) =>
			done("POST", "/budgets/settle", { ...words(k, n), spentUsd, open }, host),
		show: () => done("GET", `/budgets?fleet=${name}`),
	};
}

describe("a budget", () => {
	test("is reserved, settled and given back", async () => {
		const { reserve, settle, show } = await fleet(5);
		expect((await reserve(1, 1, 2)).body).toMatchObject({ grantedUsd: 2, open: true, fleet: { reservedUsd: 2 } });
		await settle(1, 1, 0.75);
		expect(await show()).toMatchObject({ limitUsd: 5, spentUsd: 0.75, reservedUsd: 1.25 });
		await settle(1, 1, 0.8, false);
		expect(await show()).toMatchObject({ spentUsd: 0.8, reservedUsd: 0 });
	});

	test("refuses what does not fit, in words that say what is left and what to do", async () => {
		const { reserve } = await fleet(2);
		await reserve(1, 1, 1.5);
		const refused = await reserve(2, 1, 1);
		expect(refused).toMatchObject({ status: 409, body: { code: "budget_spent" } });
		expect(refused.body.error).toBe(
			"The fleet's budget of $2.00 has no $1.00 left: $0.00 is spent, $1.50 is reserved for work under way.",
		);
		expect(refused.body.remedy).toMatch(/smaller cap.*flagship budget set/);
		expect((await reserve(2, 2, 1, { leastUsd: 0.01 })).body).toMatchObject({ grantedUsd: 0.5, by: "fleet" });
	});

	test("of a fleet without one is neither kept nor counted, and one that is set counts from there", async () => {
		const { reserve, show, name } = await fleet();
		const free = (await reserve(1, 1, 900)).body;
		expect(free).not.toHaveProperty("grantedUsd");
		expect(await show()).toMatchObject({ spentUsd: 0, reservedUsd: 0, lieutenants: [] });
		await done("POST", "/budgets", { usd: 1, fleet: name });
		expect((await reserve(1, 2, 900, { leastUsd: 0 })).body).toMatchObject({ grantedUsd: 1, by: "fleet" });
	});

	test.each([0, -1, 0.001, 1e6, 1e300, "5", null])("of %j is refused in words", async (usd) => {
		const { name } = await fleet();
		const reply = await ask("POST", "/budgets", { usd, fleet: name });
		expect(reply).toMatchObject({ status: 400, body: { code: "invalid_input" } });
		expect(reply.body.error).toMatch(/a budget is 0.01 to 100000 US dollars/);
	});

	test.each([
		{ spentUsd: -1 },
		{ spentUsd: 1e300 },
		{ n: 0 },
		{ n: 1.5 },
		{ usd: -1 },
		{ usd: 1e12 },
		{ leastUsd: -1 },
	])("takes no reservation of %j", async (more) => {
		const { reserve } = await fleet(5);
		expect((await reserve(1, 1, 1, more)).status).toBe(400);
	});

	test("takes usage that comes twice, late and out of order", async () => {
		const { reserve, settle, show } = await fleet(5);
		await reserve(1, 1, 2);
		await settle(1, 1, 1);
		await settle(1, 1, 0.4);
		await settle(1, 1, 1);
		expect(await show()).toMatchObject({ spentUsd: 1, reservedUsd: 1 });
		await settle(1, 1, 1.2, false);
		// Its next work, and only then the last word about the one before.
		expect((await reserve(1, 2, 2, { spentUsd: 1.2 })).body).toMatchObject({ grantedUsd: 3.2 });
		await settle(1, 1, 1.1, false);
		expect(await show()).toMatchObject({ spentUsd: 1.2, reservedUsd: 2 });
	});

	test("that is lowered takes back what is reserved and not spent", async () => {
		const { reserve, settle, boss, show } = await fleet(5);
		await reserve(1, 1, 4);
		await settle(1, 1, 1);
		await done("POST", "/budgets", { usd: 2 }, boss);
		expect(await settle(1, 1, 1)).toMatchObject({ grantedUsd: 2, by: "fleet" });
		expect(await show()).toMatchObject({ spentUsd: 1, reservedUsd: 1 });
	});

	test("of a lieutenant holds beside its fleet's", async () => {
		const { reserve, lieutenant, name, show } = await fleet(5);
		await done("POST", "/budgets", { usd: 1, fleet: name, lieutenant: lieutenant(1) });
		expect((await reserve(1, 1, 2)).body.error).toMatch(/^lt1's budget of \$1\.00 has no \$2\.00 left/);
		expect((await reserve(1, 2, 2, { leastUsd: 0.01 })).body).toMatchObject({ grantedUsd: 1, by: "lieutenant" });
		expect((await reserve(2, 1, 4)).body).toMatchObject({ grantedUsd: 4 });
		expect((await show()).lieutenants).toMatchObject([{ reservedUsd: 4 }, { limitUsd: 1, reservedUsd: 1 }]);
	});

	test("is warned of once, at 80 %, and again when it was raised and is nearly spent again", async () => {
		const { reserve, settle, name } = await fleet(1);
		const warnings = async (): Promise<string[]> =>
			(await done("GET", "/feed/events?type=budget_warning&limit=1000"))
				.map((event: { summary: string }) => event.summary)
				.filter((text: string) => text.includes(name));
		await reserve(1, 1, 1);
		await settle(1, 1, 0.79);
		expect(await warnings()).toEqual([]);
		await settle(1, 1, 0.8);
		await settle(1, 1, 0.9);
		expect(await warnings()).toEqual([`the fleet of ${name} has spent $0.80 of $1.00`]);
		await done("POST", "/budgets", { usd: 2, fleet: name });
		await settle(1, 1, 1);
		expect(await warnings()).toHaveLength(1);
		await settle(1, 1, 1.7);
		expect(await warnings()).toHaveLength(2);
	});
});

describe("who may", () => {
	test("an orchestrator makes its own fleet's limit tighter, and never looser", async () => {
		const { boss, name } = await fleet();
		await done("POST", "/budgets", { usd: 5 }, boss);
		await done("POST", "/budgets", { usd: 4 }, boss);
		for (const body of [{ usd: 6 }, { usd: 4, fresh: true }, { usd: 3, fresh: true }])
			expect((await ask("POST", "/budgets", body, boss)).body.code).toBe("forbidden");
		expect((await ask("POST", "/budgets/lift", {}, boss)).body.code).toBe("forbidden");
		expect((await ask("POST", "/budgets", { usd: 1, fleet: `not-${name}` }, boss)).body.code).toBe("forbidden");
		expect(await done("POST", "/budgets", { usd: 6, fleet: name })).toMatchObject({ limitUsd: 6 });
		expect(await done("POST", "/budgets/lift", { fleet: name })).not.toHaveProperty("limitUsd");
	});

	test("no lieutenant sets, reserves or settles; a host speaks for its own lieutenants", async () => {
		const { name, reserve, lieutenant } = await fleet(5);
		const lt = { token: await mint("lieutenant", "eve") };
		for (const [path, body] of [
			["/budgets", { usd: 1, fleet: name }],
			["/budgets/reserve", {}],
			["/budgets/settle", {}],
		] as const)
			expect((await ask("POST", path, body, lt)).body.code).toBe("forbidden");
		await reserve(1, 1, 1);
		const other = { token: await mint("host", "01HOSTBBBBBBBBBBBBBBBBBBBB") };
		const words = { fleet: name, lieutenant: lieutenant(1), name: "lt1", n: 2, spentUsd: 0, open: false };
		expect((await ask("POST", "/budgets/settle", words, other)).body.code).toBe("forbidden");
	});

	test("a session that has lost its name reserves nothing in it", async () => {
		const { reserve } = await fleet(5);
		expect((await reserve(1, 1, 1, { generation: 3 })).status).toBe(200);
		expect((await reserve(2, 1, 1, { generation: 2 })).body.code).toBe("lease_lost");
		expect((await reserve(2, 2, 1)).status).toBe(200);
	});
});

test("the person's default holds for every fleet that has no limit of its own", async () => {
	const limited = await testHub({ budgets: { fleetUsd: 3, warnPercent: 80 } });
	const words = { fleet: "any", lieutenant: "01LT", name: "lt", n: 1, spentUsd: 0 };
	expect((await limited.ask("POST", "/budgets/reserve", { ...words, usd: 4 })).body.code).toBe("budget_spent");
	expect(await limited.done("POST", "/budgets/reserve", { ...words, n: 2, usd: 3 })).toMatchObject({ grantedUsd: 3 });
	expect(await limited.done("POST", "/budgets/lift", { fleet: "any" })).not.toHaveProperty("limitUsd");
});
