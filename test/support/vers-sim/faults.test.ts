/** Every fault of the platform can be had when it is wanted, and again from the same seed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../until.ts";
import { FAULTS, type FaultName, Faults } from "./faults.ts";
import { API_KEY, errors, NETLINK } from "./fixture.ts";
import { processesIn } from "./processes.ts";
import { startSim, Visitor } from "./visitor.ts";

const sim = await startSim({ slots: 60 });
const visitor = new Visitor(sim);

afterEach(() => sim.faults.clear());

const machineOf = (vm: string) => sim.vms.get(vm).machine;
const state = async (vm: string): Promise<unknown> => (await visitor.call("GET", `/vm/${vm}/status`)).field("state");
const newRoot = () => visitor.call("POST", "/vm/new_root", { vm_config: {} });
const listed = async (): Promise<number> => {
	const list: unknown = JSON.parse((await visitor.call("GET", "/vms")).text);
	return Array.isArray(list) ? list.length : 0;
};

async function withAgent(name: string): Promise<string> {
	const vm = await visitor.boot();
	expect(await visitor.ssh(vm, `setsid sleep ${name} < /dev/null > /dev/null 2>&1 &`)).toMatchObject({ code: 0 });
	await until(() => processesIn(machineOf(vm).folder).length === 1, "the agent");
	return vm;
}

/** One for each fault: a name without a case does not compile. */
const cases: Readonly<Record<FaultName, () => Promise<void>>> = {
	async boot_delay() {
		sim.faults.add({ type: "boot_delay", seconds: 1.5, ssh: "hang" });
		const vm = String((await newRoot()).field("vm_id"));
		expect(await state(vm)).toBe("booting");
		const early = visitor.open(vm, await visitor.keyFile(vm), [], ["true"]);
		await until(async () => (await state(vm)) === "running", "the boot");
		expect(early.exitCode).toBeNull();
		expect((await visitor.ssh(vm, "true")).code).toBe(0);
		early.kill("SIGKILL");
	},
	async capacity() {
		sim.faults.add({ type: "capacity" }, { op: "new_root", skip: 1, times: 1 });
		expect([(await newRoot()).status, (await newRoot()).text, (await newRoot()).status]).toEqual([
			201,
			errors.capacity.body,
			201,
		]);
	},
	async partial_batch() {
		const commit = await visitor.commit(await visitor.boot());
		sim.faults.add({ type: "partial_batch", at: 3 });
		expect((await visitor.call("POST", `/vm/${commit}/branch?count=4`)).text).toContain(NETLINK);
		expect(sim.vms.all.filter(({ parentCommit }) => parentCommit === commit)).toHaveLength(2);
	},
	async lost_reply() {
		const before = await listed();
		sim.faults.add({ type: "lost_reply" }, { op: "new_root", times: 1 });
		await expect(newRoot()).rejects.toThrow();
		expect(await listed()).toBe(before + 1);
	},
	async delete_fails() {
		const [stays, leaks] = [await visitor.boot(), await visitor.boot()];
		const slots = sim.vms.usedSlots;
		sim.faults.add({ type: "delete_fails", leaves: "listed" }, { vm: stays, times: 1 });
		sim.faults.add({ type: "delete_fails", leaves: "gone" }, { vm: leaks });
		for (const vm of [stays, leaks]) expect((await visitor.call("DELETE", `/vm/${vm}`)).status).toBe(500);
		expect(await state(stays)).toBe("running");
		expect((await visitor.call("GET", `/vm/${leaks}/status`)).status).toBe(404);
		expect(sim.vms.usedSlots).toBe(slots);
		expect((await visitor.call("DELETE", `/vm/${stays}`)).status).toBe(200);
		expect(await sim.vms.reclaim()).toBe(1);
		expect(sim.vms.usedSlots).toBe(slots - 2);
	},
	async delete_paused_refused() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "delete_paused_refused", status: 409 });
		await visitor.call("PATCH", `/vm/${vm}/state`, { state: "Paused" });
		expect((await visitor.call("DELETE", `/vm/${vm}`)).text).toBe(errors.deletePaused(409).body);
		await visitor.call("PATCH", `/vm/${vm}/state`, { state: "Running" });
		expect((await visitor.call("DELETE", `/vm/${vm}`)).status).toBe(200);
	},
	async internal() {
		for (const body of ["text", "json", "empty"] as const)
			sim.faults.add({ type: "internal", body }, { skip: { text: 0, json: 1, empty: 2 }[body], times: 1 });
		const replies = [await newRoot(), await newRoot(), await newRoot()];
		expect(replies.map(({ status, kind, text }) => ({ status, kind, text }))).toEqual(
			[errors.internalText, errors.internalJson, errors.internalEmpty].map(({ status, kind, body }) => ({
				status,
				kind,
				text: body,
			})),
		);
	},
	async throttle() {
		sim.faults.add({ type: "throttle", status: 429 }, { times: 1 });
		sim.faults.add({ type: "throttle", status: 503 }, { skip: 1, times: 1 });
		const [many, proxy] = [await newRoot(), await newRoot()];
		expect([many.status, many.retryAfter]).toEqual([429, "1"]);
		expect([proxy.status, proxy.text]).toEqual([503, "DNS cache overflow"]);
	},
	async no_answer() {
		sim.faults.add({ type: "no_answer" }, { op: "list" });
		const signal = AbortSignal.timeout(400);
		const asked = fetch(`${sim.baseUrl}/vms`, { headers: { authorization: `Bearer ${API_KEY}` }, signal });
		await expect(asked).rejects.toThrow(/timeout/);
	},
	async state_lag() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "state_lag", seconds: 600 }, { times: 1 });
		await visitor.call("PATCH", `/vm/${vm}/state`, { state: "Paused" });
		expect([await state(vm), sim.vms.get(vm).state]).toEqual(["running", "paused"]);
	},
	async state_shown() {
		const vm = await visitor.boot();
		for (const shown of ["sleeping", "dead"] as const) {
			const rule = sim.faults.add({ type: "state_shown", state: shown }, { vm });
			expect(await state(vm)).toBe(shown);
			sim.faults.remove(rule);
		}
	},
	async stream_cut() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "stream_cut", bytes: 10 }, { op: "exec_stream" });
		const command = ["echo", "hello"];
		await expect(visitor.call("POST", `/vm/${vm}/exec/stream`, { command, exec_id: "cut" })).rejects.toThrow();
		const again = await visitor.call("POST", `/vm/${vm}/exec/stream/attach`, { exec_id: "cut", cursor: 0 });
		expect(again.text.trim().split("\n")).toHaveLength(2);
	},
	async stale_key() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "stale_key" }, { op: "ssh_key", times: 1 });
		expect((await visitor.ssh(vm, "true")).stderr).toContain("Permission denied");
		expect((await visitor.ssh(vm, "true")).code).toBe(0);
	},
	async link_refused() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "link_refused" }, { vm, times: 1 });
		expect((await visitor.ssh(vm, "true")).code).toBe(255);
		expect((await visitor.ssh(vm, "true")).code).toBe(0);
	},
	async link_hangs() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "link_hangs" }, { vm, times: 1 });
		const hung = visitor.open(vm, await visitor.keyFile(vm), [], ["true"]);
		await until(() => sim.faults.fired.some(({ fault, vm: id }) => fault === "link_hangs" && id === vm), "the fault");
		expect((await visitor.ssh(vm, "true")).code).toBe(0);
		await until(() => sim.links(vm) === 0, "the end of the link that worked");
		expect(hung.exitCode).toBeNull();
		hung.kill("SIGKILL");
	},
	async link_idle() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "link_idle", seconds: 0.5, how: "close" }, { vm, times: 1 });
		sim.faults.add({ type: "link_idle", seconds: 0.5, how: "silent" }, { vm, skip: 1, times: 1 });
		expect((await visitor.ssh(vm, "sleep 600")).code).toBe(255);
		const key = await visitor.keyFile(vm);
		const watchful = visitor.open(
			vm,
			key,
			["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"],
			["sleep 600"],
		);
		expect(await new Promise((resolve) => watchful.on("close", resolve))).toBe(255);
	},
	async link_cut() {
		const vm = await visitor.boot();
		for (const how of ["reset", "close"] as const) {
			sim.faults.add({ type: "link_cut", bytes: 4, how, after: 1 }, { vm, times: 1 });
			const { code, stdout } = await visitor.ssh(vm, "printf 'abc\\303\\244rest'; sleep 600");
			// In the middle of a character.
			expect({ code, stdout: stdout.toString("latin1") }).toEqual({ code: 255, stdout: "abc\u00c3" });
		}
	},
	async command_hangs() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "command_hangs" }, { vm, times: 1 });
		const hung = visitor.open(vm, await visitor.keyFile(vm), [], ["echo never"]);
		await until(
			() => sim.faults.fired.some(({ fault, vm: id }) => fault === "command_hangs" && id === vm),
			"the fault",
		);
		expect((await visitor.ssh(vm, "echo now")).stdout.toString()).toBe("now\n");
		await until(() => sim.links(vm) === 1, "the end of the link that worked");
		expect(hung.exitCode).toBeNull();
		expect(sim.cutLinks("reset", vm)).toBe(1);
		await until(() => hung.exitCode === 255, "the end of the link");
	},
	async agent_gone() {
		const vm = await withAgent("98761");
		sim.faults.add({ type: "agent_gone", match: "sleep 98761" }, { op: "status", vm });
		expect(await state(vm)).toBe("running");
		await until(() => processesIn(machineOf(vm).folder).length === 0, "the agent's end");
		// Nobody reads the FIFO now: a writer waits for ever, until its own deadline.
		const write = await visitor.ssh(vm, 'mkfifo "$HOME/in"; timeout 0.3 bash -c "echo lost > $HOME/in"');
		expect(write.code).toBe(124);
	},
	async agent_silent() {
		const vm = await withAgent("98762");
		sim.faults.add({ type: "agent_silent", match: "sleep 98762" }, { op: "status", vm });
		await state(vm);
		await until(() => processesIn(machineOf(vm).folder).every((proc) => proc.state === "T"), "its silence");
		expect((await visitor.ssh(vm, "true")).code).toBe(0);
	},
	async clock_skew() {
		const commit = await visitor.commit(await visitor.boot());
		for (const seconds of [18 * 3600, -18 * 3600]) {
			sim.faults.add({ type: "clock_skew", seconds }, { op: "from_commit", times: 1 });
			const vm = await visitor.restore(commit);
			const guest = Number((await visitor.ssh(vm, "date +%s")).stdout) - Date.now() / 1000;
			expect(Math.abs(guest - seconds)).toBeLessThan(600);
			await visitor.ssh(vm, `date -s @${Math.round(Date.now() / 1000)}`);
			expect(Math.abs(machineOf(vm).clock.skew)).toBeLessThan(600);
		}
	},
	async disk_full() {
		const vm = await visitor.boot();
		sim.faults.add({ type: "disk_full" }, { op: "file_write", vm, times: 1 });
		const file = { path: "/root/session", content_b64: "YQ==" };
		expect((await visitor.call("PUT", `/vm/${vm}/files`, file)).text).toBe(errors.diskFull.body);
		await visitor.call("PATCH", `/vm/${vm}/disk`, { fs_size_mib: 4096 });
		expect((await visitor.call("PUT", `/vm/${vm}/files`, file)).status).toBe(200);
	},
};

describe(`Seed ${sim.faults.seed}`, () => {
	for (const [name, run] of Object.entries(cases)) {
		test(`${name} strikes, and is told`, async () => {
			await run();
			expect(sim.faults.fired.some(({ fault }) => fault === name)).toBe(true);
		});
	}
});

test("Every fault has a case, and the same seed strikes the same calls", () => {
	expect(Object.keys(cases).sort()).toEqual(Object.keys(FAULTS).sort());
	const strikes = (seed: number): string => {
		const faults = new Faults(seed);
		faults.add({ type: "capacity" }, { chance: 0.3 });
		return Array.from({ length: 200 }, () => (faults.strike("call", "branch").get("capacity") ? "x" : ".")).join("");
	};
	expect(strikes(7)).toBe(strikes(7));
	expect(strikes(7)).not.toBe(strikes(8));
	expect(strikes(7)).toMatch(/x.*\..*x/);
});

test("Slots run out, and those of machines whose deletion failed stay taken", async () => {
	const small = await startSim({ slots: 2, diskMib: 8 });
	const guest = new Visitor(small);
	const [one, two] = [await guest.boot(), await guest.boot()];
	small.faults.add({ type: "delete_fails", leaves: "gone" }, { vm: one });
	await guest.call("DELETE", `/vm/${one}`);
	expect((await guest.call("POST", "/vm/new_root", { vm_config: {} })).text).toContain(NETLINK);
	await small.vms.reclaim();
	const [again, disk] = [await guest.boot(), small.vms.get(two).machine.disk];
	expect((await guest.ssh(again, "true")).code).toBe(0);
	disk.fill();
	const write = await guest.ssh(two, 'head -c 100000 /dev/zero > "$HOME/session"');
	// Where nothing can be mounted the shell's own writes are not held up: only the API's doors say so.
	expect([disk.kind, write.code]).toEqual(disk.kind === "tmpfs" ? ["tmpfs", 1] : ["injected", 0]);
	await guest.call("PATCH", `/vm/${two}/disk`, { fs_size_mib: 16 });
	expect((await guest.ssh(two, 'head -c 100000 /dev/zero > "$HOME/session"')).code).toBe(0);
});

test("A secret in a machine's folder is in its commits, where it can be looked for", async () => {
	const vm = await visitor.boot();
	const before = await visitor.commit(vm);
	writeFileSync(join(machineOf(vm).folder, "root", "login"), "token=s3cret-value\n");
	const after = await visitor.commit(vm);
	expect(sim.filesHolding(before, "s3cret-value")).toEqual([]);
	expect(sim.filesHolding(after, "s3cret-value")).toEqual(["root/login"]);
});

test("Whoever runs beside it lists machines and sets faults over HTTP; no fault strikes there", async () => {
	const vm = await visitor.boot();
	const rule = await visitor.call("POST", "/sim/faults", { fault: { type: "throttle", status: 503 }, when: { vm } });
	expect(rule.status).toBe(201);
	expect((await visitor.call("POST", "/sim/faults", { fault: { type: "nothing" } })).status).toBe(400);
	expect((await visitor.call("GET", `/vm/${vm}/status`)).status).toBe(503);
	const told = await visitor.call("GET", "/sim/machines");
	expect(told.text).toContain(vm);
	expect(told.field("seed")).toBe(1);
	await visitor.call("DELETE", "/sim/faults");
	expect((await visitor.call("GET", `/vm/${vm}/status`)).status).toBe(200);
});
