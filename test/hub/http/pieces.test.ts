import { expect, test } from "vitest";
import { clock as real } from "../../../src/world/clock.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, type Body, testHub } from "../support.ts";

const MADE = 450;
/** Between two pieces the loop turns: `turns` counts what waits for one, and `between` runs at each. */
let turns = 0;
let between: () => void = () => undefined;
const soon = (run: () => void): void => {
	turns++;
	between();
	real.soon(run);
};
const { done, hub, ask } = await testHub({ world: { ...realWorld(), clock: { ...real, soon } } });
for (let n = 0; n < MADE; n++) await done("POST", "/board/tasks", { title: `task ${n}`, createdBy: "ann" });
for (let n = 0; n < MADE; n++) await done("POST", "/log", { text: `entry ${n}`, agent: "ann" });
const descending = Array.from({ length: MADE }, (_, n) => `task ${MADE - 1 - n}`);
const titles = ({ tasks }: Body): string[] => tasks.map(({ title }: Body) => title);

test("a long page is the same in pieces as in pages of its own: rows, order, count, cursor", async () => {
	const whole = await done("GET", "/board/tasks");
	expect([titles(whole), whole.count, whole.next]).toEqual([descending, MADE, undefined]);
	const cut = await done("GET", "/board/tasks?limit=250");
	expect([titles(cut), cut.count]).toEqual([descending.slice(0, 250), 250]);
	const rest = await done("GET", `/board/tasks?limit=250&cursor=${cut.next}`);
	expect([titles(rest), rest.count, rest.next]).toEqual([descending.slice(250), MADE - 250, undefined]);
	const none = await done("GET", "/board/tasks?status=done");
	expect(none).toEqual({ tasks: [], count: 0 });
});

test("its answer is JSON as any, and a long text has every line", async () => {
	const answer = await fetch(`${hub.address}/board/tasks`, { headers: { authorization: `Bearer ${ADMIN}` } });
	expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
	await answer.json();
	const { body } = await ask("GET", "/log/raw");
	expect(body.split("\n").map((line: string) => line.split(" ").slice(-2).join(" "))).toEqual(
		Array.from({ length: MADE }, (_, n) => `entry ${n}`),
	);
});

test("the journal is read in pieces, too, as entries and as lines", async () => {
	for (let n = 0; n < MADE; n++) await done("POST", "/journal", { text: `mood ${n}`, author: "ann" });
	const wanted = Array.from({ length: MADE }, (_, n) => `mood ${n}`);
	const turnsOf = async (path: string) => {
		turns = 0;
		const { body } = await ask("GET", path);
		expect(turns, path).toBeGreaterThanOrEqual(Math.ceil(MADE / 100));
		return body;
	};
	const { entries, count } = await turnsOf("/journal");
	expect([entries.map(({ text }: Body) => text), count]).toEqual([wanted, MADE]);
	for (const path of ["/journal/raw", "/journal?raw=true"]) {
		const text: string = await turnsOf(path);
		expect(text.split("\n").map((line) => line.split(" ").slice(-2).join(" "))).toEqual(wanted);
	}
	const { body } = await ask("GET", "/journal/raw?limit=250");
	expect(body.split("\n")).toHaveLength(250);
});

test("a list without a limit ends at a thousand, and says where it goes on", async () => {
	for (let n = MADE; n < 1_001; n++) await done("POST", "/log", { text: `entry ${n}`, agent: "ann" });
	const { entries, next } = await done("GET", "/log");
	expect(entries).toHaveLength(1_000);
	expect((await done("GET", `/log?cursor=${next}`)).entries.map(({ text }: Body) => text)).toEqual(["entry 1000"]);
});

test("others have their turn between two pieces, and what they write meanwhile neither doubles nor hides a row", async () => {
	turns = 0;
	let late: Promise<unknown>[] = [];
	between = () => {
		if (turns === 2) late = [done("POST", "/board/tasks", { title: "late", createdBy: "ann" })];
	};
	const shown = titles(await done("GET", "/board/tasks"));
	between = () => undefined;
	expect(turns).toBeGreaterThanOrEqual(Math.ceil(MADE / 100));
	await Promise.all(late);
	expect(shown.filter((title) => title !== "late")).toEqual(descending);
	expect(titles(await done("GET", "/board/tasks?limit=1"))).toEqual(["late"]);
});
