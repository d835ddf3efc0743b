/**
 * `flagship import <folder | ssh:host:folder>`: takes over the data of a vers-agent-services. Each record keeps id, times
 * and author; the same folder again adds nothing, a folder that has grown only what is new; what is refused stops nothing.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fault, reason } from "../../errors.ts";
import type { Context } from "../context.ts";
import { openHub } from "../operate.ts";
import { ALL_FILES, PASSED_OVER } from "./files.ts";
import { itemsOf } from "./read.ts";
import { Rejects, type Told } from "./rejects.ts";
import { fetchFolder, remoteOf } from "./remote.ts";
import { Sender } from "./send.ts";
import { Tally, tableOf } from "./tally.ts";
import { usageReader } from "./usage.ts";

/** Resolves to the exit code: 1 when what came in is not what went out. */
export async function importFolder(context: Context, args: readonly string[]): Promise<number> {
	const { from, json } = asked(args);
	const own = mkdtempSync(join(tmpdir(), "flagship-import-"));
	const hub = openHub(context);
	const tally = new Tally();
	const rejects = new Rejects(rejectsFile(context));
	try {
		const folder = await localFolder(context, from, join(own, "data"));
		if (readdirSync(folder).every((name) => !ALL_FILES.includes(name)))
			throw fault("not_found", `Data of a vers-agent-services in ${from}`);
		const others = readdirSync(folder).filter((name) => !ALL_FILES.includes(name) && !PASSED_OVER.has(name));
		const sender = new Sender(hub, tally, rejects);
		for await (const item of itemsOf(folder, own, usageReader(context))) await sender.take(item);
		await sender.flush();
		tell(context, { from, json, tally, rejects, others });
	} finally {
		hub.close();
		rmSync(own, { recursive: true, force: true });
	}
	return tally.addsUp ? 0 : 1;
}

function asked(args: readonly string[]): { readonly from: string; readonly json: boolean } {
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(args);
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
	const [from, ...more] = parsed.positionals;
	if (from === undefined || more.length > 0) throw fault("usage", "`flagship import <folder | ssh:host:folder>`");
	return { from, json: parsed.values.json === true };
}

const parse = (args: readonly string[]) =>
	parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: "boolean" } } });

/** Where the files can be read. Throws `not_found`. */
async function localFolder({ env }: Context, from: string, into: string): Promise<string> {
	const remote = remoteOf(from);
	if (remote === undefined) {
		const folder = resolve(from);
		if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
			throw fault("not_found", `Folder ${folder}`);
		return folder;
	}
	const { mkdirSync } = await import("node:fs");
	mkdirSync(into, { mode: 0o700 });
	await fetchFolder(remote, into, env);
	return into;
}

function rejectsFile({ home, world }: Context): string {
	const moment = new Date(world.clock.now()).toISOString().replaceAll(/[:.]/g, "-");
	return join(home.root, "imports", `${moment}-${process.pid}.rejects.jsonl`);
}

interface Outcome {
	readonly from: string;
	readonly json: boolean;
	readonly tally: Tally;
	readonly rejects: Rejects;
	/** Files that are none of the old server's. */
	readonly others: readonly string[];
}

/** Listed on a screen; the file has the rest. */
const SHOWN = 50;

function tell({ out }: Context, { from, json, tally, rejects, others }: Outcome): void {
	const { rows, addsUp } = tally;
	const kept = rejects.any ? { rejectsFile: rejects.path } : {};
	if (json) {
		out(JSON.stringify({ from, rows, addsUp, rejects: rejects.told, noted: rejects.noted, others, ...kept }, null, 2));
		return;
	}
	for (const line of tableOf(rows)) out(line);
	for (const line of listed("Rejected", rejects.told, rejects.count)) out(line);
	for (const line of listed("Noted", rejects.noted, rejects.notes)) out(line);
	if (rejects.any) out(`As they stood: ${rejects.path}`);
	if (others.length > 0) out(`Not read, being no file of the old server: ${others.join(", ")}`);
	if (!addsUp) out("The counts do not add up: run it again.");
}

function listed(what: string, told: readonly Told[], count: number): readonly string[] {
	if (count === 0) return [];
	const lines = told.slice(0, SHOWN).map(({ file, line, kind, why }) => `  ${file}:${line} ${kind}: ${why}`);
	return [`${what}: ${count}`, ...lines, ...(count > lines.length ? [`  and ${count - lines.length} more`] : [])];
}
