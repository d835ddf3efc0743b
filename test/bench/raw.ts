/**
 * What node:sqlite can do by itself: the rows of one log entry and its event, one transaction each, as durable as the
 * hub's, without HTTP, tokens, checks or a second caller.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStorage } from "../../src/hub/database/database.ts";
import { loadModules } from "../../src/hub/modules.ts";
import { realWorld } from "../../src/world/real.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeFolder } from "../support/folder.ts";

export interface RawRate {
	/** Transactions a second. */
	readonly rate: number;
	/** CPU of each, µs. */
	readonly cpu: number;
}

/** Answers a function that writes for so many ms. */
export async function rawWriter(): Promise<(ms: number) => Promise<RawRate>> {
	const world = realWorld();
	const folder = makeFolder();
	openStorage(world, folder, (await loadModules(world)).schemas).close();
	const database = new DatabaseSync(join(folder, "hub.db"));
	database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory;");
	atEnd(() => database.close());
	const [begin, commit] = [database.prepare("begin immediate"), database.prepare("commit")];
	const entry = database.prepare("insert into log (id, timestamp, text, agent) values (?, ?, ?, ?)");
	const event = database.prepare("insert into feed (id, timestamp, agent, type, summary) values (?, ?, ?, ?, ?)");
	let n = 0;
	return async (ms) => {
		const from = performance.now();
		const cpu = process.cpuUsage();
		const before = n;
		while (performance.now() - from < ms) {
			const id = `01RAW${String(n++).padStart(21, "0")}`;
			const now = new Date().toISOString();
			begin.run();
			entry.run(id, now, `entry ${n} of the load`, "bench");
			event.run(id, now, "bench", "log_appended", `entry ${n} of the load`);
			commit.run();
		}
		const { user, system } = process.cpuUsage(cpu);
		return { rate: ((n - before) * 1000) / (performance.now() - from), cpu: (user + system) / (n - before) };
	};
}
