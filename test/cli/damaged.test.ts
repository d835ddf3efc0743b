/** A hub whose data cannot be used says so, changes nothing, and comes back with a backup. */
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { smallDisk } from "../support/small-disk.ts";
import { flagship, shell } from "./support.ts";

async function hubWith(words: readonly string[], more: Record<string, string> = {}) {
	const at = shell(more);
	for (const text of words) expect(await flagship(at, "log", "append", text)).toMatchObject({ code: 0 });
	return { at, file: join(at.home.hub, "hub.db") };
}

it("a file that is no database is refused in words by who starts it and by the doctor, is left alone, and a backup brings it back", async () => {
	const { at, file } = await hubWith(["kept"]);
	expect(await flagship(at, "backups", "make")).toMatchObject({ code: 0 });
	await flagship(at, "hub", "stop");
	const rubbish = "this is no database, however long one looks at it\n".repeat(100);
	writeFileSync(file, rubbish);
	const [name = ""] = readdirSync(join(at.home.hub, "backups"));
	const says = new RegExp(`hub\\.db is damaged \\(file is not a database\\)\\. The newest backup .*${name}`);
	const asked = await flagship(at, "log", "query", "--last", "1d");
	expect(asked).toMatchObject({ code: 1, err: expect.stringMatching(says) });
	expect(asked.err).toContain("`flagship restore <backup>`");
	expect(await flagship(at, "hub", "run")).toMatchObject({ code: 1, err: expect.stringMatching(says) });
	expect(await flagship(at, "doctor")).toMatchObject({ out: expect.stringMatching(says) });
	expect(readFileSync(file, "utf8")).toBe(rubbish);
	expect(await flagship(at, "restore", join(at.home.hub, "backups", name))).toMatchObject({ code: 0 });
	expect(await flagship(at, "log", "query", "--last", "1d")).toMatchObject({ out: expect.stringContaining("kept") });
	expect(await flagship(at, "doctor")).not.toMatchObject({ out: expect.stringContaining("damaged") });
});

it("without a backup it says that there is none", async () => {
	const { at, file } = await hubWith(["lost"]);
	await flagship(at, "hub", "stop");
	writeFileSync(file, "rubbish".repeat(1000));
	const { err } = await flagship(at, "log", "query", "--last", "1d");
	expect(err).toContain(`There is no backup in ${join(at.home.hub, "backups")}.`);
});

it("a page that cannot be read is told by what needs it, and all else goes on", async () => {
	const { at, file } = await hubWith(["behind a damaged page"]);
	expect(await flagship(at, "board", "create", "a task")).toMatchObject({ code: 0 });
	await flagship(at, "hub", "stop");
	const database = new DatabaseSync(file);
	const { rootpage } = database.prepare("select rootpage from sqlite_master where name = 'log'").get() ?? {};
	database.close();
	const pages = openSync(file, "r+");
	writeSync(pages, Buffer.alloc(4096, 0xee), 0, 4096, (Number(rootpage) - 1) * 4096);
	closeSync(pages);
	const log = await flagship(at, "log", "query", "--last", "1d");
	expect(log).toMatchObject({ code: 1, err: expect.stringMatching(/The hub's database is damaged \(.*malformed\)/) });
	expect(log.err).toContain("flagship restore");
	expect(await flagship(at, "board", "list")).toMatchObject({ code: 0, out: expect.stringContaining("a task") });
});

it("a folder that may only be read is refused in words, and is used again once it is mended", async (context) => {
	const disk = smallDisk(64);
	if (disk === undefined) return context.skip("a small disk cannot be mounted here");
	const mount = (how: string) => execFileSync("mount", ["-o", `remount,${how}`, disk.folder]);
	const { at } = await hubWith(["kept"], { FLAGSHIP_HOME: join(disk.folder, "f") });
	await flagship(at, "hub", "stop");
	mount("ro");
	try {
		const asked = await flagship(at, "log", "query", "--last", "1d");
		expect(asked, JSON.stringify(asked)).toMatchObject({ code: 1 });
		expect(asked.err).toMatch(/Flagship cannot use \S+: EROFS: read-only file system[^\n]*\n\s*Mend the folder/);
		expect(asked.err).not.toMatch(/^\s+at /m);
	} finally {
		mount("rw");
	}
	await flagship(at, "hub", "stop");
	expect(await flagship(at, "log", "query", "--last", "1d")).toMatchObject({ out: expect.stringContaining("kept") });
});
