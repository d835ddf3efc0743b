/**
 * Unit tests on sources that are changed in memory (`edits.ts`): those of `FLAGSHIP_TESTS` alone, in that order, and none
 * after the first that fails. With `FLAGSHIP_REACH` it is only noted where each of them comes by.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { edited, editedFiles } from "./edits.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const tests = JSON.parse(process.env.FLAGSHIP_TESTS ?? "[]") as readonly string[];
const measured = process.env.FLAGSHIP_REACH !== undefined;

class AsGiven extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const place = ({ moduleId }: TestSpecification): number => tests.indexOf(moduleId.slice(root.length));
		return [...files].sort((a, b) => place(a) - place(b));
	}
}

export default defineConfig({
	root,
	plugins: [
		{
			name: "edits",
			enforce: "pre",
			load(id) {
				const file = id.startsWith(root) ? id.slice(root.length) : "";
				return editedFiles.includes(file) ? edited(file, readFileSync(id, "utf8")) : null;
			},
		},
	],
	test: {
		include: [...tests],
		pool: "forks",
		maxWorkers: 1,
		testTimeout: 10_000,
		sequence: { sequencer: AsGiven },
		...(measured ? { setupFiles: [`${root}test/mutants/reach-setup.ts`] } : { bail: 1 }),
	},
});
