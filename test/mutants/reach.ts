/**
 * What the tests and the simulated runs come by, measured on sources that are whole: a bug is shown only to those that can
 * meet it, the quickest first. What was measured is kept for as long as nothing of it has changed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Edits } from "./edits.ts";
import { Graph } from "./graph.ts";
import { Kept } from "./kept.ts";
import type { Mutant, Place } from "./operators.ts";
import type { Played } from "./seeds.ts";
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

/** `all`: every bug there could be, so that what is kept serves any of them; `mutants`: those that are to be judged. */
export async function measure(all: readonly Mutant[], mutants: readonly Mutant[], seeds: number): Promise<Reach> {
	const { edits, numbers } = probes(all);
	const kept = new Kept(root);
	const files = [...new Set(mutants.map(({ file }) => file))];
	const [tests, runs] = await Promise.all([measureTests(files, edits, kept), measureSeeds(seeds, edits, kept)]);
	kept.save();
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
		const note = `globalThis.flagshipReached.add(${n})`;
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
	kept: Kept,
): Promise<{ readonly asked: readonly string[]; readonly found: readonly Reached[] }> {
	const graph = new Graph(root);
	const asked = graph.testsOf(files);
	const key = (test: string): string => kept.keyOf([...graph.filesOf(test)]);
	const news = asked.filter((test) => kept.get(key(test)) === undefined);
	if (news.length > 0) for (const one of await runMeasured(news, edits)) kept.put(key(one.test), one);
	return { asked, found: asked.flatMap((test) => (kept.get(key(test)) as Reached | undefined) ?? []) };
}

/** Those that fail without any bug are not among them. */
async function runMeasured(tests: readonly string[], edits: Edits): Promise<readonly Reached[]> {
	const folder = mkdtempSync(join(tmpdir(), "flagship-reach-"));
	try {
		const { report, stderr } = await runTests(tests, { edits, env: { FLAGSHIP_REACH: folder }, patience: PATIENCE });
		if (report === undefined) throw new Error(`the tests could not be measured: ${stderr.slice(-2_000)}`);
		const failed = new Set(
			report.testResults.filter(({ status }) => status !== "passed").map(({ name }) => name.slice(root.length + 1)),
		);
		return readdirSync(folder)
			.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Reached)
			.filter(({ test, slow }) => slow || !failed.has(test));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

async function measureSeeds(seeds: number, edits: Edits, kept: Kept): Promise<readonly Played[]> {
	const key = `${kept.keyOf([...new Graph(root).filesOf("test/mutants/seeds.ts")])} ${seeds}`;
	const known = kept.get(key) as readonly Played[] | undefined;
	if (known !== undefined) return known;
	const all = Array.from({ length: seeds }, (_, i) => i + 1);
	const { played, stderr } = await playSeeds(all, { edits, patience: PATIENCE });
	if (played.length === 0) throw new Error(`the simulation could not be measured: ${stderr.slice(-2_000)}`);
	const failed = played.find(({ failure }) => failure !== undefined);
	if (failed !== undefined) throw new Error(`seed ${failed.seed} fails without any bug: ${failed.failure}`);
	kept.put(key, played);
	return played;
}
