/** Golden images on the simulated platform: made without a key, proven by a lieutenant that answers, and no VM is left. */
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import * as golden from "../../../src/contract/golden.ts";
import * as lieutenants from "../../../src/contract/lieutenants.ts";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import { MODEL_KEY, versFleet } from "../../support/vers-fleet.ts";
import type { VersSim } from "../../support/vers-sim/sim.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";
import { ours } from "../../support/vers-sim/vms.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

interface Recorded {
	readonly commitId: string;
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

const owned = (sim: VersSim) => sim.vms.all.filter(ours).map(({ id }) => id);

await describeEachPi("golden images", (pi) => {
	/** `base`: a snapshot on which pi knows the scripted model; it is not of our making, and has no Flagship. */
	const begin = async () => {
		const sim = await startSim({ slots: 10 });
		const model = await makeModel({ script: { agents: { "*": { after: { text: "ready" } } } } });
		const home = makeHome({ model });
		const base = await versFleet(sim, home, { model, pi });
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const build = (input: { from?: string; name?: string } = { from: base }) =>
			host.client.call(golden.build, input, { launch: host.launch });
		const check = (commit: string) => host.client.call(golden.check, { commit }, { launch: host.launch });
		/** A snapshot of a VM of `from`, on which `change` was done. */
		const changed = async (from: string, change: (root: string) => void): Promise<string> => {
			const visitor = new Visitor(sim);
			const vm = await visitor.restore(from);
			change(join(sim.vms.get(vm).machine.folder, "root"));
			const commit = await visitor.commit(vm);
			await visitor.call("DELETE", `/vm/${vm}`);
			return commit;
		};
		return { sim, home, host, base, build, check, changed };
	};
	const plant = (path: string, content: string) => (root: string) => {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), content);
	};

	test("one is built with all that a lieutenant needs, holds no key, and is proven by a lieutenant that answers", {
		timeout: 240_000,
	}, async () => {
		const { sim, home, host, base, build, check } = await begin();
		const made = await build();
		expect(made).toMatchObject({ name: "golden", setting: base, node: process.versions.node });
		expect(made.steps).toContain("sending Flagship");
		expect(owned(sim)).toEqual([]);
		const { snapshot } = sim.commits.get(made.commit);
		expect(snapshot.kept).toEqual([]);
		expect(readdirSync(join(snapshot.folder, "root/.flagship/pack"))).toEqual([made.pack]);
		expect(sim.filesHolding(made.commit, MODEL_KEY.value)).toEqual([]);
		expect(recorded(home)).toMatchObject([
			{ commitId: made.commit, tags: ["golden"], containsSecrets: false, parent: base, label: "golden" },
		]);

		const proven = await check(made.commit);
		expect(proven, JSON.stringify(proven.findings)).toMatchObject({ ok: true, commit: made.commit });
		const said = new Map(proven.findings.map(({ what, said: words }) => [what, words]));
		expect([...said.keys()]).toEqual(["node", "git", "pack", "pi", "secrets", "lieutenant"]);
		expect(said.get("pack")).toBe(`${made.pack}, as here.`);
		expect(said.get("lieutenant")).toContain("ready");
		expect(owned(sim)).toEqual([]);
		expect(host.notices).toEqual([]);

		// What was there before is stale, and is told as that; what it lacks is named.
		const bare = await check(base);
		expect(bare.ok).toBe(false);
		expect(bare.findings.find(({ what }) => what === "pack")).toMatchObject({ ok: false, said: "it has no Flagship." });
	});

	test("a secret is refused with its path, whatever it lies in, and no VM is left; a check tells it, too", {
		timeout: 240_000,
	}, async () => {
		const { sim, base, build, check, changed } = await begin();
		const token = `ghp_${"a1".repeat(18)}`;
		const planted = {
			".bash_history": "export A=b\n",
			".pi/agent/auth.json": "{}",
			"work/.env": "A=b\n",
			".flagship/hub/admin": "t\n",
			".ssh/authorized_keys": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsomebody me\n",
			".ssh/id_ed25519": "key\n",
			"notes with blanks.txt": `the token is ${token}\n`,
		};
		const dirty = await changed(base, (root) => {
			for (const [path, content] of Object.entries(planted)) plant(path, content)(root);
		});
		const refusal = await build({ from: dirty }).catch((thrown) => thrown);
		expect(refusal).toMatchObject({ code: "golden_secrets" });
		const shown = [
			...[".bash_history", ".pi/agent/auth.json", "work/.env", ".flagship/hub", ".ssh/authorized_keys"],
			...[".ssh/id_ed25519", "notes with blanks.txt"],
		];
		for (const path of shown) expect(refusal.message).toContain(`/root/${path}`);
		expect(refusal.message).not.toContain(token);
		expect(owned(sim)).toEqual([]);
		const told = await check(dirty);
		expect(told.ok).toBe(false);
		expect(told.findings.find(({ what }) => what === "secrets")).toMatchObject({
			ok: false,
			said: expect.stringContaining("/root/work/.env"),
		});
	});

	test("one with Flagship of another version is stale; one that is gone is told, with what to do", {
		timeout: 240_000,
	}, async () => {
		const { sim, build, check, changed } = await begin();
		const { commit, pack } = await build();
		const old = await changed(commit, (root) => {
			renameSync(join(root, ".flagship/pack", pack), join(root, ".flagship/pack", "0123456789abcdef"));
		});
		const stale = await check(old);
		expect(stale.ok).toBe(false);
		expect(stale.findings.filter(({ ok }) => !ok)).toMatchObject([
			{ what: "pack", said: `stale: it has Flagship 0123456789abcdef, and here it is ${pack}.` },
		]);
		const gone = await check("00000000-0000-4000-8000-000000000000");
		expect(gone).toMatchObject({
			ok: false,
			findings: [{ what: "snapshot", todo: expect.stringContaining("flagship golden build") }],
		});
		expect(owned(sim)).toEqual([]);
	});

	test("a machine without git is refused, and a check names it", { timeout: 120_000 }, async () => {
		const { sim, base, build, check, changed } = await begin();
		const without = await changed(base, (root) => {
			mkdirSync(join(root, "programs"));
			for (const name of readdirSync("/usr/bin").filter((one) => !one.startsWith("git")))
				symlinkSync(join("/usr/bin", name), join(root, "programs", name));
			writeFileSync(join(root, ".profile"), 'export PATH="$HOME/bin:$HOME/programs"\n');
		});
		await expect(build({ from: without })).rejects.toMatchObject({
			code: "machine_unfit",
			message: expect.stringContaining("it has no git"),
		});
		expect((await check(without)).findings.find(({ what }) => what === "git")).toMatchObject({ ok: false });
		expect(owned(sim)).toEqual([]);
	});

	test("the second of two at once is refused; a host that is killed in the middle leaves no VM", {
		timeout: 240_000,
	}, async () => {
		const { sim, host, build, check } = await begin();
		sim.faults.add({ type: "link_hangs" });
		const lost = build().catch(() => undefined);
		await until(() => owned(sim).length === 1, "its VM");
		await expect(build({ name: "another" })).rejects.toMatchObject({ code: "golden_busy" });
		await expect(check("any")).rejects.toMatchObject({ code: "golden_busy" });
		await host.kill();
		const [first] = owned(sim);
		sim.faults.clear();
		await host.start();
		await until(() => !owned(sim).includes(first ?? ""), "the end of the VM of the killed host", 30_000);
		// The session asks again under its key, and gets an image all the same.
		expect(await lost).toMatchObject({ name: "golden" });
		expect(owned(sim)).toEqual([]);
	});

	test("a host that is killed between the snapshot and its record finds it and records it as golden when it is back", {
		timeout: 240_000,
	}, async () => {
		const { sim, home, host, base, build } = await begin();
		const before = sim.commits.all.length;
		sim.faults.add({ type: "lost_reply" }, { op: "commit", times: 1 });
		// The list is asked for before the snapshot, and when its answer was lost.
		sim.faults.add({ type: "no_answer" }, { op: "commits", skip: 1 });
		const lost = build().catch(() => undefined);
		await until(() => sim.faults.fired.some(({ fault }) => fault === "no_answer"), "the look into the list", 60_000);
		expect(recorded(home)).toEqual([]);
		await host.kill();
		sim.faults.clear();
		await host.start();
		const [first] = await until(() => recorded(home).length > 0 && recorded(home), "its record");
		const metadata = { keys: [expect.any(String)] };
		expect(first).toMatchObject({ tags: ["golden"], containsSecrets: false, parent: base, metadata });
		await lost;
		const taken = sim.commits.all.slice(before).map(({ commit_id }) => commit_id);
		expect(taken).toHaveLength(2);
		expect(recorded(home).map(({ commitId }) => commitId)).toEqual(taken);
		expect(owned(sim)).toEqual([]);
	});

	test("a host that is killed while the lieutenant of a check is at work ends it and its VM", {
		timeout: 240_000,
	}, async () => {
		const { sim, host, build, check } = await begin();
		const { commit } = await build();
		const lost = check(commit).catch(() => undefined);
		const living = async () => (await host.client.call(lieutenants.status, {})).lieutenants;
		await until(async () => (await living()).length === 1, "the lieutenant", 60_000);
		const [first] = owned(sim);
		await host.kill();
		await host.start();
		await until(() => !owned(sim).includes(first ?? ""), "the end of its VM", 60_000);
		const again = await lost;
		expect(again, JSON.stringify(again?.findings)).toMatchObject({ ok: true });
		expect(await living()).toEqual([]);
		expect(owned(sim)).toEqual([]);
	});
});
