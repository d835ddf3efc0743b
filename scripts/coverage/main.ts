/**
 * `node scripts/coverage/main.ts > docs/coverage.md` writes the page; with `--check` it says what is wrong with the page
 * and with the features, and writes nothing.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cardsOf } from "../../src/fleet/card.ts";
import { contractFolder, loadOperations } from "../../src/fleet/catalog.ts";
import { toolsFor } from "../../src/fleet/tools.ts";
import { GATES } from "../../src/gates/settings.ts";
import { type Source, sourceOf } from "../check/source.ts";
import { compatibilityProblems, PAGE } from "./compatibility.ts";
import { areas } from "./features.ts";
import { type Product, problemsOf } from "./judge.ts";
import { coveragePage } from "./page.ts";
import { runsOf } from "./runs.ts";

const root = join(import.meta.dirname, "..", "..");
const textOf = (path: string): string | undefined =>
	existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;

async function product(): Promise<Product> {
	const cards = cardsOf(await loadOperations(readdirSync(contractFolder)));
	const tools = [...toolsFor("orchestrator", cards), ...toolsFor("lieutenant", cards)];
	return {
		tools: [...new Set(tools.map(({ tool }) => tool))],
		gates: GATES,
		skills: readdirSync(join(root, "skills")),
	};
}

const read = (file: string): Source | undefined => {
	const text = textOf(file);
	return text === undefined ? undefined : sourceOf(file, text);
};

async function check(): Promise<void> {
	const { scripts } = JSON.parse(textOf("package.json") ?? "{}") as { scripts?: Readonly<Record<string, string>> };
	const problems = problemsOf(areas, await product(), {
		read,
		runs: runsOf(textOf(".ci/run") ?? "", scripts ?? {}),
	}).map((problem) => `docs/coverage.md  ${problem}; mend scripts/coverage/features.ts`);
	if (textOf("docs/coverage.md") !== coveragePage(areas))
		problems.push("docs/coverage.md  it is stale; `npm run docs` writes it anew");
	problems.push(...compatibilityProblems(textOf(PAGE) ?? "", read).map((problem) => `${PAGE}  ${problem}`));
	for (const problem of problems) console.error(problem);
	process.exitCode = problems.length === 0 ? 0 : 1;
}

if (process.argv[2] === "--check") await check();
else process.stdout.write(coveragePage(areas));
