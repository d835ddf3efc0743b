/** A hub with something in every record, as a fleet would have left it. */
import type { Body, TestHub } from "../hub/support.ts";
import type { Visited } from "./browser.ts";

export const visited = ({ hub, done }: TestHub): Visited => ({
	address: hub.address,
	link: async (role) => (await done("POST", "/auth/magic-link", { role })).url,
});

export const SCRIPT = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">";

export async function fill({ done }: TestHub): Promise<{ readonly task: string; readonly report: string }> {
	const post = (path: string, body: unknown): Promise<Body> => done("POST", path, body);
	const ada = { createdBy: "ada" };
	await post("/board/tasks", { title: "Mend the parser", ...ada, priority: "high", tags: ["parser"] });
	await post("/board/tasks", { title: SCRIPT, ...ada, status: "blocked" });
	await post("/board/tasks", { title: "x".repeat(2_000), ...ada, status: "done" });
	await post("/board/tasks", { title: "תקן את המנתח", ...ada, status: "in_progress" });
	const { id: task } = await post("/board/tasks", { title: "Write the docs", ...ada });
	await post(`/board/tasks/${task}/notes`, { author: "ada", content: `Found ${SCRIPT}`, type: "finding" });
	const first = { type: "file", url: "docs/a.md", label: "docs", content: "one\ntwo\n" };
	await post(`/board/tasks/${task}/review`, { summary: "All pages", reviewedBy: "ada", artifacts: [first] });
	await post("/log", { text: `Read the parser ${SCRIPT}`, agent: "ada" });
	await post("/journal", { text: "A calm day", author: "ada", mood: "calm", tags: ["first"] });
	const { id: report } = await post("/reports", {
		...{ title: "How the parser works", author: "ada", tags: [] },
		content: `# The parser\n\nIt reads.\n\n${SCRIPT}`,
	});
	await post("/skills/items", {
		name: "log-well",
		description: "How to log",
		content: "# Log well",
		publishedBy: "ada",
	});
	const root = { commitId: "c-root", vmId: "vm-1", label: "The golden one", tags: ["golden"], agent: "ada" };
	await post("/commits", root);
	await post("/commits", {
		commitId: "c-child",
		vmId: "vm-2",
		label: "With the tools",
		parent: "c-root",
		agent: "ada",
	});
	await post("/undeleted", { machine: "vm-9", cause: "forbidden", name: "ada's", host: "h-1" });
	const outage = { cause: "capacity", host: "h-1", what: "No machine can be had" };
	await post("/incidents", { ...outage, type: "refused", raw: `netlink error ${SCRIPT}`, running: 6 });
	const tokens = { input: 1_000, output: 200, cacheRead: 0, cacheWrite: 0, total: 1_200 };
	const cost = { input: 1, output: 0.5, cacheRead: 0, cacheWrite: 0, total: 1.5 };
	const now = new Date().toISOString();
	const session = { sessionId: "s-1", agent: "ada", parentAgent: null, model: "m-1", tokens, cost, turns: 3 };
	await post("/usage/sessions", { ...session, toolCalls: {}, startedAt: now, endedAt: now });
	await post("/usage/vms", { vmId: "vm-1", role: "lieutenant", agent: "ada", createdAt: now });
	const gate = { gate: "push", decision: "refuse" };
	await post("/feed/events", { agent: "ada", type: "custom", summary: "A push to main was refused", metadata: gate });
	return { task, report };
}

export const VIEWS = [
	...["Fleet", "Board", "Review", "Feed", "Log", "Journal"],
	...["Reports", "Skills", "VMs", "Incidents", "Usage", "Gates"],
] as const;
