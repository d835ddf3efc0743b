import { spawnSync } from "node:child_process";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { loopAlive } from "../../src/daemon/ensure.ts";
import { loopFolder } from "../../src/daemon/home.ts";
import { readHolder } from "../../src/daemon/lock.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { packageVersion } from "../../src/daemon/version.ts";
import { until } from "../support/until.ts";
import { begin, bin, flagship, shell, world } from "./support.ts";

const hubOf = (at: ReturnType<typeof shell>) => livingDaemon(world, at.home, "hub");

it("says its version, and what can be asked for", async () => {
	const at = shell();
	expect(await flagship(at, "--version")).toEqual({ code: 0, out: `${packageVersion()}\n`, err: "" });
	const help = await flagship(at, "help");
	for (const words of ["start", "doctor", "hub run", "board create", "lt send"])
		expect(help.out).toContain(`  ${words} `);
	expect((await flagship(at, "lt", "send", "--help")).out).toContain("flagship lt send <name> <message>");
	expect((await flagship(at, "help", "board")).out).toContain("board claim");
	expect(existsSync(at.home.root)).toBe(false);
});

it("an unknown command is answered with the nearest one, and a wrong word with the usage", async () => {
	const at = shell();
	const typo = await flagship(at, "baord", "list");
	expect(typo).toMatchObject({ code: 2, out: "" });
	expect(typo.err).toContain("There is no command 'baord list'. Did you mean 'flagship board list'?");
	expect((await flagship(at, "board")).err).toContain("There are: board approve");
	expect(await flagship(at, "log", "append")).toMatchObject({
		code: 2,
		err: expect.stringContaining("text is missing"),
	});
	expect(await flagship(at, "hub", "start", "now")).toMatchObject({ code: 2 });
});

it("an operation's command starts the hub, asks it, and prints what a person reads or the answer as it came", async () => {
	const at = shell();
	const logged = await flagship(at, "log", "append", "the first entry");
	expect(logged).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^Logged [0-9A-Z]{26}\.\n$/) });
	const entries = JSON.parse((await flagship(at, "log", "query", "--json")).out).entries;
	expect(entries).toMatchObject([{ text: "the first entry" }]);
	const piped = await begin(at, ["log", "append", "-"], "from a pipe\n").end;
	expect(piped.code).toBe(0);
	expect((await flagship(at, "log", "query")).out).toContain("from a pipe");
	const refused = await flagship(at, "board", "get", "nothing");
	expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("not found") });
});

it("the home's admin token is rotated: the file has the new one, the old opens nothing, hub and host go on", async () => {
	const at = shell();
	const file = join(at.home.hub, "admin.token");
	for (const words of [
		["hub", "start"],
		["lt", "status"],
	] as const)
		expect((await flagship(at, ...words)).code).toBe(0);
	const tokens = async () => (await flagship(at, "tokens", "list")).out;
	const knowsHost = async () => / host \S+, last used \d{4}-\d\d-\d\dT\d\d:\d\d:00.000Z/.test(await tokens());
	await until(knowsHost, "the host, known to the hub", 30_000);
	const { address = "" } = hubOf(at) ?? {};
	const status = async (token: string) =>
		(await fetch(`${address}/tokens/me`, { headers: { authorization: `Bearer ${token.trim()}` } })).status;
	const former = readFileSync(file, "utf8");
	expect(await status(former)).toBe(200);

	const rotated = await flagship(at, "tokens", "rotate", "admin");
	expect(rotated).toMatchObject({ code: 0, err: "", out: expect.stringContaining("hub/admin.token") });
	const latter = readFileSync(file, "utf8");
	expect(rotated.out).not.toContain(latter.trim());
	expect([latter === former, statSync(file).mode & 0o777]).toEqual([false, 0o600]);
	expect([await status(former), await status(latter)]).toEqual([401, 200]);

	// The host knew the old one: it comes back to a hub that started anew, by the new one.
	expect((await flagship(at, "hub", "stop")).code).toBe(0);
	rmSync(join(at.home.hub, "hub.db"));
	expect((await flagship(at, "hub", "start")).code).toBe(0);
	await until(knowsHost, "the host, known to a hub that had forgotten it", 30_000);
});

it("an operation of the host goes over its socket", async () => {
	const at = shell();
	expect(await flagship(at, "lt", "status")).toMatchObject({ code: 0, out: expect.stringContaining("No lieutenants") });
	const none = await flagship(at, "lt", "pause", "nobody");
	expect(none).toMatchObject({ code: 1, err: expect.stringContaining("nobody") });
});

it("a stream is followed until Ctrl-C", async () => {
	const at = shell();
	await flagship(at, "hub", "start");
	const stream = begin(at, ["feed", "stream", "--json"]);
	await until(
		async () => {
			await flagship(at, "feed", "publish", "custom", "seen live", "--agent", "me");
			return stream.said.out.includes("seen live");
		},
		"an event",
		30_000,
	);
	stream.child.kill("SIGINT");
	expect(await stream.end).toMatchObject({ code: 0, err: "" });
});

it("start, status and stop: what runs is said, and stop leaves no process", async () => {
	const at = shell();
	expect(await flagship(at, "hub", "status")).toMatchObject({ code: 3, out: expect.stringContaining("not running") });
	expect(await flagship(at, "hub", "start")).toMatchObject({
		code: 0,
		out: expect.stringMatching(/answers at http:\/\/127/),
	});
	expect(await flagship(at, "host", "start")).toMatchObject({
		code: 0,
		out: expect.stringMatching(/answers at unix:/),
	});
	const hub = hubOf(at);
	const said = await flagship(at, "status");
	expect(said.out).toContain(`at ${hub?.address}, process ${hub?.pid}`);
	expect(said.out).toContain("No lieutenants");
	const told = JSON.parse((await flagship(at, "status", "--json")).out);
	const alive = { runs: true, at: { version: expect.any(String), address: hub?.address, pid: hub?.pid } };
	expect(told).toMatchObject({ home: at.home.root, hub: alive, host: { runs: true }, lieutenants: [], count: 0 });
	expect(JSON.parse((await flagship(at, "hub", "status", "--json")).out)).toEqual(told.hub);
	const health = JSON.parse((await flagship(at, "doctor", "--json")).out);
	expect(health.findings).toContainEqual({ mark: "ok", text: expect.stringMatching(`^hub \\S+ at ${hub?.address}`) });
	expect(health.ok).toBe(health.findings.every((one: { mark: string }) => one.mark !== "wrong"));
	const processes = [...[at.home.hub, at.home.host, loopFolder(at.home, "hub"), loopFolder(at.home, "host")]].map(
		(folder) => readHolder(world.files, folder),
	);
	expect(await flagship(at, "stop")).toMatchObject({ code: 0, out: "The host stopped.\nThe hub stopped.\n" });
	for (const one of processes) expect(one !== undefined && !world.spawn.alive(one)).toBe(true);
	expect(readFileSync(join(at.home.run, "hub.log"), "utf8")).toContain("ends: asked to end");
	expect((await flagship(at, "status")).out).toMatch(/hub {3}not running[\s\S]*host {2}not running/);
	const idle = { runs: false, says: "not running; it starts when it is needed" };
	const none = JSON.parse((await flagship(at, "status", "--json")).out);
	expect(none).toEqual({ home: at.home.root, hub: idle, host: idle });
});

it("the doctor revives a killed loop and a killed daemon, and names what else is wrong", async () => {
	const at = shell();
	await flagship(at, "hub", "start");
	const hub = hubOf(at);
	const loop = readHolder(world.files, loopFolder(at.home, "hub"));
	if (hub === undefined || loop === undefined) throw new Error("no hub");
	world.spawn.kill(loop, "SIGKILL");
	await until(() => !world.spawn.alive(loop), "the loop's end");
	const first = await flagship(at, "doctor");
	expect(first.out).toContain(`process ${hub.pid}: its restart loop was gone, and is started again`);
	expect(first.out).toMatch(/ok {5}node /);
	expect(first.out).toMatch(/ok {5}host not running/);
	await until(() => loopAlive(world, at.home, "hub"), "a loop");
	const second = readHolder(world.files, loopFolder(at.home, "hub"));
	if (second === undefined) throw new Error("no loop");
	world.spawn.kill(second, "SIGKILL");
	world.spawn.kill(hub, "SIGKILL");
	await until(() => !world.spawn.alive(second) && !world.spawn.alive(hub), "the end of both");
	expect((await flagship(at, "doctor")).out).toContain("it was gone, and is started again");
	writeFileSync(join(at.home.root, "settings.json"), "{");
	const sick = await flagship(at, "doctor");
	expect(sick).toMatchObject({
		code: 1,
		out: expect.stringMatching(/wrong {2}Flagship cannot use .*settings\.json: it is not JSON/),
	});
});

it("the doctor lets a stopped loop go on", async () => {
	const at = shell();
	await flagship(at, "hub", "start");
	const loop = readHolder(world.files, loopFolder(at.home, "hub"));
	if (loop === undefined) throw new Error("no loop");
	world.spawn.kill(loop, "SIGSTOP");
	expect((await flagship(at, "doctor")).out).toContain(`process ${loop.pid}, was stopped, and goes on`);
	const hub = hubOf(at);
	if (hub !== undefined) world.spawn.kill(hub, "SIGKILL");
	await until(() => hubOf(at)?.pid !== hub?.pid && hubOf(at), "the hub that the loop starts");
});

it("hub run honours PORT and VERS_AUTH_TOKEN, is found by commands, and refuses a second one", async () => {
	const at = shell({ PORT: "0", VERS_AUTH_TOKEN: "a-long-token" });
	const first = begin(at, ["hub", "run"]);
	const hub = await until(() => hubOf(at), "the hub");
	expect(hub.foreground).toBe(true);
	await until(() => first.said.out.includes(hub.address), "its sentence");
	const asked = await fetch(`${hub.address}/log`, { headers: { authorization: "Bearer a-long-token" } });
	expect(asked.status).toBe(200);
	expect((await fetch(`${hub.address}/log`)).status).toBe(401);
	const { VERS_AUTH_TOKEN: _, ...env } = at.env;
	expect((await flagship({ ...at, env }, "log", "append", "by the admin file")).code).toBe(0);
	expect((await flagship(at, "log", "append", "by the variable")).code).toBe(0);
	const second = await flagship(at, "hub", "run");
	expect(second).toMatchObject({ code: 1, err: expect.stringContaining("already works on") });
	first.child.kill("SIGINT");
	expect((await first.end).code).toBe(0);
	expect(hubOf(at)).toBeUndefined();
});

it("hub run with DATA_DIR keeps to that folder, and no session of this home takes it for its own", async () => {
	const at = shell({ PORT: "0" });
	const data = join(at.folder, "elsewhere");
	const apart = begin({ ...at, env: { ...at.env, DATA_DIR: data } }, ["hub", "run"]);
	await until(() => apart.said.out.includes(data), "its sentence");
	expect(existsSync(join(data, "lock.db"))).toBe(true);
	expect(existsSync(join(at.home.run, "hub.json"))).toBe(false);
});

it.each([
	[{ HOST: "0.0.0.0" }, 1, /without a token does not listen on 0\.0\.0\.0/],
	[{ PORT: "http" }, 2, /PORT is 'http'/],
	[{ FLAGSHIP_HOME: "relative" }, 1, /must be an absolute path/],
])("hub run refuses %j in a sentence", async (env, code, message) => {
	const at = shell();
	const ended = await flagship({ ...at, env: { ...at.env, PORT: "0", ...env } }, "hub", "run");
	expect(ended.code).toBe(code);
	expect(ended.err).toMatch(message);
	expect(ended.err).not.toMatch(/ {4}at /);
});

it("a socket path that the system would cut is refused with the way out", async () => {
	const at = shell();
	const ended = await flagship(
		{ ...at, env: { ...at.env, XDG_RUNTIME_DIR: join(at.folder, "x".repeat(90)) } },
		"host",
		"start",
	);
	expect(ended).toMatchObject({ code: 1, err: expect.stringMatching(/a unix socket takes at most 100/) });
	expect(ended.err).toContain("Set XDG_RUNTIME_DIR to a shorter folder");
});

it("four that start the hub at once get one", async () => {
	const at = shell();
	const said = await Promise.all([1, 2, 3, 4].map(() => flagship(at, "hub", "start")));
	expect(new Set(said.map(({ out }) => out)).size).toBe(1);
	expect(said.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
});

it("a hub that nobody needs leaves, and its loop with it; an open stream keeps it", async () => {
	const at = shell({ FLAGSHIP_IDLE_MINUTES: "0.02" });
	await flagship(at, "hub", "start");
	const stream = begin(at, ["feed", "stream", "--json"]);
	await until(
		async () => {
			await flagship(at, "feed", "publish", "custom", "seen", "--agent", "me");
			return stream.said.out.includes("seen");
		},
		"an open stream",
		30_000,
	);
	const hub = hubOf(at);
	// Longer than its patience, measured by other things that it does meanwhile.
	for (let i = 0; i < 4; i++) await flagship(at, "--version");
	expect(hub !== undefined && world.spawn.alive(hub)).toBe(true);
	stream.child.kill("SIGINT");
	await until(() => hubOf(at) === undefined && !loopAlive(world, at.home, "hub"), "the end of both", 30_000);
	expect(readFileSync(join(at.home.run, "hub.log"), "utf8")).toContain("idle for 0.02 minutes");
});

it("a port that another program has is named, with what to do", async () => {
	const at = shell({ PORT: "0" });
	begin(at, ["hub", "run"]);
	const hub = await until(() => hubOf(at), "a hub");
	const other = shell({ PORT: new URL(hub.address).port });
	expect(await flagship(other, "hub", "run")).toMatchObject({
		code: 1,
		err: expect.stringContaining("another program listens there"),
	});
});

it("data of a newer Flagship are refused in words, and nothing is started again and again", async () => {
	const at = shell();
	await flagship(at, "hub", "start");
	await flagship(at, "hub", "stop");
	const database = new DatabaseSync(join(at.home.hub, "hub.db"));
	database.exec("update schema_versions set version = version + 1 where service = 'log'");
	database.close();
	const refused = await flagship(at, "hub", "start");
	expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/newer Flagship/) });
	await until(() => !loopAlive(world, at.home, "hub"), "the loop's end");
});

it("daemons go on when the files of their package are gone, as during an update", async () => {
	const at = shell();
	const copy = join(at.folder, "package");
	const source = dirname(dirname(bin));
	for (const part of ["bin", "src", "package.json"]) cpSync(join(source, part), join(copy, part), { recursive: true });
	symlinkSync(join(source, "node_modules"), join(copy, "node_modules"));
	for (const daemon of ["hub", "host"]) {
		const program = join(copy, "bin/flagship.mjs");
		const started = spawnSync(process.execPath, [program, daemon, "start"], { env: at.env, encoding: "utf8" });
		expect(started).toMatchObject({ status: 0, stderr: "" });
	}
	const hub = hubOf(at);
	rmSync(copy, { recursive: true });
	for (const args of [
		["log", "append", "after the update"],
		["board", "create", "a task"],
		["tokens", "mint", "viewer", "v"],
		["feed", "stats"],
		["lt", "discover"],
	]) {
		expect(await flagship(at, ...args)).toMatchObject({ code: 0, err: "" });
	}
	expect(hubOf(at)?.pid).toBe(hub?.pid);
	expect((await flagship(at, "board", "get", "nothing")).err).toContain("not found");
});

it("start refuses without a terminal, in a sentence", async () => {
	const refused = await flagship(shell(), "start");
	expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("pi needs a terminal") });
});

it("a lieutenant's command line starts nothing", async () => {
	const at = shell({ FLAGSHIP_LIEUTENANT: "01ARZ3NDEKTSV4RRFFQ69G5FAV", VERS_AUTH_TOKEN: "t" });
	expect(await flagship(at, "board", "list")).toMatchObject({ code: 1, err: expect.stringContaining("hub") });
	for (const words of ["hub start", "doctor", "stop", "start"]) {
		const refused = await flagship(at, ...words.split(" "));
		expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`A lieutenant may not ${words}`) });
	}
	expect((await flagship(at, "status")).code).toBe(0);
	expect(hubOf(at)).toBeUndefined();
	expect(loopAlive(world, at.home, "hub")).toBe(false);
});

/** A terminal, by util-linux's `script`; `pi` on PATH is a program that writes down how it was called. */
const onLinux = process.platform === "linux" && existsSync("/usr/bin/script");
it.runIf(onLinux)("start opens the person's own pi with this package, and its exit code is ours", async () => {
	const at = shell();
	const folder = join(at.folder, "bin");
	mkdirSync(folder);
	const called = join(at.folder, "called");
	writeFileSync(
		join(folder, "pi"),
		`#!/bin/sh\ncase "$*" in *--version*) echo 1.5.2;; *--list-models*) echo "fake model";; *) echo "$@" >${called}; exit 7;; esac\n`,
	);
	chmodSync(join(folder, "pi"), 0o755);
	const env = { ...at.env, PATH: `${folder}:${at.env.PATH}` };
	const command = `${process.execPath} ${bin} start --model x`;
	const ran = spawnSync("/usr/bin/script", ["-qec", command, "/dev/null"], { env, encoding: "utf8", timeout: 60_000 });
	expect(ran.status).toBe(7);
	expect(ran.stdout).toMatch(/hub at http:\/\/127\.0\.0\.1:\d+, pi 1\.5\.2/);
	expect(readFileSync(called, "utf8")).toMatch(/^-e \S+ --model x\n$/);
	expect(hubOf(at)).toBeDefined();
});

it.runIf(onLinux)("start without a model says so, offers the demo, and leaves on q", async () => {
	const at = shell();
	const env = { ...at.env, PI_CODING_AGENT_DIR: join(at.folder, "agent"), PI_OFFLINE: "1" };
	const ran = spawnSync("/usr/bin/script", ["-qec", `${process.execPath} ${bin} start`, "/dev/null"], {
		...{ env, encoding: "utf8", timeout: 60_000, input: "q\n" },
	});
	expect(ran.stdout).toContain("pi has no model yet");
	expect(ran.stdout).toContain("see the demo");
	expect(ran.status).toBe(0);
	expect(hubOf(at)).toBeUndefined();
});
