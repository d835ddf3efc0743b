/**
 * Mutation proof: `npm run mutants -- [--count 40] [--seed 1] [--all-of src/host/receipt.ts]`. Takes that many bugs by the
 * seed, the same number from each area, runs the tests and simulated runs of the area against each, and prints which bugs
 * were caught by what. Ends with 1 when more than one in twenty survived without a reason in `equivalent.json`.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Chance } from "../sim/chance.ts";
import { AREAS, type Area } from "./areas.ts";
import { type Mutant, mutantsOf } from "./operators.ts";
import { withTrees } from "./parse.ts";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
/** ms after which a mutant hangs: that is noticed, too. */
const PATIENCE = 120_000;
const AT_ONCE = 2;

interface Reason {
	readonly file: string;
	readonly operator: string;
	readonly was: string;
	readonly why: string;
}

type Aimed = Mutant & { readonly area: Area };

const { values } = parseArgs({
	options: {
		count: { type: "string", default: "40" },
		seed: { type: "string", default: "1" },
		"all-of": { type: "string" },
	},
});

const reasons = JSON.parse(readFileSync(`${root}/test/mutants/equivalent.json`, "utf8")) as readonly Reason[];
const reasonOf = (mutant: Mutant): string | undefined =>
	reasons.find(
		(one) => one.file === mutant.file && one.operator === mutant.operator && one.was === mutant.was.slice(0, 120),
	)?.why;

const all: readonly Aimed[] = AREAS.flatMap((area) =>
	withTrees(root, area.files, (trees) =>
		[...trees].flatMap(([file, tree]) => mutantsOf(file, tree).map((mutant) => ({ ...mutant, area }))),
	),
);
for (const reason of reasons)
	if (!all.some((mutant) => reasonOf(mutant) === reason.why))
		throw new Error(`equivalent.json: nothing in ${reason.file} is "${reason.was}" any more`);

/** The same seed takes the same bugs; those known to change nothing are passed over. */
function chosen(): readonly Aimed[] {
	const only = values["all-of"];
	if (only !== undefined) return all.filter(({ file }) => file === only);
	const chance = new Chance(Number(values.seed));
	const left = AREAS.map((area) => all.filter((mutant) => mutant.area === area && reasonOf(mutant) === undefined));
	const taken: Aimed[] = [];
	for (let i = 0; taken.length < Number(values.count) && left.some((some) => some.length > 0); i++) {
		const some = left[i % left.length] ?? [];
		taken.push(...some.splice(chance.between(0, some.length - 1), 1));
	}
	return taken;
}

type Ran = { readonly type: "passed" } | { readonly type: "failed"; readonly by: string };

function run(args: readonly string[], mutant: Mutant, failure: (output: string) => string): Promise<Ran> {
	const { file, start, end, becomes } = mutant;
	const env = { ...process.env, FLAGSHIP_MUTANT: JSON.stringify({ file, start, end, becomes }), CI: "true" };
	return new Promise((resolve) => {
		execFile(
			process.execPath,
			args,
			{ cwd: root, env, timeout: PATIENCE, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 },
			(error, stdout, stderr) => {
				if (error === null) resolve({ type: "passed" });
				else resolve({ type: "failed", by: error.killed === true ? "it hangs" : failure(`${stdout}\n${stderr}`) });
			},
		);
	});
}

const VITEST = "node_modules/vitest/vitest.mjs";
const firstLine = (output: string, pattern: RegExp): string =>
	pattern.exec(output)?.[1]?.slice(0, 110) ?? "it does not load";

async function judge(mutant: Aimed): Promise<Ran> {
	const { tests, seeds } = mutant.area;
	const sim = (seed: number, count: number): Promise<Ran> => {
		const hook = ["--no-warnings", "--import", "./test/mutants/hook.mjs", "test/sim/soak.ts", "--first"];
		return run([...hook, "--seed", `${seed}`, "--seeds", `${count}`], mutant, (output) =>
			firstLine(output, /(seed \d+ failed)/).concat(`: ${firstLine(output, /\n\t\d+ ms: ([^\n]+)/)}`),
		);
	};
	const units = (): Promise<Ran> =>
		run([VITEST, "run", "--config", "test/mutants/vitest.config.ts", ...tests], mutant, (output) =>
			// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the test runner
			firstLine(output.replace(/\x1b\[[\d;]*m/g, ""), /FAIL\s+([^\n]+)/),
		);
	// A few runs find most of what runs can find; they begin sooner than a test runner does.
	const stages = seeds > 0 ? [() => sim(1, 40), units, () => sim(41, seeds - 40)] : [units];
	for (const stage of stages) {
		const ran = await stage();
		if (ran.type === "failed") return ran;
	}
	return { type: "passed" };
}

const mutants = chosen();
const survivors: Aimed[] = [];
const queue = [...mutants];
await Promise.all(
	Array.from({ length: AT_ONCE }, async () => {
		for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
			const ran = await judge(mutant);
			const { file, line, operator, was } = mutant;
			const reason = reasonOf(mutant);
			if (ran.type === "passed") survivors.push(mutant);
			const how =
				ran.type === "failed" ? `caught by ${ran.by}` : `SURVIVED${reason === undefined ? "" : `: ${reason}`}`;
			console.log(`${file}:${line}  ${operator}: ${was.slice(0, 120)}\n\t${how}`);
		}
	}),
);
const caught = mutants.length - survivors.length;
console.log(`${caught} of ${mutants.length} caught (seed ${values.seed}; ${all.length} bugs can be made)`);
const unexplained = survivors.filter((mutant) => reasonOf(mutant) === undefined);
process.exitCode = unexplained.length > Math.floor(mutants.length / 20) ? 1 : 0;
