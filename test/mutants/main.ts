/**
 * Mutation proof: `npm run mutants -- [--count 40] [--seed 1] [--all-of src/host/receipt.ts] [--of ladder]
 * [--at src/host/receipt.ts:12]`. Takes that
 * many bugs by the seed, the same number from each area, shows each to the tests and the simulated runs that come by its
 * place, and prints what caught it. Ends with 1 when more than one in twenty (or `--most`) survived without a
 * reason in `equivalent.json`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { AREAS, type Area } from "./areas.ts";
import { judge, type Verdict } from "./judge.ts";
import { type Mutant, mutantsOf } from "./operators.ts";
import { withTrees } from "./parse.ts";
import { measure } from "./reach.ts";
import { root } from "./start.ts";

/** Simulated runs that are measured: enough that most places are come by. */
const SEEDS = 150;

interface Reason {
	readonly file: string;
	readonly operator: string;
	readonly was: string;
	readonly why: string;
}

type Aimed = Mutant & { readonly area: Area["name"] };

const { values } = parseArgs({
	options: {
		count: { type: "string", default: "40" },
		seed: { type: "string", default: "1" },
		of: { type: "string" },
		"all-of": { type: "string" },
		at: { type: "string" },
		most: { type: "string" },
	},
});

const reasons = JSON.parse(readFileSync(`${root}/test/mutants/equivalent.json`, "utf8")) as readonly Reason[];
const reasonOf = (mutant: Mutant): string | undefined =>
	reasons.find(
		(one) => one.file === mutant.file && one.operator === mutant.operator && one.was === mutant.was.slice(0, 120),
	)?.why;

const areas = AREAS.filter(({ name }) => values.of === undefined || name === values.of);
const all: readonly Aimed[] = areas.flatMap(({ name: area, files }) =>
	withTrees(root, files, (trees) =>
		[...trees].flatMap(([file, tree]) => mutantsOf(file, tree).map((mutant) => ({ ...mutant, area }))),
	),
);
for (const reason of reasons)
	if (values.of === undefined && !all.some((mutant) => reasonOf(mutant) === reason.why))
		throw new Error(`equivalent.json: nothing in ${reason.file} is "${reason.was}" any more`);

/** By the seed and what it is, so that a change elsewhere does not make it another sample. */
const rank = ({ file, operator, was }: Mutant): string =>
	createHash("sha256").update(`${values.seed} ${file} ${operator} ${was}`).digest("hex");

/** The same seed takes the same bugs; those known to change nothing are passed over. */
function chosen(): readonly Aimed[] {
	const only = values["all-of"];
	if (only !== undefined) return all.filter(({ file }) => file === only);
	if (values.at !== undefined) return all.filter(({ file, line }) => `${file}:${line}` === values.at);
	const left = areas.map(({ name }) =>
		all.filter((one) => one.area === name && reasonOf(one) === undefined).sort((a, b) => (rank(a) < rank(b) ? -1 : 1)),
	);
	const taken: Aimed[] = [];
	for (let i = 0; taken.length < Number(values.count) && left.some((some) => some.length > 0); i++)
		taken.push(...(left[i % left.length] ?? []).splice(0, 1));
	return taken;
}

const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1_000).toFixed(0);
const mutants = chosen();
const reach = await measure(all, mutants, SEEDS);
console.log(`Measured after ${seconds()} s. Not asked: ${reach.left.join(", ") || "none"}.`);

const judged: { readonly mutant: Aimed; readonly verdict: Verdict }[] = [];
const queue = [...mutants];
await Promise.all(
	Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
		for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
			const since = performance.now();
			const verdict = await judge(mutant, reach);
			judged.push({ mutant, verdict });
			const { file, line, operator, was } = mutant;
			const took = ((performance.now() - since) / 1_000).toFixed(1);
			console.log(`${file}:${line}  ${operator}: ${was.slice(0, 120)}\n\t${said(mutant, verdict)} (${took} s)`);
		}
	}),
);

function said(mutant: Mutant, verdict: Verdict): string {
	const by = verdict.by.slice(0, 160);
	if (verdict.type === "caught") return `caught ${verdict.how}, ${by}`;
	const reason = reasonOf(mutant);
	return `SURVIVED ${by}${reason === undefined ? "" : `: ${reason}`}`;
}

const COLUMNS = ["bugs", "judged", "by a test", "by a seed", "by hanging", "by tsc", "survived"] as const;
function row(name: string, possible: number, own: typeof judged): string {
	const caught = (how: string): number =>
		own.filter(({ verdict }) => verdict.type === "caught" && verdict.how === how).length;
	const survived = own.filter(({ verdict }) => verdict.type === "survived").length;
	const cells = [
		possible,
		own.length,
		caught("by a test"),
		caught("by a seed"),
		caught("by hanging"),
		caught("by the compiler"),
		survived,
	];
	return name.padEnd(10) + cells.map((cell, i) => String(cell).padStart((COLUMNS[i]?.length ?? 0) + 3)).join("");
}

const survivors = judged.filter(({ verdict }) => verdict.type === "survived");
console.log(`\n${" ".repeat(10)}${COLUMNS.map((column) => column.padStart(column.length + 3)).join("")}`);
for (const { name } of areas)
	console.log(
		row(
			name,
			all.filter(({ area }) => area === name).length,
			judged.filter(({ mutant }) => mutant.area === name),
		),
	);
console.log(row("all", all.length, judged));
for (const { mutant, verdict } of survivors)
	console.log(
		`${mutant.file}:${mutant.line}  ${mutant.operator}: ${mutant.was.slice(0, 120)}\n\t${said(mutant, verdict)}`,
	);
console.log(`${judged.length - survivors.length} of ${judged.length} caught in ${seconds()} s (seed ${values.seed})`);
const unexplained = survivors.filter(({ mutant }) => reasonOf(mutant) === undefined);
const most = values.most === undefined ? Math.floor(judged.length / 20) : Number(values.most);
process.exitCode = unexplained.length > most ? 1 : 0;
