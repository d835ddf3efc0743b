/**
 * `flagship export <folder>`: the hub's records in the files of a vers-agent-services, as of one moment, so that the way
 * back is open. The folder is there whole or not at all.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fault, reason } from "../../errors.ts";
import type { Context } from "../context.ts";
import { writeLinks, writeUsage } from "./databases.ts";
import { LINKS_FILE, USAGE_FILE } from "./files.ts";
import * as records from "./records.ts";
import { openSnapshot, type Snapshot } from "./snapshot.ts";
import { writeDocument, writeLines } from "./write.ts";

type Duck = typeof import("@duckdb/node-api");
type Counts = Readonly<Record<string, number>>;

export async function exportFolder(context: Context, args: readonly string[]): Promise<number> {
	const { to, data, json } = asked(context, args);
	if (existsSync(to)) throw fault("conflict", `${to} is there already; an export makes its folder`);
	// Before anything is written: usage is a file of DuckDB.
	const duck = await import("@duckdb/node-api").catch(() => {
		throw fault("analytics_missing");
	});
	const hub = openSnapshot(context.world, data);
	const partial = `${to}.partial-${process.pid}`;
	try {
		mkdirSync(dirname(to), { recursive: true });
		mkdirSync(partial, { mode: 0o700 });
		const { counts, tooLarge } = await write(partial, hub, duck);
		renameSync(partial, to);
		tell(context, { to, json, counts, tooLarge });
		return tooLarge === 0 ? 0 : 1;
	} finally {
		hub.close();
		rmSync(partial, { recursive: true, force: true });
	}
}

function asked({ home }: Context, args: readonly string[]) {
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(args);
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
	const { positionals, values } = parsed;
	const [to, ...more] = positionals;
	if (to === undefined || more.length > 0) throw fault("usage", "`flagship export <folder>` names one new folder.");
	return { to: resolve(to), data: resolve(values.data ?? home.hub), json: values.json === true };
}

const parse = (args: readonly string[]) =>
	parseArgs({
		args: [...args],
		allowPositionals: true,
		options: { json: { type: "boolean" }, data: { type: "string" } },
	});

interface Written {
	readonly counts: Counts;
	readonly tooLarge: number;
}

async function write(folder: string, hub: Snapshot, duck: Duck): Promise<Written> {
	const lines = {
		"feed.jsonl": records.events(hub),
		"log.jsonl": records.logEntries(hub),
		"journal.jsonl": records.journalEntries(hub),
		"commits.jsonl": records.commits(hub),
	};
	const documents = {
		"board.json": { tasks: records.tasks(hub) },
		"registry.json": { vms: records.vms(hub) },
		"skills.json": { skills: records.skills(hub, "skill"), changeLog: records.changes(hub, "skill") },
		"extensions.json": { extensions: records.skills(hub, "extension"), changeLog: records.changes(hub, "extension") },
		"agent-manifests.json": { manifests: records.manifests(hub) },
		"reports.json": { reports: records.reports(hub) },
	};
	const counts: Record<string, number> = {};
	for (const [file, all] of Object.entries(lines)) counts[file] = writeLines(folder, file, all);
	for (const [file, lists] of Object.entries(documents)) counts[file] = writeDocument(folder, file, lists);
	const { links, accesses } = writeLinks(folder, hub);
	const { sessions, machines, tooLarge } = await writeUsage(folder, hub, duck);
	return { counts: { ...counts, [LINKS_FILE]: links + accesses, [USAGE_FILE]: sessions + machines }, tooLarge };
}

function tell(
	{ out }: Context,
	{ to, json, counts, tooLarge }: Written & { readonly to: string; readonly json: boolean },
) {
	if (json) return out(JSON.stringify({ folder: to, counts, tooLarge }, null, 2));
	for (const [file, count] of Object.entries(counts)) out(`${String(count).padStart(8)}  ${join(to, file)}`);
	if (tooLarge > 0) out(`Left out: ${tooLarge} sessions with more tokens than the old format has bits for.`);
	out("Share links keep their names and readers; their addresses are not known here, and stay with this hub.");
}
