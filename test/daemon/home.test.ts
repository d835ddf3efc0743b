import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
	homeOf,
	lieutenantFolder,
	makeHome,
	makeSocketFolder,
	SOCKET_PATH_MAX,
	socketPath,
	worktreeFolder,
} from "../../src/daemon/home.ts";
import { daemonEnvironment, PASSED, readSettings } from "../../src/daemon/settings.ts";
import { makeFolder } from "../support/folder.ts";

const uid = process.getuid?.() ?? 0;
const isRoot = uid === 0;
const NOBODY = 65534;
const home = (root: string, env: Record<string, string> = {}) =>
	homeOf({ FLAGSHIP_HOME: join(root, "f"), XDG_RUNTIME_DIR: root, ...env }, { uid, folder: root });

it("is ~/.flagship where nothing else is said, and sockets are in /tmp without a runtime folder", () => {
	const at = homeOf({}, { uid: 7, folder: "/home/ada" });
	expect(at.root).toBe("/home/ada/.flagship");
	expect(at.hub).toBe("/home/ada/.flagship/hub");
	expect(at.sockets).toBe("/tmp/flagship-7");
});

it("a relative FLAGSHIP_HOME is refused: it would be another home in each folder", () => {
	expect(() => homeOf({ FLAGSHIP_HOME: "here" }, { uid, folder: "/" })).toThrow(/must be an absolute path/);
});

it("is made for its owner alone", () => {
	const at = home(makeFolder());
	makeHome(at);
	makeSocketFolder(at);
	for (const folder of [at.root, at.hub, at.host, at.run, at.sockets])
		expect(statSync(folder).mode & 0o777).toBe(0o700);
});

it("a home that others may enter is refused, with the command that mends it", () => {
	const at = home(makeFolder());
	mkdirSync(at.root);
	chmodSync(at.root, 0o755);
	expect(() => makeHome(at)).toThrow(`run \`chmod 700 ${at.root}\``);
});

it.runIf(isRoot)("a home, or a socket folder, that belongs to another user is refused", () => {
	const at = home(makeFolder());
	for (const folder of [at.root, at.sockets]) {
		mkdirSync(folder, { mode: 0o700 });
		chownSync(folder, NOBODY, NOBODY);
	}
	expect(() => makeHome(at)).toThrow(/belongs to user 65534/);
	expect(() => makeSocketFolder(at)).toThrow(/belongs to user 65534/);
});

it("a socket folder that is a symbolic link is refused, though its target is ours", () => {
	const at = home(makeFolder());
	mkdirSync(`${at.root}-target`, { mode: 0o700 });
	symlinkSync(`${at.root}-target`, at.sockets);
	expect(() => makeSocketFolder(at)).toThrow(/symbolic link/);
});

it("a home may be reached through a symbolic link: people keep it on another disk", () => {
	const root = makeFolder();
	mkdirSync(join(root, "disk"), { mode: 0o700 });
	symlinkSync(join(root, "disk"), join(root, "f"));
	makeHome(home(root));
	expect(statSync(join(root, "disk", "hub")).isDirectory()).toBe(true);
});

it("a home whose name is a file is refused in words", () => {
	const at = home(makeFolder());
	writeFileSync(at.root, "");
	expect(() => makeHome(at)).toThrow(/Flagship cannot use .*: it is not a folder/);
});

it("a home on a read-only place is refused in words", () => {
	const root = makeFolder();
	if (isRoot) chownSync(root, NOBODY, NOBODY);
	chmodSync(root, 0o500);
	const source = `
		const { homeOf, makeHome } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/daemon/home.ts"))});
		if (process.getuid() === 0) process.setuid(${NOBODY});
		try { makeHome(homeOf({ FLAGSHIP_HOME: ${JSON.stringify(join(root, "f"))} }, { uid: process.getuid(), folder: "/" })); }
		catch (error) { console.log(error.code, error.message); }`;
	const ran = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
	chmodSync(root, 0o700);
	expect(ran.stdout).toMatch(/^home_unusable Flagship cannot use .*: EACCES/);
});

it("a home where the system makes none is refused in words, and not tried for ever", () => {
	for (const root of ["/proc/nowhere", "/proc/nowhere/below"]) {
		const at = homeOf({ FLAGSHIP_HOME: root }, { uid: process.getuid?.() ?? 0, folder: "/" });
		expect(() => makeHome(at)).toThrow(/Flagship cannot use .*ENOENT/);
	}
});

it("a socket's path is short, differs between homes and ids, and too long a one is refused with what to do", () => {
	const at = home("/run/user/1000");
	expect(socketPath(at, "host")).toMatch(/^\/run\/user\/1000\/flagship\/[0-9a-f]{12}\.host$/);
	expect(socketPath(at, "host", "b")).not.toBe(socketPath(at, "host", "a"));
	expect(socketPath({ ...at, root: "/other" }, "host")).not.toBe(socketPath(at, "host"));
	const long = home(`/${"ü".repeat(45)}`);
	expect(() => socketPath(long, "host")).toThrow(expect.objectContaining({ code: "socket_path_too_long" }));
	const longest = SOCKET_PATH_MAX - "/flagship/".length - "0123456789ab.host".length;
	expect(Buffer.byteLength(socketPath(home(`/${"a".repeat(longest - 1)}`), "host"))).toBe(SOCKET_PATH_MAX);
});

it("no id or name leads out of its folder", () => {
	const at = home("/x");
	for (const bad of ["", "..", "a/b", "../a", "a\0", "-a", "a b"]) {
		expect(() => lieutenantFolder(at, bad)).toThrow(expect.objectContaining({ code: "name_invalid" }));
		expect(() => worktreeFolder(at, "/repo", bad)).toThrow(expect.objectContaining({ code: "name_invalid" }));
	}
	expect(lieutenantFolder(at, "01ARZ3NDEKTSV4RRFFQ69G5FAV")).toBe("/x/f/lieutenants/01ARZ3NDEKTSV4RRFFQ69G5FAV");
});

it("lieutenants of one name in two repositories of one name have two worktrees", () => {
	const at = home("/x");
	expect(worktreeFolder(at, "/a/repo", "lt")).not.toBe(worktreeFolder(at, "/b/repo", "lt"));
	expect(worktreeFolder(at, "/a/repo/", "lt")).toBe(worktreeFolder(at, "/a/repo", "lt"));
	expect(worktreeFolder(at, "/a/repo", "lt")).toMatch(/^\/x\/f\/worktrees\/repo-[0-9a-f]{10}\/lt$/);
});

it("settings are read, checked, and win over what is passed", () => {
	const at = home(makeFolder());
	makeHome(at);
	expect(readSettings(at, {}).idleMinutes).toBe(30);
	writeFileSync(join(at.root, "settings.json"), '{"idleMinutes":5,"env":{"PATH":"/mine"},"gates":{"workLog":"warn"}}');
	const settings = readSettings(at, {});
	expect(settings).toMatchObject({ idleMinutes: 5, values: { gates: { workLog: "warn" } } });
	const built = daemonEnvironment(at, settings, { PATH: "/theirs", OPENAI_API_KEY: "k", LANG: "C" });
	expect(built).toEqual({ PATH: "/mine", LANG: "C", FLAGSHIP_HOME: at.root });
});

it("the document lists exactly the variables that a daemon takes over", () => {
	const text = readFileSync(join(import.meta.dirname, "../../docs/daemons.md"), "utf8");
	const section = text.slice(text.indexOf("## Environment"), text.indexOf("and everything under"));
	expect([...section.matchAll(/`([A-Z_]+)`/g)].map((match) => match[1])).toEqual([...PASSED]);
});

it.each(["{", "[]", '{"env":{"A":1}}', '{"idleMinutes":"soon"}', '{"idleMinutes":-1}'])(
	"settings that are not what they should be are refused: %s",
	(text) => {
		const at = home(makeFolder());
		makeHome(at);
		writeFileSync(join(at.root, "settings.json"), text);
		expect(() => readSettings(at, {})).toThrow(expect.objectContaining({ code: "home_unusable" }));
	},
);
