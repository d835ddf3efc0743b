import { stripTerminalSequences } from "@earendil-works/pi-tui";
import { expect, test } from "vitest";
import type { Task } from "../../../src/contract/task.ts";
import { BoardView } from "../../../src/fleet/view/board-view.ts";
import { DEFAULT_KEYS, isKey } from "../../../src/fleet/view/keys.ts";
import { TASKS } from "./board.ts";

const ENTER = "\r";
const ESCAPE = "\u001b";

async function opened(filter = "", width = 80) {
	const done: string[] = [];
	let tasks: readonly Task[] = TASKS;
	const judge = (word: string) => async (task: Task, words?: string) => {
		done.push([word, task.title, words].filter(Boolean).join(": "));
		tasks = tasks.map((one) => (one.id === task.id ? { ...one, status: "done" as const } : one));
		return `${word} it.`;
	};
	const view = new BoardView(
		{
			...{ keys: DEFAULT_KEYS, now: () => 0, height: () => 16, redraw: () => undefined },
			own: (data, binding) => binding === "tui.select.cancel" && isKey(data, "escape"),
			paint: { accent: (text) => text, dim: (text) => text },
			leave: () => void done.push("left"),
			tasks: async () => tasks,
			read: async ({ title }) => `all of ${title}`,
			...{ approve: judge("approved"), needsChanges: judge("sent back") },
		},
		filter,
	);
	await view.refresh();
	const press = async (...keys: string[]): Promise<string> => {
		for (const key of keys) view.handleInput(key);
		await new Promise((resolve) => setImmediate(resolve));
		return view.render(width).map(stripTerminalSequences).join("\n");
	};
	return { view, done, press };
}

test("enter reads a task, q goes back and out; arrows go through the columns", async () => {
	const { press, done } = await opened("", 120);
	expect(await press("l", "l")).toMatch(/›Urgent fix/);
	expect(await press("h")).toMatch(/›Sum usage by day/);
	expect(await press(ENTER)).toContain("all of Sum usage by day");
	expect(await press("q", "c")).toMatch(/^› {2}#AAAA/m);
	await press("q");
	expect(done).toEqual(["left"]);
});

test("approving is asked for once more, and only of what waits in review", async () => {
	const { press, done } = await opened();
	expect(await press("a")).toContain("Approve #BBBB Share reports? y: yes; other keys: no");
	expect(await press("n")).toContain("Nothing was done.");
	expect(await press("j", "a")).toContain("#AAAA is in progress: nothing of it waits for review.");
	expect(await press("k", "a", "y")).toContain("approved it.");
	expect(done).toEqual(["approved: Share reports"]);
	expect(await press()).toMatch(/✓ Done 2/);
});

test("what needs changes goes back with words, which a no does not lose", async () => {
	const { press, done } = await opened();
	expect(await press("n")).toContain("What has to change in #BBBB");
	expect(await press(..."a test, yes", ENTER)).toContain("Send #BBBB back with these words?");
	expect(await press("x")).toContain("› a test, yes");
	expect(done).toEqual([]);
	await press(ENTER, "y");
	expect(done).toEqual(["sent back: Share reports: a test, yes"]);
	await press("n", ESCAPE, "q");
	expect(done.at(-1)).toBe("left");
});

test("a filter is typed, shown and taken away", async () => {
	const { press } = await opened();
	expect(await press("/", ..."ada", ENTER)).toMatch(/Board {2}2 of 5 tasks {2}with ada/);
	expect(await press("q")).toMatch(/Board {2}5 tasks/);
	const other = await opened("docs");
	expect(await other.press()).toContain("1 of 5 tasks  with docs");
});

test("what the hub refuses is said", async () => {
	const away = new Error("The hub is away.");
	const broken = new BoardView({
		...{ keys: DEFAULT_KEYS, now: () => 0, height: () => 8, redraw: () => undefined, own: () => false },
		...{ paint: { accent: (text: string) => text, dim: (text: string) => text }, leave: () => undefined },
		...{
			tasks: () => Promise.reject(away),
			read: async () => "",
			approve: async () => "",
			needsChanges: async () => "",
		},
	});
	await broken.refresh();
	expect(broken.render(60).join("\n")).toContain("The hub is away.");
});
