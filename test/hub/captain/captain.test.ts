/** A day that is known to the last event, and what the captain's log says of it. */
import { describe, expect, test, vi } from "vitest";
import { spanOf } from "../../../src/hub/captain/day.ts";
import { until } from "../../support/until.ts";
import { type Play, playHost } from "../played-host.ts";
import { type Body, type TestHub, testHub, worldAt } from "../support.ts";

vi.setConfig({ testTimeout: 60_000 });

const HOUR = 3_600_000;
const DATE = "2026-03-29";
const ZONE = "Europe/Berlin";
/** Clocks go forward on that day: it has 23 hours. */
const FROM = Date.parse("2026-03-28T23:00:00Z");
const TO = Date.parse("2026-03-29T22:00:00Z");
const five = (total: number) => ({ input: total, output: 0, cacheRead: 0, cacheWrite: 0, total });

test.each([
	["2026-03-29", "Europe/Berlin", 23],
	["2026-10-25", "Europe/Berlin", 25],
	["2018-11-04", "America/Sao_Paulo", 23],
	["2026-02-28", "Asia/Kathmandu", 24],
	["2026-12-31", "Pacific/Kiritimati", 24],
])("%s in %s has %d hours, and ends where the next begins", (date, zone, hours) => {
	const { from, to } = spanOf(date, zone);
	expect((to - from) / HOUR).toBe(hours);
	const next = new Date(Date.parse(date) + 24 * HOUR).toISOString().slice(0, 10);
	expect(spanOf(next, zone).from).toBe(to);
});

test.each(["2026-02-30", "2026-13-01"])("there is no day %s", (date) => {
	expect(() => spanOf(date, "UTC")).toThrow(/there is no day/);
});

interface Day extends TestHub {
	at(ms: number): void;
}

/** A hub with exactly that day, something before it and something after it. */
async function aDay(): Promise<Day> {
	let now = FROM - HOUR;
	const hub = await testHub({ world: worldAt(() => now), publicUrl: "https://hub.example" });
	const { done } = hub;
	const log = (n: number) => done("POST", "/log", { text: `entry ${n}`, agent: "ada" });
	const finished = async (n: number) => {
		const { id } = await done("POST", "/board/tasks", { title: `task ${n}`, createdBy: "ada" });
		await done("PATCH", `/board/tasks/${id}`, { status: "done" });
		return id;
	};
	const used = (id: string, at: number, tokens: number, usd: number) =>
		done("POST", "/usage/sessions", {
			...{ sessionId: id, agent: "ada", model: "m", tokens: five(tokens), cost: five(usd), turns: 1 },
			...{ startedAt: new Date(at).toISOString(), endedAt: new Date(at + 1).toISOString() },
		});
	const skill = (name: string) =>
		done("POST", "/skills/items", {
			publishedBy: "ada",
			name,
			description: "d",
			content: `---\nname: ${name}\ndescription: d\n---\n\nText.`,
		});
	const incident = (host: string) =>
		done("POST", "/incidents", { cause: "capacity", type: "refused", what: "no room", host });
	const fired = (verdict: string) =>
		done("POST", "/feed/events", {
			agent: "ada",
			type: "custom",
			summary: "s",
			metadata: { gate: "workLog", verdict },
		});

	now = FROM - 1;
	for (let n = 0; n < 4; n++) await log(n);
	const before = await finished(0);
	await finished(1);
	await used("before", FROM - 1, 1_000, 1);
	await skill("first");
	await incident("long-ago");
	await fired("refused");

	now = FROM;
	for (let n = 0; n < 32; n++) await log(n);
	now = FROM + 12 * HOUR;
	for (let n = 0; n < 37; n++) await finished(n);
	// Done before, opened again and done again: one of the 38, and no new one since the start.
	await done("PATCH", `/board/tasks/${before}`, { status: "open" });
	await done("PATCH", `/board/tasks/${before}`, { status: "done" });
	for (let n = 0; n < 13; n++)
		await used(`s${n}`, FROM + n * HOUR, n === 0 ? 476_000 : 477_000, n === 0 ? 0.43 : 0.4333);
	await used("s0", FROM, 476_000, 0.4304);
	await skill("second");
	await incident("here");
	await done("POST", `/incidents/${(await incident("there")).id}/close`, {});
	for (const verdict of ["refused", "refused", "waited"]) await fired(verdict);
	now = TO - 1;
	const inDay = async (): Promise<number> =>
		(await done("GET", "/feed/events?limit=1000")).filter(
			({ timestamp }: Body) => Date.parse(timestamp) >= FROM && Date.parse(timestamp) < TO,
		).length;
	for (let left = 604 - (await inDay()); left > 0; left--)
		await done("POST", "/feed/events", { agent: "lt-7", type: "custom", summary: "s" });

	now = TO;
	await log(99);
	await finished(99);
	await used("after", TO, 1_000, 1);
	now = TO + 6 * HOUR;
	return {
		...hub,
		at: (ms) => {
			now = ms;
		},
	};
}

const MERGES = {
	merges: [
		{ repository: "/r", commit: "a", type: "branch", at: "t", subject: "s" },
		{ repository: "/r", commit: "b", type: "branch", at: "t", subject: "s" },
		{ repository: "/q", commit: "c", type: "pull_request", at: "t", subject: "s" },
	],
	...{ count: 3, unread: [] },
};

async function linked({ done, hub }: Day, play: Play) {
	const { secret } = await done("POST", "/tokens", { role: "host", name: "here" });
	const host = playHost("here", secret, (call) =>
		call.operation === "repositories.merges" ? { output: MERGES } : play(call),
	);
	await host.link(hub.address);
	return host;
}

const figuresOf = ({ figures }: Body): Record<string, number> =>
	Object.fromEntries(figures.map(({ name, value }: Body) => [name, value]));

describe("the captain's log", () => {
	test("has exactly what there was in that day of that zone, and says what it was made from", async () => {
		const day = await aDay();
		const { done } = day;
		const host = await linked(day, () => ({ error: { error: "no model", code: "conflict", remedy: "-" } }));
		await host.say("ada");
		const logged = await done("POST", "/captains-log", { zone: ZONE, share: "7d" });
		expect(logged).toMatchObject({ date: DATE, from: "2026-03-28T23:00:00.000Z", to: "2026-03-29T22:00:00.000Z" });
		expect(figuresOf(logged)).toEqual({
			...{ events: 604, entries: 32, tasks_done: 38, tasks_done_ever: 39, branches: 2, pull_requests: 1 },
			...{ sessions: 13, sessions_known: 13, tokens: 6_200_000, cost: 5.63, skills: 2 },
			...{ incidents: 2, incidents_open: 2, lieutenants: 1, lieutenants_local: 1, gates: 3, gate_workLog: 3 },
		});
		expect(logged.provenance).toBe(
			"Synthesized from 32 work log entries, 604 feed events, 38 tasks done, 13 sessions begun, 6,200,000 tokens, a cost of $5.63, 2 branches merged, 1 pull requests merged.",
		);
		// Its lieutenant could not be made: the page stands, and says so.
		expect(logged.narrator).toBe("The digest stands without a narrative: no model");
		const { content, title } = await done("GET", `/reports/${logged.report}`);
		expect(title).toBe(`Captain's log, ${DATE}`);
		expect(content).toContain("| feed events | 604 |");
		expect(content.trimEnd().split("\n").at(-1)).toBe(logged.provenance);
		const shared = await fetch(logged.url.replace("https://hub.example", day.hub.address));
		expect(await shared.text()).toContain("6,200,000");
		expect((await done("GET", "/journal?last=7d")).entries).toMatchObject([{ tags: ["captains-log"] }]);
		// Made again it is the same: nothing that it wrote itself is counted, and no second report is there.
		const again = await done("POST", "/captains-log", { date: DATE, zone: ZONE, narrate: false });
		expect([figuresOf(again), again.report]).toEqual([figuresOf(logged), logged.report]);
		expect((await done("GET", "/reports?tag=captains-log")).count).toBe(1);
		expect((await done("GET", "/journal?last=7d")).count).toBe(1);
		expect((await done("GET", `/reports/${logged.report}/versions`)).count).toBe(1);
	});

	test("says what it does not know when no host is there, and knows no day that has not begun", async () => {
		const day = await aDay();
		const { notes, narrator, figures } = await day.done("POST", "/captains-log", { date: DATE, zone: ZONE });
		expect(notes).toContain("No host is linked: what was merged is not known.");
		expect(narrator).toBe("No host is linked: the digest stands without a narrative.");
		expect(figures.map(({ name }: Body) => name)).not.toContain("branches");
		for (const wrong of [{ date: "2026-03-31" }, { date: "2026-02-30" }, { zone: "Mars/Base" }])
			expect((await day.ask("POST", "/captains-log", wrong)).status).toBe(400);
		expect((await day.ask("GET", "/captains-log/2020-01-01")).status).toBe(404);
	});

	test("has a lieutenant tell the day; a figure that the digest lacks is refused, twice and then for good", async () => {
		const day = await aDay();
		const { done, ask, mint } = day;
		const host = await linked(day, () => ({ output: {} }));
		const { report, narrator } = await done("POST", "/captains-log", { date: DATE, zone: ZONE });
		expect(narrator).toBe("lt-captains-log writes the narrative.");
		const call = host.calls.find(({ operation }) => operation === "lieutenants.create");
		expect(call?.input).toMatchObject({
			...{ name: "lt-captains-log", worktree: false, deliverable: "report", cap: "20 turns, 0.50 usd" },
			task: expect.stringContaining("captains_log_narrate"),
		});
		const token = await mint("lieutenant", "lt-captains-log");
		const hand = (text: string) => ask("POST", `/captains-log/${DATE}/narrative`, { text }, { token });
		const invented = await hand("40 tasks were done today, and 604 events tell of it.");
		expect(invented).toMatchObject({ status: 422, body: { code: "figure_unknown" } });
		const wrong = await hand("On 29 March ninety-nine tasks were done.");
		expect([wrong.status, wrong.body.error]).toEqual([422, expect.stringContaining("99 tasks")]);
		expect(await hand("604 events.")).toMatchObject({ status: 409 });
		expect(await done("GET", "/feed/events?type=captains_log_refused")).toHaveLength(2);
		expect((await done("GET", `/reports/${report}`)).version).toBe(1);
		// Asked for anew.
		await done("POST", "/captains-log", { date: DATE, zone: ZONE });
		const told = "On 29 March 2026 lt-7 and ada finished 38 tasks in 13 sessions, for $5.63 and 6.2 million tokens.";
		expect(await hand(told)).toMatchObject({ status: 200, body: { report } });
		const { content, version } = await done("GET", `/reports/${report}`);
		expect([version, content.includes(told)]).toEqual([2, true]);
		expect(content.trimEnd().split("\n").at(-1)).toMatch(/^Synthesized from 32 work log entries, 604 feed events/);
		expect((await done("GET", "/journal?last=7d")).entries.at(-1)).toMatchObject({ author: "lt-captains-log" });
		expect(await done("GET", `/captains-log/${DATE}`)).toMatchObject({ narrated: true, report });
	});

	test("is made by schedule, of the day before, by the schedule's zone", async () => {
		const day = await aDay();
		const schedule = { name: "log", kind: "captains_log", cron: "0 6 * * *", zone: ZONE, input: { narrate: false } };
		const { ask, done } = day;
		expect((await ask("POST", "/schedules", { ...schedule, input: { date: DATE } })).status).toBe(400);
		await done("POST", "/schedules", schedule);
		const { last } = await done("POST", "/schedules/log/run", {});
		expect(last).toMatchObject({ outcome: "done", said: expect.stringContaining("No narrative was asked for") });
		await until(async () => (await ask("GET", `/captains-log/${DATE}`)).status === 200, "the log");
		expect(figuresOf(await done("GET", `/captains-log/${DATE}`))).toMatchObject({ events: 604, tasks_done: 38 });
	});
});
