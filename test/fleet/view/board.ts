/** Tasks for tests of the board's views. */
import type { Task } from "../../../src/contract/task.ts";

export const task = (id: string, title: string, more: Partial<Task> = {}): Task => ({
	...{ id: `01JARZ3NDEKTSV4RRFFQ69${id}`, title, status: "open", tags: [], dependencies: [], createdBy: "me" },
	...{ createdAt: "2026-03-01T10:00:00Z", updatedAt: "2026-03-01T10:00:00Z", notes: [], artifacts: [], score: 0 },
	...more,
});

export const TASKS: readonly Task[] = [
	task("AAAA", "Sum usage by day", { status: "in_progress", claim: { by: "ada", until: "" }, priority: "high" }),
	task("BBBB", "Share reports", { status: "in_review", assignee: "share", round: 2 }),
	task("CCCC", "Write docs", { tags: ["docs"] }),
	task("DDDD", "Urgent fix", { priority: "urgent", waitsFor: ["x"] }),
	task("EEEE", "First thing", { status: "done", assignee: "ada" }),
];
