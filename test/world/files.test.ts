import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { files } from "../../src/world/files.ts";
import { makeFolder } from "../support/folder.ts";

const folder = makeFolder();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("files", () => {
	test("a missing file is undefined, any other failure is thrown", () => {
		expect(files.read(join(folder, "none"))).toBeUndefined();
		expect(files.stat(join(folder, "none", "deeper"))).toBeUndefined();
		expect(files.list(join(folder, "none"))).toEqual([]);
		expect(() => files.read(folder)).toThrow(/EISDIR/);
	});

	test("a write replaces the whole file, is private, and leaves nothing else behind", () => {
		const own = join(folder, "write");
		files.makeFolder(own);
		files.write(join(own, "a.json"), "first, and long");
		files.write(join(own, "a.json"), "second");
		expect(files.read(join(own, "a.json"))).toBe("second");
		expect(files.list(own)).toEqual(["a.json"]);
		expect(files.stat(join(own, "a.json"))).toMatchObject({ kind: "file", mode: 0o600, size: 6, link: false });
		expect(files.stat(own)).toMatchObject({ kind: "folder", mode: 0o700 });
	});

	test("a folder is made with those above it, and said to be impossible where it is", () => {
		files.makeFolder(join(folder, "a", "b", "c"), 0o750);
		expect(files.stat(join(folder, "a", "b", "c"))).toMatchObject({ kind: "folder", mode: 0o750 });
		files.makeFolder(join(folder, "a", "b", "c"));
		files.write(join(folder, "file"), "");
		for (const path of ["file", "file/below/deeper"])
			expect(() => files.makeFolder(join(folder, path))).toThrow(/EEXIST|ENOTDIR/);
		// Node's own way to make all of a path never comes back from here.
		expect(() => files.makeFolder("/proc/nowhere/below")).toThrow(/ENOENT/);
	});

	test("a write that fails leaves the old file and no temporary one", () => {
		const target = join(folder, "occupied");
		files.makeFolder(join(target, "inside"));
		expect(() => files.write(target, "x")).toThrow();
		expect(files.list(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
		expect(files.list(target)).toEqual(["inside"]);
	});

	test("what was appended is read from an offset to the end", () => {
		const path = join(folder, "lines");
		files.append(path, "one\n");
		files.append(path, "zwö\n");
		expect(text(files.readFrom(path, 4))).toBe("zwö\n");
		expect(files.readFrom(path, 100)).toHaveLength(0);
		expect(files.readFrom(join(folder, "none"), 0)).toHaveLength(0);
	});

	test("a link is named as one, and removing it spares what it points to", () => {
		const target = join(folder, "target");
		const link = join(folder, "link");
		files.makeFolder(target);
		files.append(join(target, "kept"), "x");
		symlinkSync(target, link);
		expect(files.stat(link)).toMatchObject({ kind: "folder", link: true });
		files.remove(link);
		expect(files.list(target)).toEqual(["kept"]);
		files.remove(target);
		files.remove(target);
		expect(files.stat(target)).toBeUndefined();
	});

	test("a database file and its side files are private", () => {
		const path = join(folder, "x.db");
		const database = files.database(path);
		database.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
		for (const name of ["x.db", "x.db-wal", "x.db-shm"]) expect(files.stat(join(folder, name))?.mode).toBe(0o600);
		database.close();
	});

	test("rename replaces, free counts bytes", () => {
		writeFileSync(join(folder, "from"), "new");
		writeFileSync(join(folder, "to"), "old");
		files.rename(join(folder, "from"), join(folder, "to"));
		expect(files.read(join(folder, "to"))).toBe("new");
		expect(files.free(folder)).toBeGreaterThan(0);
	});
});
