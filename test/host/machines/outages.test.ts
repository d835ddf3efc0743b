/** Machines that are not reached, as an incident: what is told by itself, and from two real hosts into a real hub. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Lieutenant } from "../../../src/contract/lieutenants.ts";
import { type Lost, Outages, outage } from "../../../src/host/machines/outages.ts";
import { Spool } from "../../../src/host/store/spool.ts";
import { masker } from "../../../src/mask.ts";
import { ADMIN, type Body, testHub } from "../../hub/support.ts";
import { makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { pis } from "../../support/pis.ts";
import { until } from "../../support/until.ts";
import { TestStore } from "../database.ts";

const row = (name: string, place: string, state: Lieutenant["state"], reason?: string): Lieutenant =>
	({ id: name, name, place, state, ...(reason === undefined ? {} : { reason }) }) as Lieutenant;
const moment = { episode: "E", at: "2026-01-01T00:00:00.000Z", mask: masker([{ name: "KEY", value: "tell-nobody" }]) };

function play(...steps: readonly (readonly Lieutenant[])[]) {
	let lost: Lost | undefined;
	return steps.map((rows) => {
		const step = outage(lost, rows, moment);
		lost = step.lost;
		return step.told.map(({ type, input }) => (type === "close" ? "all clear" : `${input.type}: ${input.what}`));
	});
}

describe("machines that are not reached", () => {
	test("are one incident until the last of them is reached again", () => {
		const [a, b] = [row("ada", "ssh:a", "unreachable"), row("bea", "ssh:b", "unreachable")];
		const [backA, backB] = [row("ada", "ssh:a", "idle"), row("bea", "ssh:b", "working")];
		expect(
			play([backA], [a, row("abe", "ssh:a", "unreachable")], [a], [b], [backA], [a], [backA], [backB], [backB]),
		).toEqual([
			[],
			["lost: ada on ssh:a is not reached", "lost: abe on ssh:a is not reached"],
			[],
			["lost: bea on ssh:b is not reached"],
			["back: ssh:a is reached again"],
			["lost: ada on ssh:a is not reached"],
			["back: ssh:a is reached again"],
			["back: ssh:b is reached again", "all clear"],
			[],
		]);
	});

	test("say why, without what this host knows to be secret", () => {
		const { told } = outage(undefined, [row("ada", "ssh:a", "unreachable", "refused: tell-nobody")], moment);
		expect(told).toEqual([
			{
				...{ type: "record", key: "E 1 lost ada" },
				input: {
					...{ cause: "unreachable", episode: "E", at: moment.at, machine: "ssh:a", type: "lost" },
					...{ what: "ada on ssh:a is not reached", lieutenant: "ada", raw: "refused: [masked: KEY]" },
				},
			},
		]);
	});

	test("each loss is told once and each return once, whatever comes in between; no key is used for two things", () => {
		const rows = fc.array(
			fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("unreachable" as const, "idle" as const)),
			{ minLength: 1, maxLength: 3 },
		);
		fc.assert(
			fc.property(fc.array(rows, { maxLength: 30 }), (steps) => {
				let lost: Lost | undefined;
				let episodes = 0;
				const away = new Set<string>();
				const keys: string[] = [];
				let open = false;
				for (const step of steps) {
					const now = new Map(step);
					const shown = [...now].map(([place, state]) => row(`lt-${place}`, place, state));
					const { lost: after, told } = outage(lost, shown, { ...moment, episode: `E${episodes++}` });
					for (const [place, state] of now) state === "idle" ? away.delete(place) : away.add(place);
					expect(new Set(after?.places)).toEqual(away);
					for (const { type } of told) {
						if (type === "record") open = true;
						else open = false;
					}
					expect(open).toBe(away.size > 0);
					keys.push(...told.map(({ key }) => key));
					lost = after;
				}
				expect(new Set(keys).size).toBe(keys.length);
			}),
		);
	});

	test("a host that is killed right after goes on with the same incident, and tells nothing twice", () => {
		const database = new TestStore();
		let made = 0;
		const begin = () => {
			const spool = new Spool(database.store);
			const outages = new Outages({
				...{ store: database.store, clock: { now: () => 0 }, newId: () => `E${made++}`, mask: (text) => text },
				keep: (operation, input, key) => void spool.add({ author: "host", operation, key, input, at: 0 }),
			});
			return { spool, outages };
		};
		begin().outages.seen([row("ada", "ssh:a", "unreachable")]);
		database.crash();
		begin().outages.seen([row("ada", "ssh:a", "unreachable")]);
		const { outages, spool } = begin();
		outages.seen([row("ada", "ssh:a", "idle")]);
		outages.seen([row("ada", "ssh:a", "idle")]);
		const kept: string[] = [];
		for (let entry = spool.next(0); entry !== undefined; entry = spool.next(0)) {
			kept.push(`${entry.operation} ${entry.key}`);
			spool.sent(entry.seq);
		}
		expect(kept).toEqual(["incidents.record E0 1 lost ada", "incidents.record E0 2 back", "incidents.close E0 over"]);
	});
});

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

test("a machine that is lost while the hub is there is an incident of this host, and over when it is back", async () => {
	const [pi] = await pis();
	if (pi === undefined) throw new Error("there is no pi");
	const { hub, done } = await testHub();
	const model = await makeModel({ script: { agents: { ada: [{ text: "hi" }] } } });
	const far = makeHome({ model });
	const there = new TestHost(far, pi, "somebody");
	hosts.push(there);
	await there.start();
	const machines = join(far.root, "machines.json");
	const near = makeHome({ env: { TEST_MACHINES: machines } });
	mkdirSync(near.flagship, { recursive: true, mode: 0o700 });
	const settings = { hub: hub.address, env: { VERS_AUTH_TOKEN: ADMIN } };
	writeFileSync(join(near.flagship, "settings.json"), JSON.stringify(settings), { mode: 0o600 });
	const { PATH = "", HOME = "", PI_CODING_AGENT_DIR = "", PI_OFFLINE = "" } = far.env;
	const reach = (): void => {
		const env = { PATH, HOME, PI_CODING_AGENT_DIR, PI_OFFLINE };
		const box = { address: there.address, pi: [process.execPath, pi.cli], folder: far.work, env };
		writeFileSync(machines, JSON.stringify({ "ssh:box": box }));
	};
	reach();
	const here = new TestHost(near, pi);
	hosts.push(here);
	await here.start();
	await here.create({ name: "ada", place: "ssh:box" });
	const incidents = async (): Promise<Body[]> => (await done("GET", "/incidents")).incidents;

	await there.kill();
	writeFileSync(machines, "{}");
	const [lost] = await until(async () => (await incidents()).length > 0 && incidents(), "the incident", 60_000);
	expect(lost).toMatchObject({ cause: "unreachable", openedBy: lost.host, machines: 1, lieutenants: 1 });
	expect(lost).not.toHaveProperty("to");
	expect(await here.status("ada")).toMatchObject({ state: "unreachable" });

	await there.start();
	reach();
	const over = async () => (await done("GET", `/incidents/${lost.id}`)).to !== undefined;
	await until(over, "the all-clear", 60_000);
	const { timeline } = await done("GET", `/incidents/${lost.id}`);
	expect(timeline.map(({ type, what }: Body) => `${type}: ${what}`)).toEqual([
		"lost: ada on ssh:box is not reached",
		"back: ssh:box is reached again",
		"note: every machine is reached again",
	]);
	expect(await incidents()).toHaveLength(1);
}, 150_000);
