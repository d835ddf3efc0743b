/** Shows one bug to those who can meet it, until one of them fails. */
import { readFileSync } from "node:fs";
import { refusedByCompiler } from "./compiler.ts";
import type { Edits } from "./edits.ts";
import type { Mutant } from "./operators.ts";
import type { Reach, Timed } from "./reach.ts";
import { playSeeds, type Report, root, runTests } from "./start.ts";

export type Verdict =
	| {
			readonly type: "caught";
			readonly how: "by a test" | "by a seed" | "by hanging" | "by the compiler";
			readonly by: string;
	  }
	| { readonly type: "survived"; readonly by: string };

/** Runs that begin sooner than a test runner does, and find most of what runs can find. */
const FIRST_SEEDS = 10;
/** ms of CPU of simulated runs that follow when no test failed. */
const MORE_SEEDS_MS = 8_000;
/** Seconds of CPU: a bug may take so many times as long as no bug, and a process has some to begin. Then it hangs. */
const PATIENCE = { times: 4, plus: 8 };

const NONE: Edits = {};

type Stage = (edits: Edits) => Promise<Verdict | undefined>;

export async function judge(mutant: Mutant, reach: Reach): Promise<Verdict> {
	const { file, start, end, becomes } = mutant;
	const edits = { [file]: [[start, end, becomes]] } as const;
	const tests = reach.tests(mutant);
	const seeds = reach.seeds(mutant);
	const [first, more] = [seeds.slice(0, FIRST_SEEDS), within(seeds.slice(FIRST_SEEDS), MORE_SEEDS_MS)];
	const stages: readonly Stage[] = [
		...(first.length > 0 ? [bySeeds(first)] : []),
		...(tests.length > 0 ? [byTests(tests)] : []),
		...(more.length > 0 ? [bySeeds(more)] : []),
	];
	for (const stage of stages) {
		const verdict = await stage(edits);
		if (verdict?.type !== "caught") continue;
		if (verdict.how !== "by hanging") return verdict;
		// A hang that comes without the bug as well, on a machine that is busy, is none.
		if ((await stage(NONE)) === undefined) return verdict;
	}
	const refusal = await refusedByCompiler(mutant, readFileSync(`${root}/${file}`, "utf8"));
	if (refusal !== undefined) return { type: "caught", how: "by the compiler", by: refusal };
	return { type: "survived", by: `${tests.length} test files and ${first.length + more.length} runs` };
}

const sum = (all: readonly Timed<unknown>[]): number => all.reduce((ms, one) => ms + one.ms, 0);
const patienceOf = (all: readonly Timed<unknown>[]): number => PATIENCE.plus + (PATIENCE.times * sum(all)) / 1_000;

/** As many of them as fit, spread over all. */
function within<T>(all: readonly Timed<T>[], ms: number): readonly Timed<T>[] {
	const part = Math.min(1, ms / Math.max(1, sum(all)));
	return all.filter((_, i) => Math.floor((i + 1) * part) > Math.floor(i * part));
}

const bySeeds =
	(seeds: readonly Timed<number>[]): Stage =>
	async (edits) => {
		const patience = patienceOf(seeds);
		const { played, hung, stderr } = await playSeeds(
			seeds.map(({ what }) => what),
			{ edits, patience },
		);
		const last = played.at(-1);
		if (hung) return { type: "caught", how: "by hanging", by: `a seed after ${last?.seed ?? "none"}` };
		if (last?.failure !== undefined)
			return { type: "caught", how: "by a seed", by: `${last.seed}: ${last.failure.replace(/^\d+ ms: /, "")}` };
		if (played.length === seeds.length) return undefined;
		return { type: "caught", how: "by a seed", by: `its end: ${lastLine(stderr)}` };
	};

const byTests =
	(tests: readonly Timed<string>[]): Stage =>
	async (edits) => {
		const patience = patienceOf(tests);
		const { report, hung, stderr } = await runTests(
			tests.map(({ what }) => what),
			{ edits, patience },
		);
		if (hung) return { type: "caught", how: "by hanging", by: "the tests together" };
		if (report === undefined) return { type: "caught", how: "by a test", by: `no report: ${lastLine(stderr)}` };
		return report.success ? undefined : failureIn(report);
	};

function failureIn({ testResults }: Report): Verdict {
	const failed = testResults.find(({ status }) => status === "failed");
	const assertion = failed?.assertionResults.find(({ status }) => status === "failed");
	const message = assertion?.failureMessages?.[0] ?? failed?.message ?? "";
	const name = (failed?.name ?? "").slice(root.length + 1);
	const by = `${name}: ${assertion?.fullName ?? lastLine(message)}`;
	return { type: "caught", how: /timed out in \d+ms/.test(message) ? "by hanging" : "by a test", by };
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
