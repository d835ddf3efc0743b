/** What the pages tell people to type and to open is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errorsPage } from "../../scripts/errors-doc.ts";
import { spawn } from "../../src/world/spawn.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
	"README.md",
	"CONTRIBUTING.md",
	...readdirSync(join(root, "docs"))
		.filter((name) => name.endsWith(".md"))
		.map((name) => `docs/${name}`),
];
const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

test.each(pages)("%s leads nowhere that is not there", (page) => {
	const links = [...textOf(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)].map(([, link = ""]) => link);
	expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
});

/** Commands of a page, each with the words that may be its verb. */
const typed = (page: string): readonly string[] =>
	[...textOf(page).matchAll(/(?:^|[`(\s])flagship ((?:[a-z]+(?: |(?=[`\n)]))){1,3})/gm)].map(([, words = ""]) =>
		words.trim(),
	);

test("commands that the pages name are commands", async () => {
	const { stdout } = await spawn.run(process.execPath, [join(root, "bin/flagship.mjs"), "help"], {});
	const known = new Set([...stdout.matchAll(/^ {2}([a-z]+(?: [a-z-]+)?) {2,}/gm)].map(([, verb = ""]) => verb));
	expect(known.size).toBeGreaterThan(100);
	const isKnown = (words: string): boolean => {
		const [first = "", second = ""] = words.split(" ");
		return known.has(`${first} ${second}`) || known.has(first) || first === "help";
	};
	const guides = ["guide", "handbook", "operations", "troubleshooting", "dashboard"].map((name) => `docs/${name}.md`);
	const named = ["README.md", ...guides].flatMap((page) => typed(page).map((words) => `${page}: ${words}`));
	expect(named.length).toBeGreaterThan(20);
	expect(named.filter((one) => !isKnown(one.split(": ")[1] ?? ""))).toEqual([]);
});

test("docs/errors.md says what the table says; `npm run docs` writes it anew", () => {
	expect(textOf("docs/errors.md")).toBe(errorsPage());
});
