import { expect, test } from "vitest";
import { ALLOWANCE_FILE, type Allowance, Meter, parseAllowance } from "../../src/pi/pack/allowance.ts";

let n = 0;
const answer = (cost: number, stopReason = "toolUse") => ({
	...{ type: "message", id: `e${++n}`, parentId: null, timestamp: "" },
	message: { role: "assistant", content: [], stopReason, usage: { input: 60, output: 40, cost: { total: cost } } },
});

const meter = (allowance: Allowance | string | undefined) => {
	const text = typeof allowance === "object" ? JSON.stringify(allowance) : allowance;
	return new Meter({ read: (path) => (path === `/ada/${ALLOWANCE_FILE}` ? text : undefined) }, "/ada");
};
const from = { turns: 1, tokens: 100, usd: 0.1 };

test.each([
	["turns", { turns: 2 }, [false, false, true]],
	["tokens", { tokens: 101 }, [false, false, true]],
	["usd", { usd: 0.2 }, [false, false, true]],
	["nothing that is limited", {}, [false, false, false]],
])("an allowance is used up by %s, counted from where the work began", (_, cap, after) => {
	const entries: object[] = [];
	const of = meter({ from, cap });
	const seen = after.map(() => {
		entries.push(answer(0.1), { type: "custom", id: `c${++n}`, customType: "flagship.work", data: {} });
		return of.usedUp(entries);
	});
	expect(seen).toEqual(after);
});

test("an answer that failed or was stopped is no turn", () => {
	const of = meter({ from: { turns: 0, tokens: 0, usd: 0 }, cap: { turns: 2 } });
	expect(of.usedUp([answer(0), answer(0, "error"), answer(0, "aborted")])).toBe(false);
	expect(meter({ from: { turns: 0, tokens: 0, usd: 0 }, cap: { turns: 2 } }).usedUp([answer(0), answer(0)])).toBe(true);
});

test("without one, or with one that cannot be read, the host alone judges", () => {
	expect(meter(undefined).usedUp([answer(9)])).toBe(false);
	for (const text of ["", "{", "[]", '"no"', "null", '{"cap":{"turns":"3"}}', '{"from":7}']) {
		expect(meter(text).usedUp([answer(9)]), text).toBe(false);
	}
	expect(parseAllowance('{"from":{"turns":4},"cap":{"turns":3,"usd":null,"days":1}}')).toEqual({
		from: { turns: 4, tokens: 0, usd: 0 },
		cap: { turns: 3 },
	});
});
