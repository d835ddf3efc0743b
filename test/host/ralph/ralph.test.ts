import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import * as lieutenants from "../../../src/contract/lieutenants.ts";
import * as contract from "../../../src/contract/ralph.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { processesNaming } from "../../support/leftovers.ts";
import { makeModel, type Script, type Step } from "../../support/model.ts";
import { describeEachPi, type Pi, pis } from "../../support/pi.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { until } from "../../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const bash = (command: string): Step => ({ toolCalls: [{ name: "bash", arguments: { command } }] });
const say = (text: string): Step => ({ text });
/** One piece of work that leaves a file, and an answer. */
const work = (file: string, command = `echo ${file} > ${file}`): readonly Step[] => [
	bash(command),
	say(`made ${file}`),
];

const stage = (pi: Pi) => async (script: Script) => {
	const model = await makeModel({ script });
	// Only the loop: gates have tests of their own.
	const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off,gates.board=off" } });
	const host = new TestHost(home, pi);
	hosts.push(host);
	await host.start();
	const start = (more: Record<string, unknown> = {}) =>
		host.client.call(
			contract.start,
			{ prompt: "[[agent:ralph]] Make it pass.", until: { command: "test -f three" }, name: "fix", ...more },
			{ launch: host.launch },
		);
	/** The lieutenant of the round under way, once it does this. */
	const doing = (what: string) =>
		until(
			() => [...host.client.lieutenants.values()].find((row) => row.name === "fix" && row.tool?.includes(what)),
			`a round in ${what}; host said: ${host.complaints}`,
			60_000,
		);
	const loop = async (): Promise<contract.Ralph> => {
		const { loops } = await host.client.call(contract.status, { name: "fix" });
		const [found] = loops;
		if (found === undefined) throw new Error("there is no loop");
		return found;
	};
	const ended = () =>
		until(
			async () => {
				const now = await loop();
				return now.state !== "running" && now;
			},
			"the loop's end",
			60_000,
		);
	return { model, home, host, start, doing, loop, ended };
};

await describeEachPi("a Ralph loop on real pi", (pi) => {
	const begin = stage(pi);

	test("gives each round a fresh mind, ends when the command passes in the third, and says so once", async () => {
		const { model, home, host, start, ended } = await begin({
			agents: { ralph: [...work("one"), ...work("two"), ...work("three")] },
		});
		const begun = await start();
		expect(begun).toMatchObject({ state: "running", name: "fix", max: 10, budget: 10, rounds: [] });
		const loop = await ended();
		expect(loop).toMatchObject({ state: "passed", reason: "`test -f three` passes after round 3" });
		expect(loop.rounds.map(({ n, outcome, passed, wrote, turns }) => [n, outcome, passed, wrote, turns])).toEqual([
			[1, "answered", false, true, 2],
			[2, "answered", false, true, 2],
			[3, "answered", true, true, 2],
		]);
		expect(new Set(loop.rounds.map((round) => round.lieutenant)).size).toBe(3);
		const firsts = model.requests.filter((request) => request.turns === 0);
		expect(firsts).toHaveLength(3);
		for (const [index, request] of firsts.entries()) {
			expect(request.users.join()).toContain(`This is round ${index + 1} of at most 10`);
			expect(JSON.stringify(request.body)).not.toContain("made one");
		}
		await until(() => host.notices.length > 0, "the notice");
		expect(host.notices.map((notice) => notice.type)).toEqual(["completion"]);
		expect(host.notices[0]?.text).toMatch(/^Ralph loop fix passed: `test -f three` passes after round 3\. 3 rounds, /);
		expect(readdirSync(home.work).sort()).toEqual(["one", "three", "two"]);
		await until(() => processesNaming(home.agent).every((pid) => pid === host.pid), "the end of the last process");
		// Each session is kept; what holds the model's keys is not.
		const folder = (id: string) => `${home.flagship}/lieutenants/${id}`;
		const ids = loop.rounds.map((round) => round.lieutenant);
		for (const id of ids) expect(readdirSync(`${folder(id)}/session`)).toHaveLength(1);
		await until(() => ![...ids, loop.id].some((id) => existsSync(`${folder(id)}/launch.json`)), "no keys left");
	});

	test("goes on where it was after a kill -9 of its host in the middle of a round, and runs no round twice", async () => {
		const { model, host, start, doing, loop, ended } = await begin({
			agents: { ralph: [...work("one"), ...work("two", "sleep 4; echo two > two"), ...work("three")] },
		});
		await start();
		expect((await doing("sleep")).round).toBe("2/10");
		const before = await loop();
		await host.kill();
		await host.start();
		const after = await ended();
		expect(after.state).toBe("passed");
		expect(after.rounds).toHaveLength(3);
		expect(after.rounds[1]?.lieutenant).toBe(before.rounds[1]?.lieutenant);
		expect(model.requests.filter((request) => request.turns === 0)).toHaveLength(3);
		await until(() => host.notices.length > 0, "the notice");
		expect(host.notices.map((notice) => notice.type)).toEqual(["completion"]);
	});

	test("is stopped in the middle of a round: its process is gone, and no further round begins", async () => {
		const { model, home, host, start, doing, loop } = await begin({
			agents: { ralph: [...work("one"), bash("sleep 300")] },
		});
		await start();
		await doing("sleep");
		const { loop: stopped } = await host.client.call(contract.stop, { name: "fix" });
		expect(stopped).toMatchObject({ state: "stopped", reason: "by captain" });
		expect(stopped.rounds.map(({ outcome }) => outcome)).toEqual(["answered", "ended"]);
		expect(processesNaming(home.agent).filter((pid) => pid !== host.pid)).toEqual([]);
		expect((await host.status("fix"))?.state).toBe("gone");
		const asked = model.requests.length;
		await host.kill();
		await host.start();
		expect((await loop()).state).toBe("stopped");
		expect(model.requests).toHaveLength(asked);
		expect(host.notices).toEqual([]);
	});
});

const [first] = await pis();
if (first === undefined) throw new Error("there is no pi");
const begin = stage(first);

describe("a Ralph loop", { timeout: 120_000 }, () => {
	test("ends at its rounds, and when three rounds in a row write nothing; nobody else is told", async () => {
		const { host, start, ended } = await begin({
			agents: {
				busy: { after: say("nothing to say") },
				idle: { after: say("I have looked.") },
			},
			rules: [{ key: "busy", last: "/^(?!.*wrote)/", ...bash("date +%N >> log; echo wrote") }],
		});
		await start({ prompt: "[[agent:busy]] go", max: 2 });
		expect(await ended()).toMatchObject({ state: "limit", reason: "2 rounds" });
		await start({ prompt: "[[agent:idle]] go" });
		const stuck = await ended();
		expect(stuck.rounds).toHaveLength(3);
		expect(stuck).toMatchObject({ state: "stuck", reason: "3 rounds in a row wrote nothing (the last: answered)" });
		await until(() => host.notices.length === 2, "both ends");
		expect(host.notices.map((notice) => notice.type)).toEqual(["limit", "limit"]);
		expect(host.notices[1]?.text).toContain("ended without passing");
	});

	test("a round that only reads is ended at its turns, and the next one begins anew", async () => {
		const { start, ended } = await begin({
			agents: { ralph: { after: { toolCalls: [{ name: "read", arguments: { path: "x" } }] } } },
		});
		await start({ turns: 2, max: 2 });
		const loop = await ended();
		expect(loop.rounds.map(({ outcome }) => outcome)).toEqual(["limit", "limit"]);
		expect(loop).toMatchObject({ state: "limit", reason: "2 rounds" });
	});

	test("begins no round where the command passes already, and says so", async () => {
		const { model, host, start, ended } = await begin({});
		await start({ until: { command: "true" } });
		expect(await ended()).toMatchObject({ state: "passed", rounds: [] });
		await until(() => host.notices.length > 0, "the notice");
		expect(host.notices[0]?.text).toContain("`true` passes already, before any round");
		expect(model.requests).toEqual([]);
	});

	test("ending all lieutenants ends it; ending its round's does, too", async () => {
		const { host, start, doing, ended } = await begin({ agents: { ralph: { after: bash("sleep 300") } } });
		await start();
		await doing("sleep");
		await host.client.call(lieutenants.destroy, { name: "fix" });
		expect(await ended()).toMatchObject({ state: "stopped", reason: "the lieutenant of round 1 was ended" });
		await start();
		await doing("sleep");
		await host.client.call(lieutenants.destroy, { name: "*" });
		expect(await ended()).toMatchObject({ state: "stopped", reason: "by captain" });
	});

	test("a command that hangs, forks and floods is ended each time, with what it started", async () => {
		const { home, host, start, ended } = await begin({ agents: { ralph: [...work("one"), ...work("two")] } });
		await host.kill();
		writeFileSync(`${home.flagship}/settings.json`, JSON.stringify({ bounds: { checkSeconds: 1 } }));
		await host.start();
		const command = "sleep 300 & echo $! >> pids; yes flood & echo $! >> pids; wait";
		await start({ until: { command }, max: 1 });
		const loop = await ended();
		expect(loop.rounds[0]?.says).toContain("it ran for 1 s and was ended");
		expect(loop).toMatchObject({ state: "limit", reason: "1 rounds" });
		const pids = readFileSync(`${home.work}/pids`, "utf8").trim().split("\n").map(Number);
		expect(pids).toHaveLength(4);
		const { started } = realWorld().spawn;
		await until(() => pids.every((pid) => started(pid) === undefined), "the end of all that it started");
	});

	test("what cannot be a loop is refused in words, and leaves nothing", async (context) => {
		const { home, host, start } = await begin({});
		for (const max of [0, -1, 1e9, 1.5]) await expect(start({ max }), String(max)).rejects.toThrow("max:");
		for (const budget of [0, -3, 1e12]) await expect(start({ budget })).rejects.toThrow("budget:");
		for (const minutes of [0, 1e9]) await expect(start({ minutes })).rejects.toThrow("minutes:");
		await expect(start({ prompt: " \n" })).rejects.toThrow("prompt");
		await expect(start({ until: { command: " " } })).rejects.toThrow("until.command");
		await expect(start({ until: {} })).rejects.toThrow("until.command is required");
		await expect(start({ name: "../evil" })).rejects.toThrow("cannot be a name");
		await expect(start({ cwd: "nowhere" })).rejects.toThrow(`there is no folder ${home.work}/nowhere`);
		writeFileSync(`${home.work}/file`, "");
		await expect(start({ cwd: "file" })).rejects.toThrow(`there is no folder ${home.work}/file`);
		await expect(start({ cwd: `${home.flagship}/host` })).rejects.toThrow("Flagship's own folder");
		await expect(host.client.call(contract.stop, { name: "fix" })).rejects.toThrow("No Ralph loop 'fix'.");
		await host.create({ name: "fix" });
		await expect(start()).rejects.toThrow("There is already a lieutenant 'fix'.");
		const disk = smallDisk(8);
		if (disk === undefined) return context.skip("a small disk cannot be mounted here");
		await expect(start({ name: "full", cwd: disk.folder })).rejects.toThrow(
			/disk of .* has \d MB free; new work needs/,
		);
		const { loops } = await host.client.call(contract.status, {});
		expect(loops).toEqual([]);
	});
});
