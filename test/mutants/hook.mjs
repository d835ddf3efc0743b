/**
 * Loads one file of the sources with a bug in it: `FLAGSHIP_MUTANT` names file, place and text. The tree on the disk is
 * never touched. For a child process: `node --import test/mutants/hook.mjs …`.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

const { file, start, end, becomes } = JSON.parse(process.env.FLAGSHIP_MUTANT ?? "{}");
const target = new URL(`../../${file}`, import.meta.url).href;

registerHooks({
	load(url, context, next) {
		if (url !== target) return next(url, context);
		const source = readFileSync(fileURLToPath(url), "utf8");
		const mutated = source.slice(0, start) + becomes + source.slice(end);
		return { format: "module", shortCircuit: true, source: stripTypeScriptTypes(mutated, { mode: "strip" }) };
	},
});
