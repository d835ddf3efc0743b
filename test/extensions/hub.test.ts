/** The hub's tools in real pi, with a scripted model: what an agent gets, and what it gets when something is away. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import * as log from "../../src/contract/log.ts";
import { homeOf } from "../../src/daemon/home.ts";
import { readRunFile } from "../../src/daemon/run-file.ts";
import { readAdminToken } from "../../src/daemon/token.ts";
import { realWorld } from "../../src/world/real.ts";
import { FixtureHost } from "../client/fixture-host.ts";
import { ADMIN, realHub } from "../client/real-hub.ts";
import {
	describeEachPi,
	makeHome,
	makeModel,
	PACKAGE,
	type PiRecord,
	printPi,
	RpcPi,
	type Step,
	until,
} from "../support/pi.ts";
import { daemonHome, machineHost, machineHub } from "./machine.ts";

const EXTENSION = ["-e", join(PACKAGE, "extensions", "hub.ts")];
/** A port on which nobody listens. */
const NOBODY = "http://127.0.0.1:9";

const calls = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});
const logIt = calls("log_append", { text: "made totals by day" });
const report: Step = { text: "It said: ${lastTool}" };

async function sessionOf(steps: readonly Step[], env: Readonly<Record<string, string>>) {
	const model = await makeModel({ script: { agents: { "*": { steps, cursor: "turns" } } } });
	return { model, home: makeHome({ model, env }) };
}

const entriesOf = async (url: string, token: string): Promise<log.LogEntry[]> => {
	const client = createClient({ world: realWorld(), version: "0.1.0", resolve: () => ({ url, token }) });
	return (await client.call(log.query, {})).entries;
};
const textsOf = async (url: string): Promise<string[]> => (await entriesOf(url, ADMIN)).map((entry) => entry.text);

await describeEachPi("the hub's tools", (pi) => {
	it("a call of log_append lands in the hub, and pi -p ends by itself", async () => {
		const hub = await realHub();
		const { home, model } = await sessionOf([logIt, report], { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN });
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		expect(ran).toMatchObject({ code: 0, timedOut: false });
		expect(ran.stdout).toMatch(/It said: Logged [0-9A-Z]{26}\./);
		expect(await textsOf(hub.url)).toEqual(["made totals by day"]);
		expect(model.requests[0]?.tools).toEqual(expect.arrayContaining(["log_append", "board_claim"]));
		expect(model.requests[0]?.tools).not.toContain("feed_list");
	});

	it("finds a tool that is not at hand and switches it on", async () => {
		const hub = await realHub();
		const env = { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN };
		const finder = pi.version.startsWith("0.") ? "fleet_tools" : "tool_search";
		const steps = [calls(finder, { query: "feed_list" }), calls("feed_list", { type: "log_appended" }), report];
		const { home, model } = await sessionOf(steps, env);
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		expect(model.requests[0]?.tools).toContain(finder);
		expect(model.requests[1]?.tools).toContain("feed_list");
		expect(ran.stdout).toContain("It said: No events.");
	});

	it.each([
		["an orchestrator", 10_240, {}],
		["a lieutenant", 4_096, { FLAGSHIP_LIEUTENANT: "01L" }],
	])("what %s is sent for our tools stays within %i bytes, with the whole package loaded", async (_who, limit, env) => {
		const { home, model } = await sessionOf([{ text: "hi" }], { VERS_INFRA_URL: NOBODY, VERS_AUTH_TOKEN: "t", ...env });
		const own = await sessionOf([{ text: "hi" }], {});
		await Promise.all([printPi(pi, home, "go", { args: ["-e", PACKAGE] }), printPi(pi, own.home, "go")]);
		const bare = new Set(own.model.requests[0]?.tools);
		const body = model.requests[0]?.body as { tools: { function: { name: string } }[] } | undefined;
		const ours = (body?.tools ?? [])
			.map((tool) => tool.function)
			.filter(({ name }) => !bare.has(name) && name !== "tool_search");
		expect(ours.map(({ name }) => name)).toContain("log_append");
		expect(Buffer.byteLength(JSON.stringify(ours))).toBeLessThanOrEqual(limit);
	});

	it("leaves the tools that a person has chosen as they are", async () => {
		const { home, model } = await sessionOf([{ text: "hi" }], { VERS_INFRA_URL: NOBODY, VERS_AUTH_TOKEN: "t" });
		await printPi(pi, home, "go", { args: [...EXTENSION, "--tools", "read,log_append"] });
		expect([...(model.requests[0]?.tools ?? [])].sort()).toEqual(["log_append", "read"]);
	});

	it("gives a refusal to the model as an error with what to do", async () => {
		const hub = await realHub();
		const env = { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN };
		const { home } = await sessionOf([calls("board_claim", { id: "NOPE" }), report], env);
		const rpc = new RpcPi(pi, home, { args: EXTENSION });
		expect(await rpc.prompt("go")).toBe("It said: task not found List what there is, and use an id from that list.");
		expect(rpc.records.find((record) => record.type === "tool_execution_end")).toMatchObject({ isError: true });
		await rpc.stop();
	});

	it("hub away: a record is kept by the host of this machine, under one key, and the model is told so", async () => {
		const host = await new FixtureHost().start();
		host.onCall = (call) => ({ type: "answer", id: call.id, output: { waiting: 1 } });
		const { home } = await sessionOf([logIt, report], {
			VERS_INFRA_URL: NOBODY,
			VERS_AUTH_TOKEN: "own",
			FLAGSHIP_LIEUTENANT: "01L",
			FLAGSHIP_HOST_SOCKET: host.path,
		});
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		await host.stop();
		expect(ran).toMatchObject({ code: 0, timedOut: false });
		expect(ran.stdout).toContain("It said: Kept here, not yet in the hub");
		const [call] = host.calls();
		expect(call).toMatchObject({
			operation: "spool.keep",
			input: { operation: "log.append", input: { text: "made totals by day" }, key: call?.key },
		});
		expect(host.frames[0]).toMatchObject({ caller: { type: "pack", lieutenant: "01L", token: "own" } });
	});

	it("hub and host away: says at once that nothing was kept, and what to do", async () => {
		const { home } = await sessionOf([logIt, report], {
			VERS_INFRA_URL: NOBODY,
			VERS_AUTH_TOKEN: "own",
			FLAGSHIP_LIEUTENANT: "01L",
		});
		const rpc = new RpcPi(pi, home, { args: EXTENSION });
		const said = await rpc.prompt("go");
		await rpc.stop();
		expect(said).toContain(`The hub at ${NOBODY} does not answer.`);
		expect(said).toContain("Nothing was kept.");
		expect(said).toContain("flagship hub start");
	});

	it("a lieutenant starts neither hub nor host", async () => {
		const { home } = await sessionOf([logIt, report], { VERS_AUTH_TOKEN: "own", FLAGSHIP_LIEUTENANT: "01L" });
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		expect(ran.stdout).toContain("The hub does not answer.");
		const { run } = daemonHome(home);
		expect(realWorld().files.list(run)).toEqual([]);
	});

	it("hub back on another port: the same session goes on with it", async () => {
		const { home } = await sessionOf([logIt, report, calls("log_append", { text: "more" }), report], {
			FLAGSHIP_LIEUTENANT: "01L",
		});
		const machine = daemonHome(home);
		const first = await machineHub(machine);
		const rpc = new RpcPi(pi, home, { args: EXTENSION, env: { VERS_AUTH_TOKEN: first.token } });
		expect(await rpc.prompt("go")).toContain("Logged");
		await first.close();
		const second = await machineHub(machine);
		expect(second.address).not.toBe(first.address);
		expect(await rpc.prompt("on")).toContain("Logged");
		await rpc.stop();
		expect((await entriesOf(second.address, second.token)).map((entry) => entry.text)).toEqual([
			"made totals by day",
			"more",
		]);
	});

	it("nothing is lost: what an orchestrator logged without a hub is in it later, once and in its name", async () => {
		const { home } = await sessionOf([logIt, report], { FLAGSHIP_ORCHESTRATOR: "night", VERS_INFRA_URL: NOBODY });
		const machine = daemonHome(home);
		await machineHost(machine);
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		expect(ran.stdout).toContain("It said: Kept here, not yet in the hub");
		const hub = await machineHub(machine);
		const entries = await until(
			async () => {
				const found = await entriesOf(hub.address, hub.token);
				return found.length > 0 && found;
			},
			"the entry in the hub",
			30_000,
		);
		expect(entries).toMatchObject([{ text: "made totals by day", agent: "night" }]);
	});

	it("goes on in a new session of the same process", async () => {
		const hub = await realHub();
		const { home } = await sessionOf([logIt, report], { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN });
		const rpc = new RpcPi(pi, home, { args: EXTENSION });
		expect(await rpc.prompt("go")).toContain("Logged");
		await rpc.get("new_session");
		expect(await rpc.prompt("go")).toContain("Logged");
		await rpc.stop();
		expect(await textsOf(hub.url)).toHaveLength(2);
	});

	it("says once, and blocks nothing, when the home cannot be used", async () => {
		const { home } = await sessionOf([{ text: "hi" }], {});
		mkdirSync(home.flagship, { mode: 0o755 });
		const rpc = new RpcPi(pi, home, { args: EXTENSION });
		const isNotice = (record: PiRecord) => record.type === "extension_ui_request" && record.method === "notify";
		expect(await rpc.wait(isNotice)).toMatchObject({
			message: expect.stringMatching(/others may enter it.*Mend the folder/s),
		});
		expect(await rpc.prompt("go")).toBe("hi");
		await rpc.stop();
		expect(rpc.records.filter(isNotice)).toHaveLength(1);
	});

	it("an orchestrator on a fresh machine finds hub and host started, and logs in its own name", async () => {
		const { home } = await sessionOf([logIt, report], { FLAGSHIP_ORCHESTRATOR: "first" });
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		expect(ran.stdout, ran.stderr).toMatch(/It said: (?:Logged|Kept here)/);
		const machine = homeOf(home.env, { uid: process.getuid?.() ?? 0, folder: home.root });
		const entries = await until(
			async () => {
				const found = await entriesOf(
					readRunFile(realWorld().files, machine, "hub")?.address ?? "",
					readAdminToken(realWorld(), machine.hub) ?? "",
				);
				return found.length > 0 && found;
			},
			"the entry in the hub",
			30_000,
		);
		expect(entries).toMatchObject([{ text: "made totals by day", agent: "first" }]);
	});

	it("an orchestrator is known to the hub by the token that its host gives it", async () => {
		const { home } = await sessionOf([logIt, report], { FLAGSHIP_ORCHESTRATOR: "day" });
		const machine = daemonHome(home);
		const hub = await machineHub(machine);
		await machineHost(machine);
		const ran = await printPi(pi, home, "go", { args: EXTENSION });
		expect(ran.stdout).toContain("It said: Logged");
		expect(await entriesOf(hub.address, hub.token)).toMatchObject([{ agent: "day" }]);
	});
});
