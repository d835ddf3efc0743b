/** The way to a VM by the system's ssh and openssl: proven at both ends, patient with what boots, plain about what is gone. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Ssh } from "../../../src/host/machines/ssh.ts";
import { vmWay } from "../../../src/host/machines/vm-way.ts";
import { VersClient } from "../../../src/vers/client.ts";
import { realWorld } from "../../../src/world/real.ts";
import { atEnd } from "../../support/cleanup.ts";
import { makeFolder } from "../../support/folder.ts";
import { API_KEY } from "../../support/vers-sim/fixture.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";

const sim = await startSim({ slots: 40 });
const visitor = new Visitor(sim);
const world = realWorld();
const account = () => ({ key: API_KEY, url: sim.baseUrl });
const client = new VersClient({ world, account });
atEnd(() => client.close());

const folder = makeFolder();
mkdirSync(join(folder, "s"), { mode: 0o700 });

async function open(vm: string, settings: { authority?: string; domain?: string } = {}): Promise<Ssh> {
	const parts = {
		...{ world, sockets: join(folder, "s"), folder, env: { PATH: process.env.PATH ?? "", HOME: folder } },
		settings: { domain: sim.domain, connect: `127.0.0.1:${sim.sshPort}`, authority: sim.authority, ...settings },
		platform: async () => ({ client, url: sim.baseUrl }),
	};
	const ssh = await vmWay(parts, vm, { signal: AbortSignal.timeout(20_000) });
	atEnd(() => ssh.close());
	return ssh;
}

const whoami = async (ssh: Ssh): Promise<string> =>
	(await ssh.run('printf %s "$VERS_VM_ID"', { timeout: 10_000 })).stdout;

test("a VM is reached by its own name, its key is this user's alone, and its host key is remembered", async () => {
	const vm = await visitor.boot();
	expect(await whoami(await open(vm))).toBe(vm);
	const file = join(folder, "vm-keys", `${vm}.pem`);
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(readFileSync(join(folder, "known_hosts"), "utf8")).toContain(sim.hostOf(vm));
});

test("one that boots, refuses and hangs at first is waited for; a key that is stale is asked for again", async () => {
	const rule = sim.faults.add({ type: "boot_delay", seconds: 2, ssh: "refuse" }, { times: 1 });
	const vm = String((await visitor.call("POST", "/vm/new_root", { vm_config: {} })).field("vm_id"));
	sim.faults.remove(rule);
	sim.faults.add({ type: "stale_key" }, { op: "ssh_key", vm, times: 1 });
	expect(await whoami(await open(vm))).toBe(vm);
});

test("a certificate that the trusted do not vouch for opens nothing", async () => {
	const vm = await visitor.boot();
	const other = join(folder, "other.pem");
	const subject = ["-subj", "/CN=other", "-days", "2", "-nodes", "-newkey", "rsa:2048"];
	execFileSync("openssl", ["req", "-x509", ...subject, "-keyout", join(folder, "other.key"), "-out", other], {
		stdio: "ignore",
	});
	await expect(open(vm, { authority: other })).rejects.toThrow(/verify error/);
	expect(sim.links(vm)).toBe(0);
});

test.each([
	["gone", "vers_gone", async (vm: string) => visitor.call("DELETE", `/vm/${vm}`)],
	[
		"paused",
		"machine_unreachable",
		async (vm: string) => visitor.call("PATCH", `/vm/${vm}/state`, { state: "Paused" }),
	],
])("one that is %s is said to be", async (_what, code, befall) => {
	const vm = await visitor.boot();
	await befall(vm);
	await expect(open(vm)).rejects.toMatchObject({ code });
});

test("what is no id leads nowhere", async () => {
	await expect(open("x; touch y")).rejects.toMatchObject({ code: "name_invalid" });
});
