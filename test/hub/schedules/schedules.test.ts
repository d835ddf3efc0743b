import { describe, expect, test, vi } from "vitest";
import { realWorld } from "../../../src/world/real.ts";
import type { World } from "../../../src/world.ts";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import { runHub } from "../hub-process.ts";
import { type Play, type PlayedHost, playHost } from "../played-host.ts";
import { ADMIN, type Body, caller, testHub } from "../support.ts";

vi.setConfig({ testTimeout: 60_000 });

const world = realWorld();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A world whose time passes when told; what the hub does by itself every five seconds is done then. */
function hurried(begin: string) {
	let now = Date.parse(begin);
	const chores: (() => void)[] = [];
	const clock: World["clock"] = {
		...world.clock,
		now: () => now,
		every(ms, run) {
			if (ms === 5_000) chores.push(run);
			return world.clock.every(ms, run);
		},
	};
	return {
		world: { ...world, clock },
		pass(ms: number) {
			now += ms;
			for (const chore of chores) chore();
		},
	};
}

const SENT: Play = (call) => ({
	output: {
		message: {
			...{ id: "m", lieutenant: "id-of-ada", mode: "prompt", text: "x", receipt: "queued", attempts: 1 },
			...{ createdAt: "t", changedAt: "t" },
		},
		of: call.id,
	},
});

async function hostOf(ask: ReturnType<typeof caller>, play: Play): Promise<PlayedHost> {
	const { body } = await ask("POST", "/tokens", { role: "host", name: "here" });
	return playHost(body.token.host ?? "here", body.secret, play);
}

const daily = {
	...{ name: "morning", kind: "prompt", cron: "30 2 * * *", zone: "Europe/Berlin" },
	input: { name: "ada", message: "Look at the queue" },
};

describe("a schedule", () => {
	test("is due by its own zone, once on a day of 23 hours and once on a day of 25", async () => {
		const at = hurried("2026-03-28T12:00:00Z");
		const { done, hub } = await testHub({ world: at.world });
		const host = await hostOf(caller(hub.address), SENT);
		await host.link(hub.address);
		await host.say("ada");
		// 02:30 is not there on the 29th of March, and twice on the 25th of October.
		expect(await done("POST", "/schedules", daily)).toMatchObject({ next: "2026-03-29T01:00:00.000Z", by: "admin" });
		const next = async (): Promise<Body> => (await done("GET", "/schedules")).schedules[0];
		const ran = (count: number) =>
			until(async () => (await done("GET", "/feed/events?type=schedule_ran")).length === count, `${count} runs`);
		at.pass(13 * HOUR);
		await ran(1);
		expect(await next()).toMatchObject({
			next: "2026-03-30T00:30:00.000Z",
			last: { due: "2026-03-29T01:00:00.000Z", outcome: "done", said: "sent to ada" },
		});
		at.pass(30 * MINUTE);
		at.pass(HOUR);
		expect(host.calls).toHaveLength(1);
		// The hub was not awake for months: one run makes up for all of them.
		at.pass(Date.parse("2026-10-24T23:00:00Z") - Date.parse("2026-03-29T02:30:00Z"));
		await ran(2);
		expect(await next()).toMatchObject({ next: "2026-10-25T00:30:00.000Z" });
		at.pass(90 * MINUTE);
		await ran(3);
		at.pass(HOUR);
		expect(await next()).toMatchObject({ next: "2026-10-26T01:30:00.000Z" });
		expect(host.calls.map(({ operation, target }) => [operation, target])).toEqual(
			Array.from({ length: 3 }, () => ["lieutenants.send", "id-of-ada"]),
		);
		expect(new Set(host.calls.map(({ key }) => key)).size).toBe(3);
		expect(host.calls[0]).toMatchObject({ input: { message: "Look at the queue" }, author: { name: "admin" } });
	});

	test("is asked again while its host is away, and ends as failed with the refusal when that is final", async () => {
		const at = hurried("2026-06-01T00:00:00Z");
		const { done, hub } = await testHub({ world: at.world });
		const host = await hostOf(caller(hub.address), (call) =>
			host.calls.length > 1 ? { error: { error: "ada is gone", code: "conflict", remedy: "-" } } : SENT(call),
		);
		await host.link(hub.address);
		await host.say("ada");
		await host.unlink();
		await done("POST", "/schedules", daily);
		at.pass(HOUR);
		const row = async (): Promise<Body> => (await done("GET", "/schedules")).schedules[0];
		await until(async () => (await row()).running === "2026-06-01T00:30:00.000Z", "the run to be begun");
		await host.link(hub.address);
		await until(async () => {
			at.pass(MINUTE);
			return (await row()).last?.outcome === "done";
		}, "the run to be done");
		expect(host.calls).toHaveLength(1);
		at.pass(DAY);
		await until(async () => (await row()).last?.outcome === "failed", "the refusal");
		expect(await row()).toMatchObject({ last: { said: "ada is gone" }, next: "2026-06-03T00:30:00.000Z" });
		expect(await done("GET", "/feed/events?type=schedule_failed")).toMatchObject([
			{ agent: "admin", actor: "hub", summary: "morning: ada is gone" },
		]);
	});

	test("says at once what is wrong with it, and gives nobody a right that he has not", async () => {
		const { ask, done, mint } = await testHub();
		const wrong = async (more: object, token = ADMIN) => {
			const { status, body } = await ask("POST", "/schedules", { ...daily, ...more }, { token });
			return [status, body.error];
		};
		expect(await wrong({ cron: "every day" })).toEqual([400, expect.stringContaining("five parts")]);
		expect(await wrong({ cron: "61 * * * *" })).toEqual([400, expect.stringContaining("cron:")]);
		expect(await wrong({ cron: "0 0 30 2 *" })).toEqual([400, expect.stringContaining("never due")]);
		expect(await wrong({ zone: "Mars/Olympus" })).toEqual([400, expect.stringContaining("Mars/Olympus")]);
		expect(await wrong({ input: {} })).toEqual([400, expect.stringContaining("message")]);
		expect(await wrong({ kind: "ralph" })).toEqual([400, expect.stringContaining("prompt")]);
		const boss = await mint("orchestrator", "boss");
		expect((await wrong({ kind: "backup", input: {} }, boss))[0]).toBe(403);
		expect((await wrong({}, await mint("lieutenant", "ada")))[0]).toBe(403);
		await done("POST", "/schedules", { ...daily, name: "nightly", kind: "backup", input: {} });
		expect((await ask("POST", "/schedules/nightly/run", {}, { token: boss })).status).toBe(403);
		expect((await ask("POST", "/schedules", { ...daily, name: "nightly" })).status).toBe(409);
		expect(await done("DELETE", "/schedules/nightly")).toEqual({ deleted: true });
		expect((await ask("DELETE", "/schedules/nightly")).status).toBe(404);
	});

	test("makes a backup of the hub, also when asked before its time", async () => {
		const { done } = await testHub();
		await done("POST", "/log", { text: "kept", agent: "ada" });
		await done("POST", "/schedules", { name: "nightly", kind: "backup", cron: "30 3 * * *" });
		const ran = await done("POST", "/schedules/nightly/run", {});
		const { backups } = await done("GET", "/backups");
		expect(ran.last).toMatchObject({ outcome: "done", said: backups[0].name });
		expect(backups).toHaveLength(1);
	});
});

test("a hub that is killed between a run's beginning and its end does that run again by the same key, and no second one", async () => {
	const folder = makeFolder();
	// Made a month ago, by a hub that has not run since.
	const past = hurried(new Date(Date.now() - 30 * DAY).toISOString());
	const before = await testHub({ folder, world: past.world });
	await before.done("POST", "/schedules", { ...daily, zone: "UTC" });
	await before.hub.close();

	const first = await runHub(folder);
	let answers = false;
	const host = await hostOf(first.ask, (call) => (answers ? SENT(call) : undefined));
	await host.link(first.address);
	await host.say("ada");
	await until(() => host.calls.length === 1, "the run that was missed", 30_000);
	first.child.kill("SIGKILL");
	await first.ended;
	await host.unlink();

	const second = await runHub(folder);
	answers = true;
	await host.link(second.address);
	const row = async (): Promise<Body> => (await second.ask("GET", "/schedules")).body.schedules[0];
	// It may have been due before the host was back: then it is asked again a minute later, by hand here.
	await until(() => host.calls.length > 1 || row().then(({ running }) => running !== undefined), "the run", 30_000);
	await until(
		async () => {
			if ((await row()).running !== undefined && host.calls.length < 2)
				await second.ask("POST", "/schedules/morning/run", {});
			return (await row()).last?.outcome === "done";
		},
		"the run to be done",
		30_000,
	);
	expect(host.calls).toHaveLength(2);
	expect(host.calls[1]).toMatchObject({ key: host.calls[0]?.key, operation: "lieutenants.send" });
	const { next, last } = await row();
	// Of all that were missed the last.
	expect(Date.parse(last.due)).toBeGreaterThan(Date.now() - 2 * DAY);
	expect(Date.parse(next)).toBeGreaterThan(Date.now());
	expect((await second.ask("GET", "/feed/events?type=schedule_ran")).body).toHaveLength(1);
	second.child.kill("SIGTERM");
	await second.ended;
});
