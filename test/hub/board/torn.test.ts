import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../support/folder.ts";
import { runHub } from "../hub-process.ts";
import { type Body, testHub } from "../support.ts";

test("a board whose file was torn by a crash keeps all but what was torn; one that is no database is not begun anew", async () => {
	const folder = makeFolder();
	const { ask, child, ended } = await runHub(folder);
	for (let n = 0; n < 30; n++) await ask("POST", "/board/tasks", { title: `task ${n}`, createdBy: "ann" });
	child.kill("SIGKILL");
	await ended;
	const log = join(folder, "hub.db-wal");
	truncateSync(log, readFileSync(log).length - 200);

	const on = await testHub({ folder });
	const { tasks } = await on.done("GET", "/board/tasks");
	const titles = tasks.map(({ title }: Body) => title).toReversed();
	expect(titles).toEqual(Array.from({ length: titles.length }, (_, n) => `task ${n}`));
	expect(titles.length).toBeGreaterThanOrEqual(29);
	await on.done("POST", "/board/tasks", { title: "next", createdBy: "ann" });
	expect((await on.done("GET", "/board/tasks")).count).toBe(titles.length + 1);
	await on.hub.close();

	const file = join(folder, "hub.db");
	const before = "no database ".repeat(1_000);
	writeFileSync(file, before);
	await expect(testHub({ folder })).rejects.toThrow(/not a database/);
	expect(readFileSync(file, "utf8")).toBe(before);
});
