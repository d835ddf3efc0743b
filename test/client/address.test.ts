import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findHub } from "../../src/client/address.ts";
import { callerOf, orchestratorName } from "../../src/client/caller.ts";
import { type Home, homeOf, runFile } from "../../src/daemon/home.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";

const world = realWorld();
const nothing = () => undefined;

function homeWithHub(address: string, started = world.spawn.started(process.pid)): Home {
	const home = homeOf({ FLAGSHIP_HOME: makeFolder() }, { uid: 0, folder: "/" });
	mkdirSync(home.run, { recursive: true });
	const run = { pid: process.pid, started, address, version: "1.0.0", protocol: 1 };
	writeFileSync(runFile(home, "hub"), JSON.stringify(run));
	return home;
}
const emptyHome = (): Home => homeOf({ FLAGSHIP_HOME: makeFolder() }, { uid: 0, folder: "/" });

describe("where the hub is", () => {
	it("is what the person chose, with the person's token, before all else", () => {
		const home = homeWithHub("http://127.0.0.1:1");
		const env = { VERS_INFRA_URL: "https://hub.example", VERS_AUTH_TOKEN: "theirs" };
		const given = () => ({ token: "given", hub: "http://127.0.0.1:2" });
		expect(findHub({ world, home, env, given })).toEqual({
			url: "https://hub.example",
			token: "theirs",
			introduced: false,
		});
	});

	it("is this home's own hub, with the token that the host gave this session", () => {
		const home = homeWithHub("http://127.0.0.1:1");
		const env = { VERS_AUTH_TOKEN: "of another hub" };
		const given = () => ({ token: "given", hub: null });
		expect(findHub({ world, home, env, given })).toEqual({
			url: "http://127.0.0.1:1",
			token: "given",
			introduced: true,
		});
	});

	it("is never the port of a hub that has ended: another program may have it by now", () => {
		const home = homeWithHub("http://127.0.0.1:1", "another start");
		expect(findHub({ world, home, env: { VERS_AUTH_TOKEN: "t" }, given: nothing })).toBeUndefined();
	});

	it("is the hub that the host is linked to, when this home has none", () => {
		const given = () => ({ token: "given", hub: "http://10.0.0.1:3000" });
		expect(findHub({ world, home: emptyHome(), env: {}, given })).toMatchObject({ url: "http://10.0.0.1:3000" });
	});

	it("is met by a lieutenant with its own token, which its host introduces", () => {
		const home = homeWithHub("http://127.0.0.1:1");
		const env = { VERS_AUTH_TOKEN: "own", FLAGSHIP_LIEUTENANT: "01L" };
		expect(findHub({ world, home, env, given: nothing })).toEqual({
			url: "http://127.0.0.1:1",
			token: "own",
			introduced: true,
		});
	});
});

describe("who a session is", () => {
	const person = (cwd: string) => ({ user: "ada", machine: "box", cwd });

	it("is the same name in every folder of one repository", () => {
		const root = makeFolder();
		mkdirSync(join(root, ".git"));
		mkdirSync(join(root, "a", "b"), { recursive: true });
		expect(orchestratorName(world.files, {}, person(join(root, "a", "b")))).toBe(`ada@box:${root}`);
		expect(orchestratorName(world.files, {}, person(root))).toBe(`ada@box:${root}`);
	});

	it("is the folder outside a repository, and what the person chose where they chose", () => {
		const folder = makeFolder();
		expect(orchestratorName(world.files, {}, person(folder))).toBe(`ada@box:${folder}`);
		expect(orchestratorName(world.files, { FLAGSHIP_ORCHESTRATOR: " night " }, person(folder))).toBe("night");
	});

	it("is a pack inside a lieutenant, an orchestrator with its process elsewhere", () => {
		const process_ = { pid: process.pid, session: "s", person: person(makeFolder()) };
		const env = { FLAGSHIP_LIEUTENANT: "01L", VERS_AUTH_TOKEN: "t" };
		expect(callerOf(world, { ...process_, env })).toEqual({ type: "pack", lieutenant: "01L", token: "t" });
		expect(callerOf(world, { ...process_, env: {} })).toMatchObject({
			type: "orchestrator",
			session: "s",
			pid: process.pid,
			started: world.spawn.started(process.pid),
		});
	});
});
