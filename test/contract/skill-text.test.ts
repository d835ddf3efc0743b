import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { frontOf } from "../../src/contract/skill-text.ts";

const front = (...lines: string[]) => frontOf(`---\n${lines.join("\n")}\n---\nbody\n`);

test.each([
	[["name: a", "description: Plain, with: a colon"], { name: "a", description: "Plain, with: a colon" }],
	[["description: 'It''s quoted'", 'name: "b"'], { name: "b", description: "It's quoted" }],
	[['description: "a \\"word\\"\\n"'], { description: 'a "word"\n' }],
	[["description: >-", "  folded over", "  two lines", "name: c"], { name: "c", description: "folded over two lines" }],
	[["description: one", "  and two"], { description: "one and two" }],
	[["descriptions: no", "#name: x", "description:"], {}],
])("%j says %j of itself", (lines, said) => {
	expect(front(...lines)).toEqual(said);
});

test("what has no front matter says nothing", () => {
	for (const content of ["", "# title", "--- name: a", "text\n---\nname: a\n---\n"])
		expect(frontOf(content)).toEqual({});
	expect(frontOf("---\r\nname: a\r\n---\r\n")).toEqual({ name: "a" });
});

test("every skill of the package says its name and what it is for", () => {
	const folder = new URL("../../skills/", import.meta.url);
	for (const name of readdirSync(folder)) {
		const said = frontOf(readFileSync(new URL(`${name}/SKILL.md`, folder), "utf8"));
		expect(said).toEqual({ name, description: expect.stringMatching(/\w{3}/) });
	}
});
