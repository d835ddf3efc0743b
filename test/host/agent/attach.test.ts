import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endGroups } from "../../../src/host/agent/groups.ts";
import { attachLife } from "../../../src/host/agent/life.ts";
import { makeFolder } from "../../support/folder.ts";
import { pis as allPis } from "../../support/pis.ts";
import { until } from "../../support/until.ts";
import { ears, makeRig, PATIENT, START, world } from "./rig.ts";

const [{ cli: pi } = { cli: "" }] = await allPis();

const sleeper = (command = "sleep", args: readonly string[] = ["300"]) =>
	world.spawn.detached({
		command,
		args,
		cwd: "/",
		env: { PATH: "/bin:/usr/bin" },
		stdin: null,
		stdout: null,
		stderr: null,
	});

describe("a host that comes back", { timeout: PATIENT }, () => {
	it.each(["ready", "loading"])(
		"finds a pi that was started and not yet noted when the old host died: %s",
		async (when) => {
			const rig = await makeRig(pi, {});
			const employment = rig.employ();
			const life =
				when === "ready" ? await rig.start(employment) : rig.place.start(employment, 1, ears(), { start: START });
			life.detach();
			const note = join(rig.folder(employment.id), "life.json");
			writeFileSync(note, JSON.stringify({ life: 1, ended: false }));
			const attached = await rig.attach(employment.id);
			expect(attached?.process).toEqual(life.process);
			expect(JSON.parse(readFileSync(note, "utf8"))).toMatchObject({ process: life.process, ended: false });
			await attached?.stop(0);
		},
	);

	it("finds nothing where pi was never started, or has died in the meantime, and leaves no pipe behind", async () => {
		const rig = await makeRig(pi, {});
		const employment = rig.employ();
		const life = await rig.start(employment);
		life.detach();
		if (life.process !== undefined) world.spawn.kill(life.process, "SIGKILL");
		await until(() => life.process !== undefined && !world.spawn.alive(life.process), "its death");
		expect(await rig.attach(employment.id)).toBeUndefined();
		expect(existsSync(join(rig.folder(employment.id), "in.1"))).toBe(false);
		const folder = makeFolder();
		expect(await attachLife(world, folder, ears(), { start: START })).toBeUndefined();
		writeFileSync(join(folder, "life.json"), JSON.stringify({ life: 4, ended: false }));
		expect(await attachLife(world, folder, ears(), { start: START })).toBeUndefined();
		expect(JSON.parse(readFileSync(join(folder, "life.json"), "utf8"))).toEqual({ life: 4, ended: true });
	});

	it("makes a pi end itself that comes up after its life was given up", async () => {
		const rig = await makeRig(pi, {});
		const employment = rig.employ();
		const heard = ears();
		const life = rig.place.start(employment, 1, heard, { start: START });
		writeFileSync(join(rig.folder(employment.id), "life.json"), JSON.stringify({ life: 2, ended: false }));
		await until(() => life.end, "its end", PATIENT);
		expect(life.end?.stderr).toContain("a later process has taken over");
	});
});

describe("the commands of a dead pi", () => {
	const noted = (entries: Readonly<Record<number, string>>): string => {
		const folder = makeFolder();
		for (const [pid, started] of Object.entries(entries)) writeFileSync(join(folder, pid), started);
		return folder;
	};

	it("are ended only when the start time is the noted one", async () => {
		const [ours, foreign] = [sleeper(), sleeper()];
		const folder = noted({ [ours.pid]: ours.started, [foreign.pid]: "another start" });
		expect(endGroups(world, folder, true)).toBe(1);
		await until(() => !world.spawn.alive(ours), "the end of ours");
		expect(world.spawn.alive(foreign)).toBe(true);
		world.spawn.kill(foreign, "SIGKILL");
		expect(world.files.list(folder)).toEqual([]);
	});

	it("are ended without a leader only by the host that saw its pi alive", async () => {
		const leader = sleeper("sh", ["-c", "sleep 301 & echo $! > $0; exit 0", join(makeFolder(), "pid")]);
		await until(() => !world.spawn.alive(leader), "the leader's end");
		expect(endGroups(world, noted({ [leader.pid]: "" }), false)).toBe(0);
		expect(endGroups(world, noted({ [leader.pid]: "" }), true)).toBe(1);
		await until(() => endGroups(world, noted({ [leader.pid]: "" }), true) === 0, "the group's end");
	});
});
