import { expect, test } from "vitest";
import { loadModules } from "../../../src/hub/modules.ts";
import { realWorld } from "../../../src/world/real.ts";
import { type Body, testHub } from "../support.ts";

const { done, mint } = await testHub();
const lieutenant = { token: await mint("lieutenant", "lt") };
const host = { token: await mint("host", `01${"H".repeat(24)}`) };
const admin = {};

const usage = {
	...{ sessionId: "s", model: "m", turns: 1, startedAt: "2026-01-01", endedAt: "2026-01-01" },
	tokens: { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, total: 4 },
	cost: { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, total: 4 },
};

/** `:x` in a path is the id that the step named x has answered. */
const steps: readonly [
	operation: string,
	method: string,
	path: string,
	body: object | undefined,
	type: string,
	as?: object,
][] = [
	["log.append", "POST", "/log", { text: "x" }, "log_appended"],
	["journal.append", "POST", "/journal", { text: "x" }, "journal_written"],
	["reports.create", "POST", "/reports", { title: "t", content: "c" }, "report_created"],
	["reports.update", "PATCH", "/reports/:reports.create", { content: "d" }, "report_updated"],
	["shares.create", "POST", "/reports/:reports.create/share", {}, "report_shared", admin],
	["shares.revoke", "DELETE", "/reports/share/:shares.create", undefined, "report_unshared", admin],
	["reports.delete", "DELETE", "/reports/:reports.create", undefined, "report_deleted"],
	["commits.record", "POST", "/commits", { commitId: "c", vmId: "v" }, "commit_recorded"],
	["commits.update", "PATCH", "/commits/c", { label: "l" }, "commit_updated"],
	["commits.delete", "DELETE", "/commits/c", undefined, "commit_removed", admin],
	[
		"transcripts.append",
		"POST",
		"/transcripts",
		{
			...{ lieutenant: `01${"A".repeat(24)}`, name: "lt", owner: "o" },
			entries: [{ entry: "1", timestamp: "t", role: "user", text: "x" }],
		},
		"transcript_kept",
		host,
	],
	["incidents.record", "POST", "/incidents", { cause: "auth", type: "note", what: "x" }, "incident_opened", host],
	["incidents.report", "POST", "/incidents/:incidents.record/report", { publish: true }, "report_created", admin],
	["incidents.close", "POST", "/incidents/:incidents.record/close", {}, "incident_closed", host],
	["undeleted.record", "POST", "/undeleted", { machine: "m", cause: "transient" }, "machine_undeleted", host],
	[
		"undeleted.confirm",
		"POST",
		"/undeleted/confirm",
		{ seen: [{ machine: "m", tries: 1 }], listed: [] },
		"machines_gone",
		host,
	],
	[
		"schedules.create",
		"POST",
		"/schedules",
		{ name: "s", kind: "backup", cron: "0 0 1 1 *" },
		"schedule_created",
		admin,
	],
	["schedules.remove", "DELETE", "/schedules/s", undefined, "schedule_removed", admin],
	["board.create", "POST", "/board/tasks", { title: "t" }, "task_created"],
	["board.update", "PATCH", "/board/tasks/:board.create", { title: "u" }, "task_updated"],
	["board.bump", "POST", "/board/tasks/:board.create/bump", undefined, "task_bumped"],
	["board.note", "POST", "/board/tasks/:board.create/notes", { content: "c", type: "update" }, "task_noted"],
	[
		"board.artifact",
		"POST",
		"/board/tasks/:board.create/artifacts",
		{ artifacts: [{ type: "url", url: "u", label: "l" }] },
		"task_artifacts_added",
	],
	["board.claim", "POST", "/board/tasks/:board.create/claim", {}, "task_claimed"],
	["board.release", "POST", "/board/tasks/:board.create/release", {}, "task_released"],
	["board.submit", "POST", "/board/tasks/:board.create/review", { summary: "s" }, "task_submitted"],
	["board.reject", "POST", "/board/tasks/:board.create/reject", { reason: "r" }, "task_rejected"],
	["board.delete", "DELETE", "/board/tasks/:board.create", undefined, "task_deleted", admin],
	["registry.register", "POST", "/registry/vms", { id: "v", name: "n", role: "worker", address: "a" }, "vm_registered"],
	["registry.update", "PATCH", "/registry/vms/v", {}, "vm_updated"],
	["registry.delete", "DELETE", "/registry/vms/v", undefined, "vm_removed"],
	["usage.vm", "POST", "/usage/vms", { vmId: "v", role: "worker", createdAt: "2026-01-01" }, "usage_vm_created"],
	["usage.session", "POST", "/usage/sessions", usage, "usage_recorded"],
	[
		"usage.estimate",
		"POST",
		"/usage/estimates",
		{ ...usage, request: "r", cutBy: "kill", at: "2026-01-01" },
		"usage_estimated",
	],
	["tokens.mint", "POST", "/tokens", { role: "worker", name: "w" }, "token_registered", admin],
	[
		"tokens.register",
		"POST",
		"/tokens/register",
		{ role: "worker", name: "x", hash: "a".repeat(64) },
		"token_registered",
		admin,
	],
	["tokens.rotate", "POST", "/tokens/:tokens.register/rotate", undefined, "token_rotated", admin],
	["tokens.revoke", "DELETE", "/tokens/:tokens.register", undefined, "token_revoked", admin],
	["access.link", "POST", "/auth/magic-link", {}, "login_link_made", admin],
	["access.end", "DELETE", "/auth/sessions/all", undefined, "browser_logged_out", admin],
	["feed.publish", "POST", "/feed/events", { type: "custom", summary: "s" }, "custom"],
	["feed.forget", "DELETE", "/feed/readers/r", undefined, "feed_reader_forgotten"],
	["feed.clear", "DELETE", "/feed/events", undefined, "feed_cleared", admin],
];

/** Signs of life: they move a deadline or a cursor, and change no record. */
const SILENT = new Set(["registry.heartbeat", "feed.acknowledge"]);
const SERVICES =
	/^(?:log|journal|reports|shares|transcripts|commits|incidents|registry|usage|tokens|access|undeleted|schedules|feed)\./;

test("every change of a record is one event with who made it, in the same commit", async () => {
	await done("POST", "/feed/readers/r", { upto: "0" }, lieutenant);
	const answers = new Map<string, Body>();
	for (const [operation, method, path, body, type, as = lieutenant] of steps) {
		const before = (await done("GET", "/feed/stats")).total;
		const asked = path.replace(/:([a-z.]+)/, (_, name: string) => answers.get(name).id ?? answers.get(name).linkId);
		answers.set(operation, await done(method, asked, body, as));
		const [event] = await done("GET", "/feed/events?limit=1");
		expect(event, operation).toMatchObject({ type, agent: as === lieutenant ? "lt" : expect.any(String) });
		expect((await done("GET", "/feed/stats")).total).toBe(type === "feed_cleared" ? 1 : before + 1);
	}
});

test("no change of these services is forgotten above", async () => {
	const { handlers } = await loadModules(realWorld());
	const writes = handlers.filter(({ type }) => type === "write").map(({ operation }) => operation.name);
	const told = new Set([...steps.map(([operation]) => operation), ...SILENT]);
	expect(writes.filter((name) => SERVICES.test(name) && !told.has(name))).toEqual([]);
});
