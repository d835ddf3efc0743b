import { cpSync, existsSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ensure, findDaemon, loopAlive, meet } from "../../src/daemon/ensure.ts";
import { adminTokenFile, loopFolder, runFile } from "../../src/daemon/home.ts";
import { ownStart, readHolder } from "../../src/daemon/lock.ts";
import { livingDaemon, writeRunFile } from "../../src/daemon/run-file.ts";
import { stopDaemon } from "../../src/daemon/stop.ts";
import { entryFile } from "../../src/daemon/version.ts";
import { until } from "../support/until.ts";
import { alive, configure, entry, find, fixtureAs, place, run, world } from "./support.ts";

const get = async (address: string, path: string) => (await fetch(address + path)).text();

it("starts a daemon where there is none, and its run file says who it is and where it answers", async () => {
	const at = place();
	const hub = await find(at);
	expect(JSON.parse(readFileSync(runFile(at.home, "hub"), "utf8"))).toEqual({
		...{ pid: hub.pid, started: world.spawn.started(hub.pid), address: hub.address },
		...{ protocol: 1, version: "0.1.0", entry: entryFile },
	});
	expect(JSON.parse(await get(hub.address, "/health"))).toEqual({ status: "ok" });
	expect(await find(at)).toEqual(hub);
	expect(statSync(adminTokenFile(at.home.hub)).mode & 0o777).toBe(0o600);
});

it("six that look for it at once get one", async () => {
	const at = place();
	const found = await Promise.all(Array.from({ length: 6 }, () => find(at)));
	expect(new Set(found.map((hub) => hub.pid)).size).toBe(1);
	expect(alive(at.home).length).toBeGreaterThan(0);
});

it("a host is found by its first frame on its socket", async () => {
	const at = place();
	const host = await find(at, "host");
	expect(host.address).toMatch(/^unix:/);
	expect(await find(at, "host")).toEqual(host);
});

it("a daemon that crashed, or was killed, is back", async () => {
	const at = place();
	const first = await find(at);
	await get(first.address, "/crash").catch(() => "");
	const second = await until(async () => {
		const hub = await find(at);
		return hub.pid !== first.pid && hub;
	}, "a second hub");
	world.spawn.kill(second, "SIGKILL");
	const third = await until(async () => {
		const hub = await find(at);
		return hub.pid !== second.pid && hub;
	}, "a third hub");
	expect(JSON.parse(await get(third.address, "/health"))).toEqual({ status: "ok" });
});

it("a killed loop leaves the daemon at work; the next session start revives the loop, which watches the same daemon", async () => {
	const at = place();
	const hub = await find(at);
	const loop = await until(() => readHolder(world.files, loopFolder(at.home, "hub")), "the loop");
	world.spawn.kill(loop, "SIGKILL");
	await until(() => !world.spawn.alive(loop), "the loop's end");
	expect(loopAlive(world, at.home, "hub")).toBe(false);
	expect((await findDaemon("hub", at.options))?.pid).toBe(hub.pid);
	expect(loopAlive(world, at.home, "hub")).toBe(false);
	expect((await find(at)).pid).toBe(hub.pid);
	await until(() => loopAlive(world, at.home, "hub"), "a new loop");
	world.spawn.kill(hub, "SIGKILL");
	const next = await until(() => {
		const found = livingDaemon(world, at.home, "hub");
		return found?.pid !== hub.pid && found;
	}, "the daemon, started by the new loop");
	expect(await get(next.address, "/health")).toContain("ok");
});

it("an adopted daemon that ends in order takes its new loop with it", async () => {
	const at = place();
	const hub = await find(at);
	const loop = await until(() => readHolder(world.files, loopFolder(at.home, "hub")), "the loop");
	world.spawn.kill(loop, "SIGKILL");
	await until(() => !world.spawn.alive(loop), "the loop's end");
	await find(at);
	await until(() => loopAlive(world, at.home, "hub"), "a new loop");
	world.spawn.kill(hub, "SIGTERM");
	await until(() => alive(at.home).length === 0, "the end of both");
});

it("a frozen daemon is killed once it is proven, and another one answers", async () => {
	const at = place();
	const first = await find(at);
	world.spawn.kill(first, "SIGSTOP");
	const second = await find(at);
	expect(second.pid).not.toBe(first.pid);
	expect(world.spawn.alive(first)).toBe(false);
});

it("another program on the port of a dead hub is not taken for it", async () => {
	const at = place();
	const server = createServer((_request, response) => response.end('{"status":"ok"}'));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const self = { pid: process.pid, started: ownStart(world) };
	writeRunFile(world.files, at.home, "hub", { ...self, address, protocol: 1, version: "0.1.0" });
	expect(await findDaemon("hub", at.options)).toBeUndefined();
	server.close();
});

it("its environment holds nothing of the caller's but where things are, and what the home's settings say", async () => {
	const at = place({ env: { GIVEN: "by settings" } });
	const secrets = { ANTHROPIC_API_KEY: "sk-secret", VERS_AUTH_TOKEN: "tok-secret", DATA_DIR: "/elsewhere" };
	const hub = await ensure("hub", { ...at.options, env: { ...at.env, ...secrets, TZ: "UTC" } });
	const seen: Record<string, string> = JSON.parse(await get(hub.address, "/env"));
	expect(seen).toMatchObject({ ...at.env, GIVEN: "by settings", TZ: "UTC" });
	expect(Object.keys(seen).filter((name) => name in secrets)).toEqual([]);
	const loop = await until(() => readHolder(world.files, loopFolder(at.home, "hub")), "the loop");
	if (process.platform === "linux") {
		for (const { pid } of [hub, loop]) {
			const whole = readFileSync(`/proc/${pid}/environ`, "utf8") + readFileSync(`/proc/${pid}/cmdline`, "utf8");
			expect(whole).not.toContain("secret");
		}
	}
});

it("a daemon has loaded all its code: it goes on, and runs commands, when its files are gone", async () => {
	const at = place();
	const copy = join(at.home.root, "package");
	const source = join(import.meta.dirname, "../..");
	for (const part of ["src", "package.json"]) cpSync(join(source, part), join(copy, part), { recursive: true });
	cpSync(import.meta.dirname, join(copy, "test/daemon"), { recursive: true });
	symlinkSync(join(source, "node_modules"), join(copy, "node_modules"));
	const hub = await ensure("hub", { ...at.options, entry: join(copy, "test/daemon/fixture.ts") });
	rmSync(copy, { recursive: true });
	expect((await get(hub.address, "/run")).trim()).toBe("it runs");
});

it("a loop whose program is gone makes room for that of the next session", async () => {
	const at = place();
	const moved = fixtureAs(at.home, "0.1.0");
	const first = await ensure("hub", { ...at.options, entry: moved });
	rmSync(moved);
	world.spawn.kill(first, "SIGKILL");
	await until(() => !loopAlive(world, at.home, "hub"), "the loop's end");
	expect((await find(at)).pid).not.toBe(first.pid);
});

it("stop leaves no process, and the next search starts anew", async () => {
	const at = place();
	const hub = await find(at);
	expect(await stopDaemon(world, at.home, "hub", at.home.hub)).toBe("stopped");
	expect(alive(at.home)).toEqual([]);
	expect(existsSync(runFile(at.home, "hub"))).toBe(false);
	expect(await stopDaemon(world, at.home, "hub", at.home.hub)).toBe("was not running");
	expect((await find(at)).pid).not.toBe(hub.pid);
});

it("stop ends also a daemon that is frozen", async () => {
	const at = place();
	world.spawn.kill(await find(at), "SIGSTOP");
	expect(await stopDaemon(world, at.home, "hub", at.home.hub, 300)).toContain("killed");
	await until(() => alive(at.home).length === 0, "no process");
});

it("an idle daemon leaves, and its loop with it", async () => {
	const at = place({ idleMinutes: 0.005, env: { FIXTURE_IDLE: "yes" } });
	await find(at);
	await until(() => alive(at.home).length === 0, "the end of both");
	expect(readFileSync(`${at.home.run}/hub.log`, "utf8")).toContain("idle for 0.005 minutes");
});

it("a daemon that says why it cannot run is not started again, and the caller hears the reason", async () => {
	const at = place({ env: { FIXTURE_FAULT: "newer" } });
	await expect(find(at)).rejects.toThrow(/was written by a newer Flagship \(schema 9; this one knows 1\)/);
	await until(() => alive(at.home).length === 0, "the end of the loop");
});

it("a daemon that crashes at every start gives a clear error with the last lines of its log", async () => {
	const at = place({ env: { FIXTURE_FAULT: "crash" } });
	const failed = ensure("hub", { ...at.options, within: 1_500 });
	await expect(failed).rejects.toMatchObject({ code: "daemon_failed", message: /the fixture crashes at start/ });
	configure(at.home, {});
	expect((await find(at)).version).toBe("0.1.0");
});

it("a newer session asks an older daemon to retire, the loop starts the newer program, and older sessions use that", async () => {
	const at = place();
	const old = await find(at);
	const loop = readHolder(world.files, loopFolder(at.home, "hub"));
	const newer = fixtureAs(at.home, "0.2.0");
	const found = await ensure("hub", { ...at.options, entry: newer, speaks: { protocol: 1, version: "0.2.0" } });
	expect(found.version).toBe("0.2.0");
	expect(found.pid).not.toBe(old.pid);
	expect(readHolder(world.files, loopFolder(at.home, "hub"))).toEqual(loop);
	expect((await find(at)).pid).toBe(found.pid);
});

it("a newer program that fails twice gives way to the last good one, and is not asked for again", async () => {
	const at = place();
	const old = await find(at);
	const count = `${at.home.root}/count`;
	const broken = entry(
		at.home,
		"broken",
		`import { appendFileSync } from "node:fs"; appendFileSync("${count}", "x"); process.exit(1);`,
	);
	const options = { ...at.options, entry: broken, speaks: { protocol: 1, version: "0.2.0" } };
	const found = await ensure("hub", options);
	expect(found.version).toBe("0.1.0");
	expect(found.pid).not.toBe(old.pid);
	expect(readFileSync(count, "utf8")).toBe("xx");
	expect((await ensure("hub", options)).pid).toBe(found.pid);
});

it("with another protocol, whoever is older is told to update", async () => {
	const at = place();
	const newer = fixtureAs(at.home, "0.3.0", 2);
	await ensure("hub", { ...at.options, entry: newer, speaks: { protocol: 2, version: "0.3.0" } });
	await expect(find(at)).rejects.toMatchObject({ code: "update_needed", message: /This Flagship 0.1.0/ });
	await expect(findDaemon("hub", at.options)).rejects.toMatchObject({ code: "update_needed" });
});

it("a hub that a person typed is used as it is: no loop, no retirement", async () => {
	const at = place();
	run(at, "hub", "run");
	const typed = await until(() => livingDaemon(world, at.home, "hub"), "the typed hub");
	const newer = { ...at.options, speaks: { protocol: 1, version: "0.9.0" } };
	expect((await ensure("hub", newer)).pid).toBe(typed.pid);
	expect(loopAlive(world, at.home, "hub")).toBe(false);
});

it("what two versions do when they meet", () => {
	const v = (version: string, protocol: number) => ({ version, protocol });
	const cells = [
		[v("1.0.0", 1), v("1.0.0", 1), false, "use"],
		[v("1.0.0", 1), v("1.1.0", 1), false, "use"],
		[v("1.1.0", 1), v("1.0.0", 1), false, "retire"],
		[v("1.1.0", 1), v("1.0.0", 1), true, "use"],
		[v("2.0.0", 2), v("1.0.0", 1), false, "retire"],
		[v("2.0.0", 2), v("1.0.0", 1), true, "update-them"],
		[v("1.0.0", 1), v("2.0.0", 2), false, "update-us"],
		[v("1.10.0", 1), v("1.9.0", 1), false, "retire"],
		[v("1.0.0-rc.1", 1), v("1.0.0", 1), false, "use"],
	] as const;
	for (const [mine, theirs, refused, expected] of cells) expect(meet(mine, theirs, refused)).toBe(expected);
});
