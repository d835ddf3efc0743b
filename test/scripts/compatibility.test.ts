import { describe, expect, test } from "vitest";
import { sourceOf } from "../../scripts/check/source.ts";
import { compatibilityProblems } from "../../scripts/coverage/compatibility.ts";

const ROUTES = 'const routes = {\n\t"GET /log": async () => {},\n};\ntest.each(routes)("%s is so", run);';
const FILES: Readonly<Record<string, string>> = {
	"test/a.test.ts": 'test("does it", run); test("says \\"so\\"", run);',
	"test/hub/http/old-client.test.ts": ROUTES,
	"test/hub/http/old-records.test.ts": "",
};
const read = (file: string) => {
	const text = FILES[file];
	return text === undefined ? undefined : sourceOf(file, text);
};

const SO = '`test/a.test.ts`: "does it"';
const WHOLE = [
	...Array.from({ length: 10 }, (_, i) => `| W${i + 1} | ${SO} |`),
	'| `GET /log` | `test/hub/http/old-client.test.ts`: "%s is so" |',
];
const page = (...rows: readonly string[]): string => `# Page\n\n| what | test |\n|---|---|\n${rows.join("\n")}\n`;
const problems = (...rows: readonly string[]) => compatibilityProblems(page(...rows), read);

describe("the page on old clients", () => {
	test("is well when each row names tests that are run, and no weakness and no route lacks one", () => {
		expect(problems(...WHOLE, `| both | \`test/a.test.ts\`: "does it", "says \\"so\\""; ${SO} |`)).toEqual([]);
		expect(
			compatibilityProblems(`${page(...WHOLE)}\n| what | old | hub |\n|---|---|---|\n| a | b | c |\n`, read),
		).toEqual([]);
	});

	test.each([
		["a file that is not there", '| x | `test/b.test.ts`: "does it" |', "names test/b.test.ts, which is not there"],
		[
			"a title that is not run",
			'| x | `test/a.test.ts`: "does" |',
			'names a test that test/a.test.ts does not run: "does"',
		],
		["no test at all", "| x | believe it |", "names no test in: | x | believe it |"],
	])("is refused for a row with %s", (_what, row, problem) => {
		expect(problems(...WHOLE, row)).toEqual([problem]);
	});

	test("is refused when a weakness or a route lacks its row, or stands in a table without tests", () => {
		expect(problems(...WHOLE.filter((row) => !row.includes("W7")))).toEqual(["has no row for W7"]);
		expect(problems(...WHOLE.slice(0, 10))).toEqual(["has no row for the route GET /log"]);
		const elsewhere = `${page(...WHOLE.slice(0, 10))}\n| what | old |\n|---|---|\n| \`GET /log\` | x |\n`;
		expect(compatibilityProblems(elsewhere, read)).toEqual(["has no row for the route GET /log"]);
	});
});
