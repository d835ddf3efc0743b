import { describe, expect, it } from "vitest";
import type { Territory } from "../../src/contract/task.ts";
import { FRESH_MS, Holdings } from "../../src/gates/holdings.ts";
import { foreignTo, territoryText } from "../../src/gates/territory.ts";
import { TerritoryGuard } from "../../src/gates/territory-guard.ts";
import { type Answer, TERRITORY, territoryMemory } from "../../src/gates/territory-memory.ts";

const held = (owner: string, ...patterns: string[]): Territory => ({
	...{ task: `01${owner}`, title: `${owner}'s work`, owner, patterns },
	since: "2026-01-01T00:00:00.000Z",
});
const file = (path: string) => [{ path, whole: false }];
const tree = (path: string) => [{ path, whole: true }];

describe("a file is another's", () => {
	const bob = held("bob", "src/usage/**");

	it("when another's task owns it, and nobody's task owned it before", () => {
		expect(foreignTo("ada", [bob], file("src/usage/a.ts"))).toEqual({ path: "src/usage/a.ts", by: bob });
		expect(foreignTo("ada", [bob], file("src/a.ts"))).toBeUndefined();
		expect(foreignTo("bob", [bob], file("src/usage/a.ts"))).toBeUndefined();
		expect(foreignTo("ada", [], file("src/usage/a.ts"))).toBeUndefined();
	});

	it("not by claiming a task that names it as well: the earlier one has it", () => {
		const ada = held("ada", "src/**");
		expect(foreignTo("ada", [bob, ada], file("src/usage/a.ts"))?.by).toEqual(bob);
		expect(foreignTo("bob", [bob, ada], file("src/usage/a.ts"))).toBeUndefined();
		expect(foreignTo("bob", [bob, ada], file("src/a.ts"))?.by).toEqual(ada);
		expect(foreignTo("bob", [ada, bob], file("src/usage/a.ts"))?.by).toEqual(ada);
	});

	it("when a folder that holds it is taken whole", () => {
		expect(foreignTo("ada", [bob], tree("src"))?.by).toEqual(bob);
		expect(foreignTo("ada", [bob], tree(""))?.path).toBe(".");
		expect(foreignTo("ada", [held("ada", "src/**"), bob], tree("src"))?.by).toEqual(bob);
		expect(foreignTo("ada", [bob], tree("docs"))).toBeUndefined();
	});

	it("the refusal names the file, the task, its owner and what to do", () => {
		const foreign = foreignTo("ada", [bob], file("src/usage/a.ts"));
		const text = foreign === undefined ? "" : territoryText(foreign);
		for (const part of ["src/usage/a.ts", "01bob", "bob's work", "which bob holds", "board_add_note", "orchestrator"])
			expect(text).toContain(part);
	});
});

describe("what is held", () => {
	const stage = (answer?: Answer) => {
		const kept: Answer[] = [];
		const said: string[] = [];
		let at = 0;
		const hub = { answer: [held("bob", "a")] as readonly Territory[] | undefined, asked: 0 };
		const holdings = new Holdings({
			clock: { elapsed: () => at, now: () => at },
			tell: (text) => said.push(text),
			answer,
			keep: (one) => void kept.push(one),
			ask: async () => {
				hub.asked += 1;
				if (hub.answer === undefined) throw new Error("The hub does not answer.");
				return hub.answer;
			},
		});
		const pass = (ms: number) => {
			at += ms;
		};
		return { said, hub, holdings, pass, kept };
	};

	it("is asked for once, and again when the answer is old, or when it would stop somebody", async () => {
		const { hub, holdings, pass } = stage();
		await Promise.all([holdings.territories(), holdings.territories()]);
		await holdings.territories();
		expect(hub.asked).toBe(1);
		pass(FRESH_MS);
		await holdings.territories();
		expect(hub.asked).toBe(2);
		await holdings.territories(true);
		expect(hub.asked).toBe(3);
		holdings.forget();
		await holdings.territories();
		expect(hub.asked).toBe(4);
	});

	it("while the hub is away it is what was known last; that is said once, and it is not asked at each call", async () => {
		const { said, hub, holdings, pass } = stage();
		await holdings.territories();
		hub.answer = undefined;
		pass(FRESH_MS);
		expect(await holdings.territories()).toHaveLength(1);
		expect(await holdings.territories(true)).toHaveLength(1);
		expect([hub.asked, said.length]).toEqual([2, 1]);
		expect(said[0]).toContain("What it said at 1970-01-01T00:00:00.000Z counts");
		pass(FRESH_MS);
		hub.answer = [];
		expect(await holdings.territories()).toEqual([]);
		hub.answer = undefined;
		pass(FRESH_MS);
		await holdings.territories();
		expect(said).toHaveLength(2);
	});

	it("is kept when it changes, and counts for the pi after this one while the hub is away", async () => {
		const { hub, holdings, pass, kept } = stage();
		for (const answer of [[held("bob", "a")], [held("bob", "a")], []]) {
			hub.answer = answer;
			pass(FRESH_MS);
			await holdings.territories();
		}
		expect(kept.map(({ territories }) => territories.length)).toEqual([1, 0]);
		const entry = (data: unknown) => ({ type: "custom", customType: TERRITORY, data });
		const [first] = kept;
		if (first === undefined) throw new Error("nothing is kept");
		const entries = [
			entry({ type: "held", ...first }),
			entry({ type: "told", paths: ["a"] }),
			entry({ type: "held", territories: [{ task: 7 }], told: 1 }),
			entry(null),
			{ type: "message" },
		];
		const { answer, told } = territoryMemory(entries);
		expect([...told]).toEqual(["a"]);
		const next = stage(answer);
		next.hub.answer = undefined;
		expect(await next.holdings.territories()).toEqual([held("bob", "a")]);
		expect(next.said[0]).toContain("counts until it answers");
		expect(next.kept).toEqual([]);
	});

	it("a file that was seen changed is told once, also to the pi after this one", async () => {
		const { holdings, hub } = stage();
		hub.answer = [held("bob", "a"), held("eve", "b")];
		const kept: (readonly string[])[] = [];
		const guardWith = (told: ReadonlySet<string>) =>
			new TerritoryGuard({
				...{ agent: "ada", holdings, told, keepTold: (paths) => void kept.push(paths) },
				ground: { cwd: "/w", variables: {}, real: (path) => path },
				files: { stat: () => undefined, read: () => undefined },
				differing: async (paths) => paths,
			});
		const found = { files: ["a", "b", "own"], commits: [], effects: [] };
		const guard = guardWith(new Set());
		const seen = await guard.after(found);
		// Each owner hears of its own.
		expect(seen.map(({ foreign }) => [foreign.path, foreign.by.owner])).toEqual([
			["a", "bob"],
			["b", "eve"],
		]);
		expect(seen[0]?.text).toContain("it was changed here");
		expect(await guard.after(found)).toEqual([]);
		expect(kept).toEqual([["a", "b"]]);
		expect(await guardWith(new Set(kept.flat())).after(found)).toEqual([]);
	});

	it("a hub that has never answered stops nobody, and that is said", async () => {
		const { said, hub, holdings } = stage();
		hub.answer = undefined;
		expect(await holdings.territories()).toEqual([]);
		expect(said[0]).toContain("no file counts as another's");
	});
});
