/** Every snapshot of the platform that this host took is in the ledger: counted from the platform's own list. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import * as vms from "../../../src/contract/vms.ts";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { pis } from "../../support/pis.ts";
import { until } from "../../support/until.ts";
import { versFleet } from "../../support/vers-fleet.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

interface Recorded {
	readonly commitId: string;
	readonly vmId: string;
	readonly label?: string;
	readonly containsSecrets: boolean;
	readonly tags?: readonly string[];
}

/** What its host keeps for the ledger. */
function recorded(home: Home): readonly Recorded[] {
	const store = new DatabaseSync(join(home.flagship, "host", "host.db"), { readOnly: true });
	try {
		const rows = store.prepare("select input from spool where operation = 'commits.record' order by seq").all();
		return rows.map(({ input }) => JSON.parse(String(input)));
	} finally {
		store.close();
	}
}

async function begin() {
	const [pi] = await pis();
	if (pi === undefined) throw new Error("no pi");
	const sim = await startSim({ slots: 4 });
	const model = await makeModel();
	const home = makeHome({ model });
	const golden = await versFleet(sim, home, { model, pi });
	const host = new TestHost(home, pi);
	hosts.push(host);
	await host.start();
	const { id: vm } = await host.client.call(vms.create, {});
	const before = new Set(sim.commits.all.map(({ commit_id }) => commit_id));
	const taken = () => sim.commits.all.map(({ commit_id }) => commit_id).filter((id) => !before.has(id));
	return { sim, home, host, vm, golden, taken };
}

test("one whose answer is lost is found in the platform's list, and is the answer", { timeout: 60_000 }, async () => {
	const { sim, home, host, vm, taken } = await begin();
	sim.faults.add({ type: "lost_reply" }, { op: "commit", times: 1 });
	const { commit } = await host.client.call(vms.commit, { vm, label: "base" });
	expect(taken()).toEqual([commit]);
	expect(recorded(home)).toMatchObject([{ commitId: commit, vmId: vm, label: "base", containsSecrets: true }]);
	await host.kill();
	await host.start();
	await host.client.call(vms.commit, { vm, label: "next" });
	expect(recorded(home).map(({ commitId }) => commitId)).toEqual(taken());
});

test("a host that is killed right after one finds it when it is back; asked again it takes another, and both are recorded", {
	timeout: 60_000,
}, async () => {
	const { sim, home, host, vm, taken } = await begin();
	sim.faults.add({ type: "lost_reply" }, { op: "commit", times: 1 });
	sim.faults.add({ type: "no_answer" }, { op: "commits", skip: 1 });
	const asked = host.client.call(vms.commit, { vm, label: "base", secrets: false, tags: ["golden"] });
	await until(() => sim.faults.fired.some(({ fault }) => fault === "no_answer"), "the look into the list");
	expect(taken()).toHaveLength(1);
	expect(recorded(home)).toEqual([]);
	await host.kill();
	sim.faults.clear();
	await host.start();
	const { commit } = await asked;
	expect(taken()).toHaveLength(2);
	expect(recorded(home).map(({ commitId }) => commitId)).toEqual(taken());
	expect(recorded(home)[0]).toMatchObject({ label: "base", tags: ["golden"], containsSecrets: false });
	expect(taken()).toContain(commit);
});

test("of several that may be it each is recorded, as one that may hold keys", { timeout: 60_000 }, async () => {
	const { sim, home, host, vm, taken } = await begin();
	sim.faults.add({ type: "lost_reply" }, { op: "commit", times: 1 });
	sim.faults.add({ type: "no_answer" }, { op: "commits", skip: 1 });
	const input = { vm, label: "base", secrets: false, tags: ["golden", "mine"] };
	const asked = host.client.call(vms.commit, input).catch(() => undefined);
	await until(() => sim.faults.fired.some(({ fault }) => fault === "no_answer"), "the look into the list");
	await host.kill();
	sim.faults.clear();
	await new Visitor(sim).commit(vm);
	await host.start();
	await asked;
	const [first, second] = recorded(home);
	expect([first?.commitId, second?.commitId]).toEqual(taken().slice(0, 2));
	for (const one of [first, second]) expect(one).toMatchObject({ containsSecrets: true, tags: ["mine"] });
});

test("one that the platform refuses leaves nothing to be looked for", { timeout: 60_000 }, async () => {
	const { sim, home, host, vm, taken } = await begin();
	sim.faults.add({ type: "throttle", status: 429 }, { op: "commit", times: 1 });
	await expect(host.client.call(vms.commit, { vm })).rejects.toMatchObject({ code: "vers_unavailable" });
	await host.kill();
	await new Visitor(sim).commit(vm);
	await host.start();
	const { commit } = await host.client.call(vms.commit, { vm });
	expect(taken()).toHaveLength(2);
	expect(recorded(home).map(({ commitId }) => commitId)).toEqual([commit]);
});
