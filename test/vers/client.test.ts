/** The client against the simulated platform, and what the platform does when it fails. */
import { afterEach, expect, test } from "vitest";
import { VersClient } from "../../src/vers/client.ts";
import { VersMachines } from "../../src/vers/machines.ts";
import { realWorld } from "../../src/world/real.ts";
import { API_KEY } from "../support/vers-sim/fixture.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { ours } from "../support/vers-sim/vms.ts";

const world = realWorld();
const sim = await startSim({ slots: 6 });
const clientWith = (key = API_KEY, deadline = 60_000) =>
	new VersClient({ world, account: () => ({ key, url: sim.baseUrl }), deadline });
const client = clientWith();
const machines = new VersMachines(world, client);
const ROOT = { type: "root" } as const;
const ownIds = async () => (await client.list()).filter(({ id }) => id in own()).map(({ id }) => id);
const own = () => Object.fromEntries(sim.vms.all.filter(ours).map((vm) => [vm.id, vm]));

afterEach(async () => {
	sim.faults.clear();
	for (const id of await ownIds()) await machines.end(id);
	await sim.vms.reclaim();
});

test("a machine's life: made, seen, paused, resumed, snapshotted, made again from that, ended", async () => {
	const id = await machines.make(ROOT, { lieutenant: "ada" });
	expect(await client.status(id)).toMatchObject({ id, state: "running", labels: { flagship: "1", lieutenant: "ada" } });
	await client.setState(id, "paused");
	expect((await client.status(id)).state).toBe("paused");
	await client.setState(id, "running");
	const commit = await client.commit(id, { name: "first" });
	const again = await machines.make({ type: "commit", commit }, {});
	expect(again).not.toBe(id);
	expect(await client.sshKey(again)).toContain("PRIVATE KEY");
	const { ids } = await machines.branch(id, 2);
	expect(new Set([id, again, ...ids]).size).toBe(4);
	for (const one of [id, again, ...ids]) expect(await machines.end(one)).toEqual({ type: "gone" });
	expect(await ownIds()).toEqual([]);
});

test("machines of others are listed and never ended", async () => {
	const [foreign] = (await client.list()).filter(({ id }) => !(id in own()));
	expect(await machines.end(foreign?.id ?? "")).toMatchObject({ type: "left", cause: "forbidden" });
	expect((await client.list()).some(({ id }) => id === foreign?.id)).toBe(true);
});

test("a wrong key, an unknown machine, an id that would be another path", async () => {
	await expect(clientWith("wrong-key").list()).rejects.toMatchObject({ type: "auth", code: "vers_key" });
	const nobody = "00000000-0000-4000-8000-000000000000";
	await expect(client.status(nobody)).rejects.toMatchObject({ type: "gone" });
	await expect(client.branch(nobody, 1)).rejects.toMatchObject({ type: "gone" });
	await expect(client.status("../vms")).rejects.toMatchObject({ type: "bad_request" });
	expect(await machines.end(nobody)).toEqual({ type: "gone" });
});

test("no room: told as that, whatever its words, and what was made is kept", async () => {
	const id = await machines.make(ROOT, {});
	sim.faults.add({ type: "capacity" }, { op: "branch", skip: 1 });
	const { ids, why } = await machines.branch(id, 3);
	expect(ids).toHaveLength(1);
	expect(why).toMatchObject({ type: "capacity" });
	expect(why?.raw).toContain("netlink error");
	expect(why?.message).not.toContain("netlink");
});

test("the answer of a creation is lost: the machine is found again, none is made twice, none is forgotten", async () => {
	sim.faults.add({ type: "lost_reply" }, { op: "new_root", times: 1 });
	const id = await machines.make(ROOT, { lieutenant: "ada" });
	expect(await ownIds()).toEqual([id]);
	sim.faults.add({ type: "lost_reply" }, { op: "branch", times: 1 });
	const { ids } = await machines.branch(id, 1);
	expect(ids).toHaveLength(1);
	expect(new Set(await ownIds())).toEqual(new Set([id, ...ids]));
});

test("several at once, some answers lost: as many machines as were asked for", async () => {
	sim.faults.add({ type: "lost_reply" }, { op: "new_root", chance: 0.5 });
	const names = ["a", "b", "c", "d", "e"];
	const ids = await Promise.all(names.map((name) => machines.make(ROOT, { lieutenant: name })));
	expect(new Set(ids).size).toBe(5);
	expect(new Set(await ownIds())).toEqual(new Set(ids));
});

test("a paused machine that is not deleted so is resumed first; a deletion that fails leaves it to be tried again", async () => {
	const id = await machines.make(ROOT, {});
	await client.setState(id, "paused");
	sim.faults.add({ type: "delete_paused_refused" }, {});
	expect(await machines.end(id)).toEqual({ type: "gone" });
	const other = await machines.make(ROOT, {});
	sim.faults.add({ type: "delete_fails", leaves: "listed" }, { times: 1 });
	expect(await machines.end(other)).toMatchObject({ type: "left", cause: "transient" });
	expect(await machines.end(other)).toEqual({ type: "gone" });
});

test("reads are asked again when the platform wants a pause or is away for a moment; what makes a machine is not", async () => {
	sim.faults.add({ type: "throttle", status: 503 }, { op: "list", times: 2 });
	await client.list();
	sim.faults.clear();
	sim.faults.add({ type: "internal", body: "json" }, { op: "new_root", times: 1 });
	await expect(machines.make(ROOT, {})).rejects.toMatchObject({ type: "transient" });
	expect(await ownIds()).toEqual([]);
});

test("no answer ends at the deadline, and a call that is no longer wanted at once", async () => {
	sim.faults.add({ type: "no_answer" }, { op: "new_root" });
	await expect(clientWith(API_KEY, 200).make(ROOT, {})).rejects.toMatchObject({ type: "transient", maybeDone: true });
	const stop = new AbortController();
	const asked = client.make(ROOT, {}, { signal: stop.signal });
	stop.abort(new Error("no longer wanted"));
	await expect(asked).rejects.toThrow("no longer wanted");
});
