/** The hub is not the only one that opens its file: backups and queries are processes of their own. */
import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { openStorage } from "../../../src/hub/database/database.ts";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";

const world = realWorld();

/** Without it another process that closes the database may take itself for the last, and remove the write-ahead log. */
test.runIf(process.platform === "linux")(
	"a hub at work keeps its lock on the file, also with two connections",
	async () => {
		const folder = makeFolder();
		const storage = openStorage(world, folder, (await loadModules(world)).schemas);
		storage.reading.get("select 1 from feed");
		const { ino } = statSync(`${folder}/hub.db`);
		const held = readFileSync("/proc/locks", "utf8").split("\n");
		storage.close();
		const mine = held.filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
		expect(mine).toHaveLength(1);
	},
);
