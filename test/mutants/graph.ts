/** Which tests look at a file at all: those that import it, directly or not. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What these start is a process of its own, which knows nothing of a bug in memory, and takes seconds. */
const STARTS = /^test\/(support\/(pi|pis|host|terminal)|hub\/hub-process)\.ts$/;
/** These play the simulation, or many processes, by themselves. */
const NOT_ASKED = /^test\/(sim|mutants|bench|demo|amnesiac|chaos|soak)\//;
const IMPORT = /(?:from|import|import\()\s*"(\.{1,2}\/[^"]+\.ts)"/g;

export class Graph {
	readonly #root: string;
	readonly #imports = new Map<string, readonly string[]>();

	constructor(root: string) {
		this.#root = root;
	}

	/** Test files that reach one of these files, in the process that runs them. */
	testsOf(files: readonly string[]): readonly string[] {
		const wanted = new Set(files);
		return readdirSync(join(this.#root, "test"), { recursive: true, encoding: "utf8" })
			.map((name) => `test/${name}`)
			.filter((test) => test.endsWith(".test.ts") && !NOT_ASKED.test(test))
			.filter((test) => {
				const all = [...this.filesOf(test)];
				return all.some((file) => wanted.has(file)) && !all.some((file) => STARTS.test(file));
			})
			.sort();
	}

	/** What it is made of: itself, and all that it imports. */
	filesOf(file: string, known = new Set<string>()): ReadonlySet<string> {
		if (known.has(file)) return known;
		known.add(file);
		for (const next of this.#importsOf(file)) this.filesOf(next, known);
		return known;
	}

	#importsOf(file: string): readonly string[] {
		const known = this.#imports.get(file);
		if (known !== undefined) return known;
		const found = [...readFileSync(join(this.#root, file), "utf8").matchAll(IMPORT)]
			.map(([, path = ""]) => join(dirname(file), path))
			.filter((path) => existsSync(join(this.#root, path)));
		this.#imports.set(file, found);
		return found;
	}
}
