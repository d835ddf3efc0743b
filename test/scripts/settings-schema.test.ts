import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;
const schema: { readonly properties: Readonly<Record<string, unknown>> } = JSON.parse(
	readFileSync(join(root, "docs/settings.schema.json"), "utf8"),
);
/** Those that no section of the code has; `readSettings` and the brief read them one by one. */
const SINGLE = ["brief", "env", "idleMinutes"];

interface Section {
	readonly name: string;
	readonly file: string;
	/** What the file exports it as. */
	readonly as: string;
}

/** Every section that the code says it takes, with the schema that it is judged by. */
async function sections(): Promise<readonly Section[]> {
	const found: Section[] = [];
	for await (const file of glob("src/**/*.ts", { cwd: root })) {
		const text = readFileSync(join(root, file), "utf8");
		const declared = /JSON Schema of `(\w+)`[^\n]*\*\/\nexport const (\w+)/g;
		for (const [, name = "", as = ""] of text.matchAll(declared)) found.push({ name, file, as });
	}
	return found;
}

const all = await sections();

test("every section of the settings is in the schema for editors, and nothing else is", () => {
	expect([...all.map(({ name }) => name), ...SINGLE].sort()).toEqual(Object.keys(schema.properties).sort());
});

test.each(all)("the schema for editors says of $name what $file takes", async ({ name, file, as }) => {
	const exported: Readonly<Record<string, unknown>> = await import(join(root, file));
	expect(schema.properties[name]).toEqual(exported[as]);
});
