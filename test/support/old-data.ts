/** The data folder of a vers-agent-services as its server leaves it: every file, in its own format. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DuckDBInstance } from "@duckdb/node-api";
import { ulid } from "ulid";

const BEGAN = Date.UTC(2026, 0, 2, 3, 4, 5);
/** The moment so many minutes after the old server's first. */
export const at = (minute: number): string => new Date(BEGAN + minute * 60_000).toISOString();
/** A ULID as the old server made them: of the moment, and of chance. */
export const idAt = (minute: number): string => ulid(BEGAN + minute * 60_000);

type Fields = Record<string, unknown>;

export interface OldData {
	readonly tasks: Fields[];
	readonly events: Fields[];
	readonly log: Fields[];
	readonly journal: Fields[];
	readonly vms: Fields[];
	readonly skills: Fields[];
	readonly skillChanges: Fields[];
	readonly extensions: Fields[];
	readonly extensionChanges: Fields[];
	readonly manifests: Fields[];
	readonly reports: Fields[];
	readonly commits: Fields[];
	readonly links: Fields[];
	readonly accesses: Fields[];
	readonly sessions: Fields[];
	readonly machines: Fields[];
}

/** Some of everything; two events of one millisecond are not in the order of their ids. */
export function oldData(): OldData {
	const [first, second, report] = [idAt(1), idAt(2), idAt(3)];
	const [low, high] = [idAt(9), idAt(9)].sort();
	const linkId = "0d4f1c1e-6a1b-4f7e-9a3c-2f1d5b7c9e11";
	const five = (total: number) => ({ input: total - 3, output: 1, cacheRead: 1, cacheWrite: 1, total });
	return {
		tasks: [
			{
				...{ id: first, title: "Ship it", description: "all of it", status: "in_review", assignee: "lt-a" },
				...{ tags: ["x", "y", "x"], dependencies: [second], createdBy: "orc", createdAt: at(1), updatedAt: at(5) },
				notes: [
					{ id: idAt(4), author: "lt-a", content: "found — ünïcode\n", type: "finding", createdAt: at(4) },
					{ id: idAt(5), author: "lt-b", content: "blocked", type: "blocker", createdAt: at(5) },
				],
				artifacts: [
					{ type: "branch", url: "feat/x", label: "the branch", addedAt: at(4), addedBy: "lt-a" },
					{ type: "url", url: "https://x.example/", label: "same", addedAt: at(4) },
					{ type: "url", url: "https://x.example/", label: "same", addedAt: at(4) },
				],
				score: 3,
			},
			{
				...{ id: second, title: "First this", status: "done", tags: [], dependencies: [], createdBy: "orc" },
				...{ createdAt: at(2), updatedAt: at(2), notes: [], artifacts: [], score: 0 },
			},
		],
		events: [
			{ id: idAt(1), agent: "lt-a", type: "task_started", summary: "began", timestamp: at(1), detail: "text" },
			{ id: high, agent: "lt-b", type: "token_update", summary: "t", timestamp: at(9), detail: { a: [1, null] } },
			{ id: low, agent: "lt-a", type: "custom", summary: "c", timestamp: at(9), metadata: { k: "v" } },
			{ id: idAt(10), agent: "lt-a", type: "finding", summary: "last", timestamp: at(10) },
		],
		log: [
			{ id: idAt(1), timestamp: at(1), text: "did a thing", agent: "lt-a" },
			{ id: idAt(2), timestamp: at(2), text: "nobody did" },
		],
		journal: [
			{ id: idAt(1), timestamp: at(1), text: "odd day", author: "LT-A", mood: "wry", tags: ["Calm", "late"] },
			{ id: idAt(2), timestamp: at(2), text: "plain" },
		],
		vms: [
			{
				...{ id: "vm-1", name: "infra", role: "infra", status: "running", address: "vm-1.vm.vers.sh" },
				...{ services: [{ name: "hub", port: 3000, protocol: "http" }], metadata: { pid: 7 } },
				...{ registeredBy: "orc", registeredAt: at(0), lastSeen: at(8) },
			},
		],
		skills: [
			{
				...{ id: idAt(1), name: "deploying", version: 4, description: "how to deploy", content: "# Deploy\n" },
				...{ publishedBy: "orc", publishedAt: at(1), updatedAt: at(6), tags: ["ops"], enabled: true },
			},
		],
		skillChanges: [{ id: idAt(6), type: "skill", name: "deploying", version: 4, action: "update", timestamp: at(6) }],
		extensions: [
			{
				...{ id: idAt(2), name: "helper", version: 1, description: "code", content: "export default () => {};" },
				...{ publishedBy: "orc", publishedAt: at(2), updatedAt: at(2), enabled: false },
			},
		],
		extensionChanges: [
			{ id: idAt(2), type: "extension", name: "helper", version: 1, action: "publish", timestamp: at(2) },
		],
		manifests: [
			{ agentId: "lt-a", vmId: "vm-1", skills: [{ name: "deploying", version: 4 }], extensions: [], lastSync: at(8) },
		],
		reports: [
			{
				...{ id: report, title: "Findings", author: "lt-a", content: "# Found\n\n$& and <b>", tags: ["q1"] },
				...{ createdAt: at(3), updatedAt: at(3) },
			},
		],
		commits: [
			{
				...{ id: idAt(1), commitId: "c-1", vmId: "vm-1", timestamp: at(1), label: "base", agent: "lt-a" },
				...{ tags: ["golden"], metadata: { size: 1 } },
			},
			{ id: idAt(2), commitId: "c-2", vmId: "vm-1", timestamp: at(2) },
		],
		links: [
			{ linkId, reportId: report, createdAt: at(4), createdBy: "admin", expiresAt: null, label: "board", revoked: 0 },
		],
		accesses: [
			{ id: idAt(5), linkId, reportId: report, timestamp: at(5), ip: "10.0.0.1", userAgent: "curl", referrer: null },
		],
		sessions: [
			{
				...{ id: idAt(7), sessionId: "s-1", agent: "lt-a", parentAgent: "orc", model: "m", tokens: five(1_000) },
				...{ cost: five(4), turns: 3, toolCalls: { bash: 2 }, startedAt: at(1), endedAt: at(7), recordedAt: at(7) },
			},
			{
				...{ id: idAt(8), sessionId: "s-1", agent: "lt-a", parentAgent: null, model: "m", tokens: five(500) },
				...{ cost: five(3.5), turns: 1, toolCalls: {}, startedAt: at(7), endedAt: at(8), recordedAt: at(8) },
			},
		],
		machines: [
			{ id: idAt(1), vmId: "vm-1", role: "infra", agent: "orc", createdAt: at(0), recordedAt: at(1) },
			{
				...{ id: idAt(2), vmId: "vm-2", role: "golden", agent: "orc", commitId: "c-1", createdAt: at(1) },
				...{ destroyedAt: at(2), recordedAt: at(2) },
			},
		],
	};
}

export async function writeOldData(folder: string, data: OldData): Promise<void> {
	mkdirSync(folder, { recursive: true });
	const document = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value, null, 2));
	const lines = (name: string, all: readonly object[]) =>
		writeFileSync(join(folder, name), all.map((one) => `${JSON.stringify(one)}\n`).join(""));
	document("board.json", { tasks: data.tasks });
	document("registry.json", { vms: data.vms });
	document("skills.json", { skills: data.skills, changeLog: data.skillChanges });
	document("extensions.json", { extensions: data.extensions, changeLog: data.extensionChanges });
	document("agent-manifests.json", { manifests: data.manifests });
	document("reports.json", { reports: data.reports });
	lines("feed.jsonl", data.events);
	lines("log.jsonl", data.log);
	lines("journal.jsonl", data.journal);
	lines("commits.jsonl", data.commits);
	writeLinks(join(folder, "reports.db"), data);
	await writeUsage(join(folder, "usage.duckdb"), data);
}

type Value = string | number | null;

/** Left in write-ahead mode, with what it wrote last beside it, as a server that was killed leaves it. */
function writeLinks(path: string, { links, accesses }: OldData): void {
	const database = new DatabaseSync(path);
	database.exec(`pragma journal_mode = wal;
		create table share_links (linkId TEXT PRIMARY KEY, reportId TEXT NOT NULL, createdAt TEXT NOT NULL,
			createdBy TEXT NOT NULL, expiresAt TEXT, label TEXT, revoked INTEGER DEFAULT 0);
		create table share_access_log (id TEXT PRIMARY KEY, linkId TEXT NOT NULL, reportId TEXT NOT NULL,
			timestamp TEXT NOT NULL, ip TEXT, userAgent TEXT, referrer TEXT);`);
	for (const [table, rows] of [
		["share_links", links],
		["share_access_log", accesses],
	] as const) {
		for (const row of rows) {
			const values = Object.values(row) as Value[];
			database.prepare(`insert into ${table} values (${values.map(() => "?").join(", ")})`).run(...values);
		}
	}
	database.close();
}

const five = (five: unknown): number[] => Object.values(five as Record<string, number>);

async function writeUsage(path: string, { sessions, machines }: OldData): Promise<void> {
	const instance = await DuckDBInstance.create(path, { threads: "1" });
	const connection = await instance.connect();
	const columns = (name: string, type: string) =>
		["input", "output", "cache_read", "cache_write", "total"]
			.map((part) => `${name}_${part} ${type} NOT NULL`)
			.join(", ");
	await connection.run(`CREATE TABLE sessions (id VARCHAR PRIMARY KEY, session_id VARCHAR NOT NULL,
		agent VARCHAR NOT NULL, parent_agent VARCHAR, model VARCHAR NOT NULL, ${columns("tokens", "INTEGER")},
		${columns("cost", "DOUBLE")}, turns INTEGER NOT NULL, tool_calls JSON NOT NULL, started_at TIMESTAMP NOT NULL,
		ended_at TIMESTAMP NOT NULL, recorded_at TIMESTAMP NOT NULL);
		CREATE TABLE vm_records (id VARCHAR PRIMARY KEY, vm_id VARCHAR NOT NULL, role VARCHAR NOT NULL,
		agent VARCHAR NOT NULL, commit_id VARCHAR, created_at TIMESTAMP NOT NULL, destroyed_at TIMESTAMP,
		recorded_at TIMESTAMP NOT NULL);`);
	const insert = async (table: string, values: readonly unknown[]) => {
		const marks = values.map((_, index) => `$${index + 1}`).join(", ");
		await connection.run(`INSERT INTO ${table} VALUES (${marks})`, values as Value[]);
	};
	for (const one of sessions) {
		const who = [one.id, one.sessionId, one.agent, one.parentAgent, one.model];
		const amounts = [...five(one.tokens), ...five(one.cost), one.turns, JSON.stringify(one.toolCalls)];
		await insert("sessions", [...who, ...amounts, one.startedAt, one.endedAt, one.recordedAt]);
	}
	for (const { id, vmId, role, agent, commitId = null, createdAt, destroyedAt = null, recordedAt } of machines)
		await insert("vm_records", [id, vmId, role, agent, commitId, createdAt, destroyedAt, recordedAt]);
	connection.closeSync();
	instance.closeSync();
}
