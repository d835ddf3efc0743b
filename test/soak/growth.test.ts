import { expect, test } from "vitest";
import { growthOf, type Sample, tableOf } from "./growth.ts";

const night = (at: (n: number) => Partial<Sample>): Sample[] =>
	Array.from({ length: 100 }, (_, n) => ({
		...{ minutes: n * 5, hub: 95, host: 100, files: 80, disk: 10 + n / 10, events: n * 20 },
		...at(n),
	}));

test("a steady night has nothing that grew", () => {
	expect(growthOf(night((n) => ({ hub: 90 + (n % 10) })))).toEqual([]);
});

test("memory, files and disk that grow are each told", () => {
	expect(growthOf(night((n) => ({ hub: 90 + 2 * n })))).toEqual([expect.stringMatching(/hub's memory.* grew from/)]);
	expect(growthOf(night((n) => ({ host: 90 + 2 * n })))).toEqual([expect.stringMatching(/host's memory.* grew from/)]);
	expect(growthOf(night((n) => ({ files: 50 + n })))).toEqual([expect.stringMatching(/open files grew from/)]);
	expect(growthOf(night((n) => ({ disk: 10 * n })))).toEqual([expect.stringMatching(/disk grew by 740 MB/)]);
});

test("a daemon that was away for a moment is no growth", () => {
	const samples = night(() => ({})).map(({ hub, ...rest }, n) => (n % 7 === 0 ? rest : { ...rest, hub }));
	expect(growthOf(samples as Sample[])).toEqual([]);
});

test("the table begins with the first sample and ends with the last", () => {
	const lines = tableOf(night(() => ({})));
	expect(lines).toHaveLength(17);
	expect(lines[1]).toMatch(/^ +0 /);
	expect(lines.at(-1)).toMatch(/^ +495 /);
});
