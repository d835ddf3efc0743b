/**
 * Whether `docs/compatibility.md` says what is: each test that it names is run, each row of a table of tests names one,
 * no weakness of the old server lacks a row, and no route of the old server either.
 */
import type { Source } from "../check/source.ts";
import { titlesOf } from "./titles.ts";

export const PAGE = "docs/compatibility.md";
/** Ask the routes of the old server, one by one, keyed by `METHOD /path`. */
const ROUTE_TESTS = ["test/hub/http/old-client.test.ts", "test/hub/http/old-records.test.ts"] as const;
/** The ten that were shown first, by the names that the review gave them. */
const WEAKNESSES = Array.from({ length: 10 }, (_, i) => `W${i + 1}`);
const ROUTE = /^\t"((?:GET|POST|PATCH|DELETE) \/[^"]*)": async/gm;

type Read = (file: string) => Source | undefined;

export function compatibilityProblems(page: string, read: Read): readonly string[] {
	const rows = tables(page).flat();
	return [
		...rows.flatMap((row) => unshown(row, read)),
		...lacking(rows.join("\n"), read).map((what) => `has no row for ${what}`),
	];
}

/** The rows of each table whose last column is its tests. */
function tables(page: string): readonly (readonly string[])[] {
	return page
		.split(/\n(?!\|)/)
		.map((block) => block.split("\n").filter((line) => line.startsWith("|")))
		.filter(([head = ""]) => /\|\s*test\s*\|$/.test(head))
		.map(([_head, _rule, ...rows]) => rows);
}

/** Each part of a row's last cell names files, then titles that all of them run. */
function unshown(row: string, read: Read): readonly string[] {
	const cells = row.split(/(?<!\\)\|/);
	const parts = (cells.at(-2) ?? "").split(";").map(partOf);
	if (parts.every(({ files }) => files.length === 0)) return [`names no test in: ${row}`];
	return parts.flatMap(({ files, titles }) =>
		files.flatMap((file) => {
			const source = read(file);
			if (source === undefined) return [`names ${file}, which is not there`];
			const there = titlesOf(source);
			return titles
				.filter((title) => !there.has(title))
				.map((title) => `names a test that ${file} does not run: "${title}"`);
		}),
	);
}

interface Part {
	readonly files: readonly string[];
	readonly titles: readonly string[];
}

function partOf(text: string): Part {
	const found = [...text.matchAll(/`(test\/[^`]+\.test\.ts)`|"((?:[^"\\]|\\.)*)"/g)];
	return {
		files: found.flatMap(([, file]) => file ?? []),
		titles: found.flatMap(([, , title]) => title?.replaceAll(/\\(["|])/g, "$1") ?? []),
	};
}

function lacking(rows: string, read: Read): readonly string[] {
	const routes = ROUTE_TESTS.flatMap((file) => [...(read(file)?.text ?? "").matchAll(ROUTE)].map(([, route]) => route));
	return [
		...WEAKNESSES.filter((name) => !new RegExp(`\\b${name}\\b`).test(rows)),
		...routes.filter((route) => !rows.includes(`\`${route}\``)).map((route) => `the route ${route}`),
		...(routes.length === 0 ? ["any route of the old server"] : []),
	];
}
