/** Backups by the shipped command: beside a hub at work, killed on the way, put back. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { until } from "../support/until.ts";
import { begin, flagship, shell } from "./support.ts";

async function hubWith(words: readonly string[]) {
	const at = shell();
	for (const text of words) expect(await flagship(at, "log", "append", text)).toMatchObject({ code: 0 });
	return { at, file: join(at.folder, "hub.backup") };
}

it("backs up beside the hub, verifies, refuses to restore under it, and restores what was there", async () => {
	const { at, file } = await hubWith(["kept"]);
	const made = await flagship(at, "backup", file);
	expect(made).toMatchObject({
		code: 0,
		out: expect.stringMatching(/1 entries of the log.* Tried by a restore\.\n$/),
		err: "",
	});
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(await flagship(at, "verify", file)).toMatchObject({ code: 0, out: expect.stringContaining("is whole") });
	await flagship(at, "log", "append", "lost");
	const refused = await flagship(at, "restore", file);
	expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/Another hub .*\n.*flagship stop/) });
	expect(await flagship(at, "log", "query", "--last", "1d")).toMatchObject({ out: expect.stringContaining("lost") });
	await flagship(at, "hub", "stop");
	const restored = await flagship(at, "restore", file);
	expect(restored).toMatchObject({
		code: 0,
		out: expect.stringMatching(/What was there before is in .*before-restore-/),
	});
	const entries = await flagship(at, "log", "query", "--last", "1d");
	expect(entries).toMatchObject({ code: 0, out: expect.stringContaining("kept") });
	expect(entries.out).not.toContain("lost");
	expect(await flagship(at, "feed", "list")).toMatchObject({ out: expect.stringContaining("hub_restored") });
});

it("a lieutenant's command line may neither make nor restore one", async () => {
	const at = shell({ FLAGSHIP_LIEUTENANT: "01J00000000000000000000000" });
	for (const verb of ["backup", "restore"])
		expect(await flagship(at, verb, join(at.folder, "x"))).toMatchObject({
			code: 1,
			err: expect.stringContaining("may not"),
		});
});

it("kill -9 on the way leaves the earlier backup, no half file, and nothing that the next one does not clear away", async () => {
	const { at, file } = await hubWith(["one"]);
	expect(await flagship(at, "backup", file)).toMatchObject({ code: 0 });
	const before = readFileSync(file);
	const left = () => readdirSync(at.folder).filter((name) => name.endsWith(".tmp"));
	const inside = () => left().flatMap((name) => readdirSync(join(at.folder, name)));
	// Each time a step later: while SQLite copies, while it is packed, while it is tried.
	for (const step of ["snapshot.db", "packed", "trial"]) {
		const { child, end } = begin(at, ["backup", file]);
		await until(() => inside().includes(step), step, 30_000);
		child.kill("SIGKILL");
		await end;
		expect(readFileSync(file).equals(before)).toBe(true);
		expect(left().length).toBeGreaterThan(0);
	}
	expect(await flagship(at, "backup", file)).toMatchObject({ code: 0 });
	expect(left()).toEqual([]);
});

it("kill -9 in the middle of a restore leaves the data of before or those of the backup, whole", async () => {
	const { at, file } = await hubWith(["in both"]);
	await flagship(at, "backup", file);
	await flagship(at, "log", "append", "only before");
	await flagship(at, "hub", "stop");
	const rooms = () => readdirSync(at.home.hub).filter((name) => name.endsWith(".tmp"));
	const { child, end } = begin(at, ["restore", file]);
	const inside = () => rooms().flatMap((name) => readdirSync(join(at.home.hub, name)));
	await until(() => inside().includes("fresh"), "what is put in the place", 30_000);
	child.kill("SIGKILL");
	await end;
	expect(await flagship(at, "log", "query", "--last", "1d")).toMatchObject({ out: expect.stringContaining("in both") });
	await flagship(at, "hub", "stop");
	expect(await flagship(at, "restore", file)).toMatchObject({ code: 0 });
	expect(rooms()).toEqual([]);
});

it("goes to standard output whole, for whoever takes it over a pipe", async () => {
	const { at, file } = await hubWith(["over the pipe"]);
	const { child, end } = begin(at, ["backup", "-"]);
	const chunks: Buffer[] = [];
	child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
	expect(await end).toMatchObject({ code: 0, err: "" });
	writeFileSync(file, Buffer.concat(chunks), { mode: 0o600 });
	expect(await flagship(at, "verify", file)).toMatchObject({
		code: 0,
		out: expect.stringContaining("1 entries of the log"),
	});
	expect(readdirSync(at.home.hub).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
