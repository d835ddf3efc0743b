/** The unit tests with one file of the sources broken on purpose; `FLAGSHIP_MUTANT` says how. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const { file, start, end, becomes } = JSON.parse(process.env.FLAGSHIP_MUTANT ?? "{}") as {
	readonly file: string;
	readonly start: number;
	readonly end: number;
	readonly becomes: string;
};
const root = fileURLToPath(new URL("../../", import.meta.url));

export default defineConfig({
	root,
	plugins: [
		{
			name: "mutant",
			enforce: "pre",
			load(id) {
				if (id !== root + file) return null;
				const source = readFileSync(id, "utf8");
				return source.slice(0, start) + becomes + source.slice(end);
			},
		},
	],
	test: { include: ["test/**/*.test.ts"], pool: "forks", maxWorkers: 1, bail: 1, testTimeout: 20_000 },
});
