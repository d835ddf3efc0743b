/** Usage: `usage.duckdb`. It is opened in a process of its own, because a file that is made to harm would end it. */
import { entryFile } from "../../daemon/version.ts";
import { fault, reason } from "../../errors.ts";
import { LOCKED } from "../../hub/analytics/work.ts";
import type { Context } from "../context.ts";
import { copyOf } from "./copy.ts";
import { USAGE_FILE } from "./files.ts";
import { type Item, parsed, rejected } from "./item.ts";

/** Rows of a DuckDB file as lines: `session {…}`, `machine {…}`. Throws where it cannot be read. */
export type UsageReader = (file: string) => Promise<string>;

const WITHIN = 300_000;
const OUTPUT_MAX = 512 * 1_048_576;

export async function* usageItems(folder: string, copies: string, read: UsageReader): AsyncGenerator<Item> {
	let lines: string;
	try {
		lines = await read(copyOf(folder, USAGE_FILE, copies));
	} catch (thrown) {
		yield rejected(
			{ file: USAGE_FILE, line: 0, kind: "session", raw: "" },
			`the database cannot be read: ${reason(thrown)}`,
		);
		return;
	}
	const line = { session: 0, machine: 0 };
	for (const text of lines.split("\n")) {
		const [, kind, raw] = /^(session|machine) (.*)$/.exec(text) ?? [];
		if ((kind !== "session" && kind !== "machine") || raw === undefined) continue;
		yield parsed({ file: USAGE_FILE, line: ++line[kind], kind, raw });
	}
}

/** By `flagship hub read-usage`. */
export const usageReader =
	({ world, env }: Context): UsageReader =>
	async (file) => {
		const kept = ["PATH", "HOME", "TMPDIR", "FLAGSHIP_HOME", "XDG_RUNTIME_DIR"].flatMap((name) =>
			env[name] === undefined ? [] : [[name, env[name]] as const],
		);
		const ran = await world.spawn.run(process.execPath, [entryFile, "hub", "read-usage"], {
			...{ input: file, env: Object.fromEntries(kept), timeout: WITHIN, maxOutput: OUTPUT_MAX, endsGroup: true },
		});
		if (ran.code === 0) return ran.stdout;
		throw new Error(ran.timedOut ? "it took longer than five minutes" : ran.stderr.trim() || `exit code ${ran.code}`);
	};

const iso = (column: string): string => `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%gZ')`;

const SESSIONS = `select rowid, id, session_id, agent, parent_agent, model, tokens_input, tokens_output,
	tokens_cache_read, tokens_cache_write, tokens_total, cost_input, cost_output, cost_cache_read, cost_cache_write,
	cost_total, turns, tool_calls, ${iso("started_at")}, ${iso("ended_at")}, ${iso("recorded_at")} from sessions`;
const MACHINES = `select rowid, id, vm_id, role, agent, commit_id, ${iso("created_at")}, ${iso("destroyed_at")},
	${iso("recorded_at")} from vm_records`;

const PAGE = 2_000;
type Value = unknown;

/** In the process of its own: the file's path comes on stdin, the rows go to stdout. */
export async function readUsage({ input, out }: Context): Promise<number> {
	const duck = await import("@duckdb/node-api").catch(() => {
		throw fault("analytics_missing");
	});
	const options = { ...LOCKED, access_mode: "AUTOMATIC", memory_limit: "512MB" };
	const instance = await duck.DuckDBInstance.create((await input()).trim(), options);
	const connection = await instance.connect();
	const tables = [
		["session", SESSIONS, sessionOf],
		["machine", MACHINES, machineOf],
	] as const;
	for (const [kind, sql, made] of tables) {
		for (let after = -1, more = true; more; ) {
			const page = `${sql} where rowid > ${after} order by rowid limit ${PAGE}`;
			const rows: readonly (readonly Value[])[] = (await connection.runAndReadAll(page)).getRowsJson();
			for (const [rowid, ...row] of rows) {
				out(`${kind} ${JSON.stringify(made(row))}`);
				after = Number(rowid);
			}
			more = rows.length === PAGE;
		}
	}
	instance.closeSync();
	return 0;
}

const five = ([input, output, cacheRead, cacheWrite, total]: readonly Value[]) => ({
	...{ input, output, cacheRead, cacheWrite, total },
});

function sessionOf(row: readonly Value[]): object {
	const [id, sessionId, agent, parentAgent, model] = row;
	const [turns, toolCalls, startedAt, endedAt, recordedAt] = row.slice(15);
	const [tokens, cost] = [five(row.slice(5, 10)), five(row.slice(10, 15))];
	const calls = toolCallsOf(toolCalls);
	return {
		id,
		sessionId,
		agent,
		parentAgent,
		model,
		tokens,
		cost,
		turns,
		toolCalls: calls,
		startedAt,
		endedAt,
		recordedAt,
	};
}

/** What is no JSON is brought as it is, and refused with its record. */
function toolCallsOf(text: Value): Value {
	try {
		return JSON.parse(String(text));
	} catch {
		return text;
	}
}

function machineOf([id, vmId, role, agent, commitId, createdAt, destroyedAt, recordedAt]: readonly Value[]): object {
	return {
		...{ id, vmId, role, agent },
		...(commitId === null ? {} : { commitId }),
		createdAt,
		...(destroyedAt === null ? {} : { destroyedAt }),
		recordedAt,
	};
}
