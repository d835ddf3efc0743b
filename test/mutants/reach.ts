/**
 * What the tests and the simulated runs come by, measured on sources that are whole: a bug is shown only to those that can
 * meet it, the quickest first.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Edits } from "./edits.ts";
import { Graph } from "./graph.ts";
import type { Mutant, Place } from "./operators.ts";
import { playSeeds, root, runTests } from "./start.ts";

/** What one test file leaves behind when it is measured. */
export interface Reached {
	readonly test: string;
	readonly ms: number;
	readonly slow: boolean;
	readonly places: readonly number[];
}

/** A test file or a simulated run, and ms of CPU that it takes. */
export interface Timed<T> {
	readonly what: T;
	readonly ms: number;
}

export interface Reach {
	/** Test files that come by the place of this bug, the quickest first. */
	tests(mutant: Mutant): readonly Timed<string>[];
	/** Seeds likewise. */
	seeds(mutant: Mutant): readonly Timed<number>[];
	/** Test files that were too slow to be asked, or failed without any bug. */
	readonly left: readonly string[];
}

/** Seconds of CPU; nothing that is measured takes so long. */
const PATIENCE = 300;

const keyOf = (file: string, { start, end }: Place): string => `${file} ${start} ${end ?? ""}`;

export async function measure(mutants: readonly Mutant[], seeds: number): Promise<Reach> {
	const { edits, numbers } = probes(mutants);
	const files = Object.keys(edits);
	const [tests, runs] = await Promise.all([measureTests(files, edits), measureSeeds(seeds, edits)]);
	const asked = tests.found.filter(({ slow }) => !slow);
	const by = <T>(all: readonly (Timed<T> & { readonly places: ReadonlySet<number> })[], mutant: Mutant) =>
		all.filter(({ places }) => places.has(numbers.get(keyOf(mutant.file, mutant.place)) ?? -1));
	const quickest = <T extends { readonly ms: number }>(all: readonly T[]) => [...all].sort((a, b) => a.ms - b.ms);
	const timedTests = quickest(asked.map(({ test, ms, places }) => ({ what: test, ms, places: new Set(places) })));
	const timedSeeds = quickest(runs.map(({ seed, ms, places }) => ({ what: seed, ms, places: new Set(places) })));
	const known = new Set(asked.map(({ test }) => test));
	return {
		tests: (mutant) => by(timedTests, mutant),
		seeds: (mutant) => by(timedSeeds, mutant),
		left: tests.asked.filter((test) => !known.has(test)),
	};
}

/** Sources that note where they are come by. */
function probes(mutants: readonly Mutant[]): { readonly edits: Edits; readonly numbers: ReadonlyMap<string, number> } {
	const numbers = new Map<string, number>();
	const edits: Record<string, [number, number, string][]> = {};
	for (const { file, place } of mutants) {
		const key = keyOf(file, place);
		if (numbers.has(key)) continue;
		const n = numbers.size;
		numbers.set(key, n);
		const note = `globalThis.flagshipReached?.add(${n})`;
		edits[file] ??= [];
		const own = edits[file];
		if (place.end === undefined) own.push([place.start, place.start, `${note};`]);
		else own.push([place.start, place.start, `(${note}, `], [place.end, place.end, ")"]);
	}
	// At the same place what opens stands behind what notes; one that closes there is never met by another.
	for (const own of Object.values(edits)) own.sort(([a, , left], [b, , right]) => a - b || order(left) - order(right));
	return { edits, numbers };
}

const order = (text: string): number => (text === ")" ? 0 : text.startsWith("(") ? 2 : 1);

async function measureTests(
	files: readonly string[],
	edits: Edits,
): Promise<{ readonly asked: readonly string[]; readonly found: readonly Reached[] }> {
	const asked = new Graph(root).testsOf(files);
	const folder = mkdtempSync(join(tmpdir(), "flagship-reach-"));
	try {
		const { report, stderr } = await runTests(asked, { edits, env: { FLAGSHIP_REACH: folder }, patience: PATIENCE });
		if (report === undefined) throw new Error(`the tests could not be measured: ${stderr.slice(-2_000)}`);
		const whole = new Set(
			report.testResults.filter(({ status }) => status === "passed").map(({ name }) => name.slice(root.length + 1)),
		);
		const found = readdirSync(folder)
			.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Reached)
			.filter(({ test }) => whole.has(test));
		return { asked, found };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

async function measureSeeds(seeds: number, edits: Edits) {
	const all = Array.from({ length: seeds }, (_, i) => i + 1);
	const { played, stderr } = await playSeeds(all, { edits, patience: PATIENCE });
	if (played.length === 0) throw new Error(`the simulation could not be measured: ${stderr.slice(-2_000)}`);
	const failed = played.find(({ failure }) => failure !== undefined);
	if (failed !== undefined) throw new Error(`seed ${failed.seed} fails without any bug: ${failed.failure}`);
	return played;
}
