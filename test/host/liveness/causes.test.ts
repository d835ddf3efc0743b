/** Each thing that may stop a lieutenant, done to a real one: told as what it is, as words and as data. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel, type Script } from "../../support/model.ts";
import { describeEachPi } from "../../support/pi.ts";
import { smallMemory } from "../../support/small-memory.ts";
import { until } from "../../support/until.ts";

/** Tools that take memory until there is none, of both kinds. */
const HOG = `export default (pi) => {
	const hog = (name, take) => pi.registerTool({
		name, label: name, description: name, parameters: { type: "object", properties: {} },
		execute: async () => { const held = []; for (;;) { held.push(take()); await null; } },
	});
	hog("fill_heap", () => Array.from({ length: 1e5 }, (_, n) => ({ n })));
	hog("fill_machine", () => Buffer.alloc(16 * 1024 * 1024, 1));
};`;

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("what stops a lieutenant", (pi) => {
	const begin = async (agents: Script["agents"], liveness: Readonly<Record<string, number>> = {}) => {
		const model = await makeModel({ script: { agents: agents ?? {} } });
		const home = makeHome({ model });
		mkdirSync(home.flagship, { mode: 0o700 });
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ liveness }));
		mkdirSync(join(home.agent, "extensions"), { recursive: true });
		writeFileSync(join(home.agent, "extensions", "hog.ts"), HOG);
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		return { model, home, host };
	};
	const pidOf = (home: Home, id: string): number =>
		JSON.parse(readFileSync(`${home.flagship}/lieutenants/${id}/life.json`, "utf8")).process.pid;
	const told = (host: TestHost) => host.notices.map(({ type, cause }) => [type, cause?.type]);
	const notice = (host: TestHost, type: string) =>
		until(() => host.notices.find((one) => one.type === type), `a ${type}; host said: ${host.complaints}`, 50_000);
	const tool = (name: string, input: Readonly<Record<string, unknown>> = {}) => ({
		toolCalls: [{ name, arguments: input }],
	});
	const then = (...steps: NonNullable<Script["agents"]>[string][]) => ({ ada: steps.flat() as never });

	test("frozen: told as frozen, nothing is ended, and its late end of work is told like any other", async () => {
		const { home, host } = await begin(then([tool("bash", { command: "sleep 1" }), { text: "late but done" }]), {
			probeSeconds: 1,
			answerSeconds: 30,
		});
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "go");
		await until(async () => (await host.status("ada"))?.tool !== undefined, "its tool");
		const pid = pidOf(home, id);
		process.kill(pid, "SIGSTOP");
		expect((await notice(host, "stall")).cause).toEqual({ type: "frozen", pid });
		expect(await host.status("ada")).toMatchObject({ state: "stalled", cause: { type: "frozen", pid }, lives: 1 });
		process.kill(pid, "SIGCONT");
		expect((await notice(host, "completion")).text).toContain("late but done");
		const after = await host.state("ada", "idle");
		expect(after).not.toHaveProperty("cause");
		expect(after.lives).toBe(1);
		expect(told(host)).toEqual([
			["stall", "frozen"],
			["completion", undefined],
		]);
	});

	test("a process that runs and hears nothing is told apart from a frozen one", async () => {
		const deaf = `export default (pi) => pi.registerTool({
			name: "spin", label: "spin", description: "spins", parameters: { type: "object", properties: {} },
			execute: async () => { const end = Date.now() + 16000; while (Date.now() < end); return { content: [{ type: "text", text: "x" }], details: {} }; },
		});`;
		const { home, host } = await begin(then([tool("spin"), { text: "done" }]), { probeSeconds: 1, answerSeconds: 7 });
		writeFileSync(join(home.agent, "extensions", "deaf.ts"), deaf);
		await host.create({ name: "ada" });
		await host.send("ada", "go");
		const { cause, text } = await notice(host, "stall");
		expect(cause).toEqual({ type: "unresponsive", seconds: 8 });
		expect(text).toContain("runs but answers no probe for 8 s");
		await notice(host, "completion");
		expect(told(host)).toEqual([
			["stall", "unresponsive"],
			["completion", undefined],
		]);
	});

	test("killed, and out of memory by its own heap: two causes, and both go on from the session", async () => {
		const { home, host } = await begin(
			then([tool("bash", { command: "sleep 60" }), tool("fill_heap"), { text: "went on" }, { text: "went on" }]),
		);
		const launch = { ...host.launch, pi: [process.execPath, "--max-old-space-size=160", pi.cli] };
		Object.assign(host, { launch });
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "go");
		await until(async () => (await host.status("ada"))?.tool !== undefined, "its tool");
		process.kill(pidOf(home, id), "SIGKILL");
		await notice(host, "completion");
		expect(told(host).slice(0, 2)).toEqual([
			["death", "killed"],
			["death", "out-of-memory"],
		]);
		expect(host.notices[1]?.cause).toEqual({ type: "out-of-memory", of: "process" });
		expect(host.notices[1]?.text).toContain("out of memory: its own heap was full, life 2");
	});

	test("killed by the system for want of memory: told as that, not as a signal", async (context) => {
		const memory = smallMemory(700 + (pi.version.startsWith("0") ? 0 : 1));
		if (memory === undefined) return context.skip("a control group cannot be made here");
		const { host } = await begin(then([tool("fill_machine"), { text: "went on" }, { text: "went on" }]));
		memory.take(host.pid);
		await host.create({ name: "ada" });
		await host.send("ada", "go");
		const { cause, text } = await notice(host, "death");
		expect(cause).toEqual({ type: "out-of-memory", of: "machine" });
		expect(text).toContain("out of memory: the system killed it");
		await notice(host, "completion");
	});

	test("a stream that hangs is told, ended by the host and asked anew", async () => {
		const { host, model } = await begin(then([{ hang: true }, { text: "answered after all" }]), {
			streamSeconds: 5,
			cutSeconds: 8,
		});
		await host.create({ name: "ada" });
		await host.send("ada", "only-words");
		const stall = await notice(host, "stall");
		expect(stall.cause).toEqual({ type: "silent-stream", seconds: 5 });
		expect((await notice(host, "completion")).text).toContain("answered after all");
		expect((await host.quiet("ada")).map(({ mode, receipt }) => [mode, receipt])).toEqual([
			["resume", "consumed"],
			["prompt", "consumed"],
		]);
		expect(JSON.stringify(model.requests.at(-1)?.body).split("only-words")).toHaveLength(2);
		expect((await host.state("ada", "idle")).lives).toBe(1);
		expect(told(host).map(([type]) => type)).toEqual(["stall", "completion"]);
	});
});
