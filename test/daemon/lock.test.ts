import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tryLock } from "../../src/daemon/lock.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { makeFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";
import { exitOf, place, run, world } from "./support.ts";

const answers = (at: ReturnType<typeof place>) =>
	until(() => livingDaemon(world, at.home, "hub"), "a hub that answers");

it("a second daemon on the same data is refused, and says who works there", async () => {
	const at = place();
	run(at, "hub", "run");
	const first = await answers(at);
	const second = run(at, "hub", "run");
	expect(await exitOf(second)).toBe(69);
	expect(second.text()).toContain(
		`Another hub (process ${first.pid} at ${first.address}) already works on ${at.home.hub}`,
	);
	expect(world.spawn.alive(first)).toBe(true);
});

it("of ten that start at once, one works", async () => {
	const at = place();
	const ends: (number | string)[] = [];
	for (let i = 0; i < 10; i++) void exitOf(run(at, "hub", "run")).then((code) => ends.push(code));
	await until(() => ends.length === 9, "nine refusals", 20_000);
	expect(ends).toEqual(new Array(9).fill(69));
	await answers(at);
});

it("the lock holds while its holder is frozen, and is free at once after kill -9", async () => {
	const at = place();
	const child = run(at, "hub", "run");
	await answers(at);
	child.kill("SIGSTOP");
	expect(tryLock(world, at.home.hub, "0.1.0")).toBeUndefined();
	child.kill("SIGKILL");
	await exitOf(child);
	const lock = tryLock(world, at.home.hub, "0.1.0");
	expect(lock).toBeDefined();
	lock?.release();
});

it("a frozen holder is killed by whoever proves that it is frozen, and its place is taken", async () => {
	const at = place();
	const frozen = run(at, "hub", "run");
	const first = await answers(at);
	frozen.kill("SIGSTOP");
	run(at, "hub", "run");
	const second = await until(
		() => {
			const found = livingDaemon(world, at.home, "hub");
			return found !== undefined && found.pid !== first.pid && found;
		},
		"a second hub",
		20_000,
	);
	expect(second.address).not.toBe(first.address);
	expect(await exitOf(frozen)).toBe("SIGKILL");
});

it("a pid that now belongs to another process is never killed: pid and start time must agree", async () => {
	const at = place();
	const bystander = run(at, "host", "run");
	await until(() => livingDaemon(world, at.home, "host"), "a bystander");
	const holder = tryLock(world, at.home.hub, "0.1.0");
	const claim = { pid: bystander.pid, started: "another time", address: "http://127.0.0.1:9", version: "0.1.0" };
	world.files.write(join(at.home.hub, "lock.json"), JSON.stringify(claim));
	const second = run(at, "hub", "run");
	expect(await exitOf(second)).toBe(69);
	expect(bystander.exitCode).toBeNull();
	holder?.release();
});

it("within one process the file is never opened a second time: any close would drop the lock", async () => {
	const at = place();
	const lock = tryLock(world, at.home.hub, "0.1.0");
	expect(lock).toBeDefined();
	expect(tryLock(world, at.home.hub, "0.1.0")).toBeUndefined();
	const other = run(at, "hub", "run");
	expect(await exitOf(other)).toBe(69);
	lock?.release();
});

it("lock.json names the holder, and the lock file is still there after its end", async () => {
	const folder = makeFolder();
	const lock = tryLock(world, folder, "1.2.3");
	lock?.announce("http://127.0.0.1:1");
	const written: unknown = JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"));
	expect(written).toEqual({
		pid: process.pid,
		started: world.spawn.started(process.pid),
		address: "http://127.0.0.1:1",
		version: "1.2.3",
	});
	lock?.release();
	expect(existsSync(join(folder, "lock.db"))).toBe(true);
});
