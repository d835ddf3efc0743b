/** Search by words over 100,000 entries of the work log, beside reading as many bytes from bare HTTP. */
import { join } from "node:path";
import type { SQLInputValue } from "node:sqlite";
import { openStorage } from "../../src/hub/database/database.ts";
import { loadModules } from "../../src/hub/modules.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeHome } from "../support/home.ts";
import type { Run } from "./group.ts";
import { median } from "./measure.ts";
import { startHub } from "./program.ts";
import { ask } from "./wire.ts";

const ENTRIES = 100_000;
const VOCABULARY = 5_000;
const ROUNDS = 50;

/** The same words at every run, some often and some seldom. */
const word = (n: number): string => `w${(((n * n * 7_919) % 104_729) % VOCABULARY).toString(36)}`;
const sentence = (n: number): string =>
	`made src/part${n % 400}/file${n}.ts, ${Array.from({ length: 14 }, (_, i) => word(n + i * 31)).join(" ")}`;

async function seeded(folder: string): Promise<void> {
	const world = realWorld();
	const storage = openStorage(world, folder, (await loadModules(world)).schemas);
	const insert = "insert into log (id, timestamp, text, agent) values (?, ?, ?, ?)";
	storage.writing.run("begin immediate");
	for (let n = 0; n < ENTRIES; n++) {
		const row: SQLInputValue[] = [`01B${String(n).padStart(23, "0")}`, "2026-01-01T00:00:00.000Z", sentence(n), "ann"];
		storage.writing.run(insert, ...row);
	}
	storage.writing.run("commit");
	storage.close();
}

export async function search(run: Run): Promise<void> {
	const home = makeHome();
	const folder = join(home.root, "search");
	await seeded(folder);
	const hub = await startHub(home, folder);
	const timed = async (words: string): Promise<number> => {
		const path = `/log/search?limit=50&words=${encodeURIComponent(words)}`;
		const begun = performance.now();
		const { count } = await ask(hub.url, { method: "GET", path, token: hub.token });
		if (count === 0) throw new Error(`nothing found for ${words}`);
		return performance.now() - begun;
	};
	const at = { connections: 1, entries: ENTRIES };
	run.report({ bench: "hub.search.first", at, value: await timed("file77777"), unit: "ms" });
	const kinds = { word: "src/part7", prefix: "file9999", two: `${word(3)} part11`, frequent: "made" } as const;
	for (const [kind, words] of Object.entries(kinds)) {
		const times: number[] = [];
		for (let n = 0; n < ROUNDS; n++) times.push(await timed(words));
		run.report({ bench: `hub.search.${kind}`, at, value: median(times), unit: "ms" });
	}
	await hub.end("SIGTERM");
}
