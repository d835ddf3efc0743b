import { stripTerminalSequences, visibleWidth } from "@earendil-works/pi-tui";
import { expect, test } from "vitest";
import { boardText } from "../../../src/fleet/view/board-lines.ts";
import { inOrder, withWords } from "../../../src/fleet/view/board-order.ts";
import { type BoardScene, boardPage } from "../../../src/fleet/view/board-page.ts";
import { DEFAULT_KEYS } from "../../../src/fleet/view/keys.ts";
import { TASKS, task } from "./board.ts";

const ordered = inOrder(TASKS);
const scene = (more: Partial<BoardScene> = {}): BoardScene => ({
	...{ tasks: ordered, all: ordered.length, selected: ordered[0]?.id, filter: "", columns: true, task: undefined },
	...{ text: "", down: 0, help: false, asked: [""], keys: DEFAULT_KEYS },
	...{ paint: { accent: (text: string) => text, dim: (text: string) => text }, ...more },
});
const shown = (given: BoardScene, width: number, height: number): readonly string[] =>
	boardPage(given, width, height).map((line) => stripTerminalSequences(line).trimEnd());

const LIST = [
	" ? In review 1",
	"›  #BBBB Share reports  @share  round 2",
	" ⟳ In progress 1",
	"   #AAAA [high] Sum usage by day  @ada",
	" ○ Open 2",
	"   #DDDD [urgent] Urgent fix  waits for…",
	"   #CCCC Write docs",
	" ✓ Done 1",
	"   #EEEE First thing  @ada",
];

test("40 columns have a list: by status what waits for somebody first, in each what matters most", () => {
	expect(shown(scene(), 40, 13)).toEqual([...[" Board  5 tasks", "", ...LIST, ""], " a approve · n changes · ? keys"]);
});

test("a wide terminal has the statuses side by side, or the list when asked", () => {
	expect(shown(scene(), 100, 9)).toEqual([
		" Board  5 tasks",
		"",
		" ? In review 1       ! Blocked 0         ⟳ In progress 1     ○ Open 2            ✓ Done 1",
		"›Share reports                           Sum usage by day    Urgent fix          First thing",
		" #BBBB @share                            #AAAA @ada          #DDDD               #EEEE @ada",
		"                                                             Write docs",
		"                                                             #CCCC",
		"",
		" a approve · n changes · ? keys · q leave · enter read · / filter · c columns",
	]);
	expect(shown(scene({ columns: false }), 100, 13)[3]).toBe(LIST[1]);
});

test("one task is read from its beginning, and moved through", () => {
	const text = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join("\n");
	const reading = scene({ task: ordered[0], text });
	expect(shown(reading, 60, 7)).toEqual([
		...[" ? #BBBB Share reports", " in review · @share · round 2", " line 1", " line 2", " line 3", ""],
		" a approve · n changes · ? keys · q back",
	]);
	expect(shown({ ...reading, down: 17 }, 60, 7).slice(2, 5)).toEqual([" line 18", " line 19", " line 20"]);
});

test("many tasks: the chosen one stays in sight, in columns and in the list", () => {
	const many = inOrder(Array.from({ length: 90 }, (_, n) => task(`${1000 + n}`, `Task ${n}`)));
	for (const columns of [true, false])
		for (const one of [many[0], many[44], many[89]])
			expect(shown(scene({ tasks: many, selected: one?.id, columns }), 100, 14).join("\n")).toMatch(
				new RegExp(`›.*${one?.title}(?: |$)`, "m"),
			);
});

test("words filter by title, people, tags and id, and text has the same order", () => {
	expect(withWords(ordered, "ADA").map(({ title }) => title)).toEqual(["Sum usage by day", "First thing"]);
	expect(withWords(ordered, "docs write").map(({ title }) => title)).toEqual(["Write docs"]);
	expect(boardText(ordered).split("\n").slice(0, 4)).toEqual([
		...["? In review 1", "  #BBBB Share reports  @share  round 2", "⟳ In progress 1"],
		"  #AAAA [high] Sum usage by day  @ada",
	]);
	expect(boardText([])).toBe("No tasks.");
});

test("what tasks say moves no cursor, and overflows no terminal", () => {
	const wild = "\u001b[2J\u001b]0;owned\u0007漢字のなまえ👩‍👩‍👧\u009b31mé\r\nx\u202eevil\t";
	const tasks = inOrder(TASKS.map((one) => ({ ...one, title: wild, assignee: wild.repeat(3) })));
	const [first] = tasks;
	const scenes = [
		scene({ tasks, selected: first?.id, filter: wild }),
		scene({ tasks, columns: false }),
		scene({ tasks, task: first, text: `${wild}\n${"漢".repeat(300)}` }),
		scene({ tasks: undefined }),
		scene({ tasks: [], filter: wild }),
		scene({ help: true }),
	];
	for (const one of scenes)
		for (let width = 1; width <= 130; width++) {
			const lines = boardPage(one, width, 12);
			expect(lines.length).toBe(12);
			for (const line of lines) {
				expect(visibleWidth(line)).toBeLessThanOrEqual(width);
				expect(line.replaceAll("\u001b[0m", "")).not.toMatch(/[\p{Cc}\u202e]|owned/u);
			}
		}
});
