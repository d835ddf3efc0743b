import { expect, test } from "vitest";
import { realWorld } from "../../../src/world/real.ts";
import { type Body, testHub } from "../../hub/support.ts";
import { makeFolder } from "../../support/folder.ts";
import { tokensOf, WRITES, Writes } from "./writes.ts";

const HOUR = 3_600_000;
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

test("with the clock set back, and again over a restart, every service's ids and the feed's order only grow", async () => {
	const folder = makeFolder();
	const world = realWorld();
	let back = 0;
	const clock = { ...world.clock, now: () => world.clock.now() - back };
	const made: string[] = [];
	const everything = async (address: string, tokens: Awaited<ReturnType<typeof tokensOf>>): Promise<void> => {
		const writes = new Writes(address, tokens);
		for (const { name } of WRITES) await writes.done(name);
		for (const { answer } of writes.acknowledged) {
			// A change answers with the id of what it changed, which was made before.
			if (ULID.test(answer.id) && !made.includes(answer.id)) made.push(answer.id);
		}
	};
	const first = await testHub({ folder, world: { ...world, clock } });
	const tokens = await tokensOf(first.hub.address);
	await everything(first.hub.address, tokens);
	back = HOUR;
	await everything(first.hub.address, tokens);
	await first.hub.close();
	back = 3 * HOUR;
	const second = await testHub({ folder, world: { ...world, clock } });
	await everything(second.hub.address, tokens);
	expect(made.length).toBeGreaterThan(WRITES.length);
	expect(made).toEqual([...made].sort());
	const events: Body[] = await second.done("GET", "/feed/events?limit=1000&since=0");
	expect(events.length).toBeGreaterThan(WRITES.length);
	expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort());
	// Nothing of a list is hidden by its older time: the last page of the log ends with the last that was written.
	await second.done("POST", "/log", { text: "the last", agent: "a" });
	const { entries } = await second.done("GET", "/log?last=30d");
	expect(entries.at(-1).text).toBe("the last");
	const ids = entries.map(({ id }: Body) => id);
	expect(ids).toEqual([...ids].sort());
}, 120_000);
