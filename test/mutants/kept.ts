/**
 * What was measured, kept in `node_modules/.cache` until a source changes, or one of the files that it was measured with:
 * who mends a survivor judges again in seconds.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Folders whose files may all matter to any test: some are found by their folder, and no import names them. */
const SOURCES = ["src", "extensions"];
/** What says where places are, and how they are noted. */
const MEASURES = ["operators", "areas", "reach", "reach-setup", "vitest.config"].map(
	(name) => `test/mutants/${name}.ts`,
);

export class Kept {
	readonly #root: string;
	readonly #path: string;
	readonly #sources: string;
	readonly #hashes = new Map<string, string>();
	readonly #found: Map<string, unknown>;

	constructor(root: string) {
		this.#root = root;
		this.#path = join(root, "node_modules", ".cache", "flagship-mutants.json");
		const files = SOURCES.flatMap((folder) =>
			readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
				.filter((name) => /\.(ts|mjs|json)$/.test(name))
				.map((name) => join(folder, name)),
		);
		this.#sources = this.#hash([...files, ...MEASURES]);
		this.#found = this.#read();
	}

	/** For what is made of these files. */
	keyOf(files: readonly string[]): string {
		return this.#hash(files.filter((file) => !SOURCES.some((folder) => file.startsWith(`${folder}/`))));
	}

	get(key: string): unknown {
		return this.#found.get(key);
	}

	put(key: string, value: unknown): void {
		this.#found.set(key, value);
	}

	save(): void {
		mkdirSync(join(this.#path, ".."), { recursive: true });
		// Whole or not at all, whoever else writes it just now.
		const mine = `${this.#path}.${process.pid}`;
		writeFileSync(mine, JSON.stringify({ sources: this.#sources, found: [...this.#found] }));
		renameSync(mine, this.#path);
	}

	#read(): Map<string, unknown> {
		try {
			const { sources, found } = JSON.parse(readFileSync(this.#path, "utf8"));
			return new Map(sources === this.#sources ? found : []);
		} catch {
			// Nothing was measured here yet.
			return new Map();
		}
	}

	#hash(files: readonly string[]): string {
		const all = createHash("sha256");
		for (const file of [...files].sort()) all.update(`${file} ${this.#hashOf(file)}\n`);
		return all.digest("hex");
	}

	#hashOf(file: string): string {
		const known = this.#hashes.get(file);
		if (known !== undefined) return known;
		const hash = createHash("sha256")
			.update(readFileSync(join(this.#root, file)))
			.digest("hex");
		this.#hashes.set(file, hash);
		return hash;
	}
}
