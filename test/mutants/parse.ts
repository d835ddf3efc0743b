/**
 * TypeScript's own parser on the sources that are mutated: a program of those files alone, which resolves nothing. Its
 * configuration exists only in memory.
 */

import type { SourceFile } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

/** Paths relative to the package → syntax trees; `use` must not keep them, they end with the compiler's process. */
export function withTrees<T>(
	root: string,
	files: readonly string[],
	use: (trees: ReadonlyMap<string, SourceFile>) => T,
): T {
	const config = `${root}/mutants.in-memory.json`;
	const compilerOptions = { noLib: true, noResolve: true, noEmit: true, allowImportingTsExtensions: true, types: [] };
	const text = JSON.stringify({ compilerOptions, files: files.map((file) => `${root}/${file}`) });
	const api = new API({
		cwd: root,
		fs: {
			readFile: (path) => (path === config ? text : undefined),
			fileExists: (path) => (path === config ? true : undefined),
		},
	});
	try {
		const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
		const trees = new Map<string, SourceFile>();
		for (const file of files) {
			const tree = project?.program.getSourceFile(`${root}/${file}`);
			if (tree === undefined) throw new Error(`${file} cannot be parsed`);
			trees.set(file, tree);
		}
		return use(trees);
	} finally {
		api.close();
	}
}
