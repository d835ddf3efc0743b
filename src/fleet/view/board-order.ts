/** The board's tasks as a person goes through them: by status, what waits for somebody first; and those with some words. */
import type { TASK_STATUSES, Task } from "../../contract/task.ts";

export type Status = (typeof TASK_STATUSES)[number];

/** In this order, with their headings. */
export const COLUMNS: readonly (readonly [Status, string])[] = [
	["in_review", "In review"],
	["blocked", "Blocked"],
	["in_progress", "In progress"],
	["open", "Open"],
	["done", "Done"],
];

export const STATUS_MARKS: Readonly<Record<Status, string>> = {
	in_review: "?",
	blocked: "!",
	in_progress: "⟳",
	open: "○",
	done: "✓",
};

const PRIORITY = ["urgent", "high", "normal", "low"] as const;
const weight = ({ priority = "normal" }: Task): number => PRIORITY.indexOf(priority);

/** Column by column; in each what matters most, then what changed last. */
export const inOrder = (tasks: readonly Task[]): readonly Task[] =>
	COLUMNS.flatMap(([status]) =>
		tasks
			.filter((task) => task.status === status)
			.sort((a, b) => weight(a) - weight(b) || b.score - a.score || b.updatedAt.localeCompare(a.updatedAt)),
	);

/** Each word is somewhere in its id, title, people, tags or kind. */
export function withWords(tasks: readonly Task[], words: string): readonly Task[] {
	const asked = words.toLowerCase().split(/\s+/u).filter(Boolean);
	return tasks.filter(({ id, title, assignee = "", claim, tags, kind = "", priority = "" }) => {
		const text = [id, title, assignee, claim?.by ?? "", kind, priority, ...tags].join(" ").toLowerCase();
		return asked.every((word) => text.includes(word));
	});
}

/** Who has it, or is meant to. */
export const holderOf = ({ claim, assignee }: Task): string | undefined => claim?.by ?? assignee;

export const shortId = ({ id }: Pick<Task, "id">): string => `#${id.slice(-4)}`;
