import { expect, test } from "vitest";
import { makeFolder } from "../../support/folder.ts";
import { runHub } from "../hub-process.ts";
import { type Reply, testHub } from "../support.ts";

const FLEET = "captain";
const RACERS = 64;
const words = (k: number, round = 0) => ({
	fleet: FLEET,
	lieutenant: `01MT${String(round).padStart(4, "0")}${String(k).padStart(18, "0")}`,
	name: `lt${k}`,
	n: 1,
	spentUsd: 0,
});

test("64 launches at once race for the last dollar: exactly as many win as fit, every time", async () => {
	const { ask, done } = await testHub();
	for (const [round, each, fit] of [
		[1, 0.1, 10],
		[2, 0.3, 3],
		[3, 1, 1],
		[4, 1.01, 0],
	] as const) {
		await done("POST", "/budgets", { usd: 5, fleet: FLEET, fresh: true });
		const first = { ...words(RACERS, round), usd: 4 };
		await done("POST", "/budgets/reserve", first);
		await done("POST", "/budgets/settle", { ...words(RACERS, round), spentUsd: 4, open: false });
		const replies = await Promise.all(
			Array.from({ length: RACERS }, (_, k) => ask("POST", "/budgets/reserve", { ...words(k, round), usd: each })),
		);
		const winners = replies.filter(({ status }) => status === 200);
		expect(winners).toHaveLength(fit);
		expect(replies.filter(({ body }) => body.code === "budget_spent")).toHaveLength(RACERS - fit);
		const { spentUsd, reservedUsd } = await done("GET", `/budgets?fleet=${FLEET}`);
		expect([spentUsd, reservedUsd]).toEqual([4, expect.closeTo(fit * each, 9)]);
		// What they reserved goes back before the next round.
		await Promise.all(replies.map((_, k) => done("POST", "/budgets/settle", { ...words(k, round), open: false })));
	}
}, 60_000);

test("kill -9 in the middle of the race, and the same keys again: still exactly as many, none of them twice", async () => {
	const folder = makeFolder();
	for (let round = 0; round < 2; round++) {
		const first = await runHub(folder);
		await first.ask("POST", "/budgets", { usd: 1, fleet: FLEET, fresh: true });
		const reserve = (ask: typeof first.ask, k: number): Promise<Reply> =>
			ask(
				"POST",
				"/budgets/reserve",
				{ ...words(k, round), usd: 0.1 },
				{ headers: { "idempotency-key": `${round}-${k}` } },
			);
		const acknowledged = new Set<number>();
		let answers = 0;
		const race = Array.from({ length: RACERS }, async (_, k) => {
			try {
				const { status } = await reserve(first.ask, k);
				if (status === 200) acknowledged.add(k);
			} catch {
				// The hub is gone: what it did not answer may have been kept or not.
			}
			// The first answers have come, the others are under way.
			if (++answers === 1 + round * 3) first.child.kill("SIGKILL");
		});
		await Promise.all(race);
		first.child.kill("SIGKILL");
		await first.ended;

		const second = await runHub(folder);
		const winners: number[] = [];
		await Promise.all(
			Array.from({ length: RACERS }, async (_, k) => {
				for (let again = 0; again < 2; again++) {
					const { status } = await reserve(second.ask, k);
					if (status === 200 && again === 0) winners.push(k);
				}
			}),
		);
		expect(winners).toHaveLength(10);
		expect(winners).toEqual(expect.arrayContaining([...acknowledged]));
		const { body } = await second.ask("GET", `/budgets?fleet=${FLEET}`);
		expect(body).toMatchObject({ limitUsd: 1, spentUsd: 0, reservedUsd: 1 });
		await Promise.all(winners.map((k) => second.ask("POST", "/budgets/settle", { ...words(k, round), open: false })));
		second.child.kill("SIGTERM");
		await second.ended;
	}
}, 120_000);
