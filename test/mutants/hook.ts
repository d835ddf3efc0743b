/** Loads sources with what `edits.ts` says of them. For a child process: `node --import ./test/mutants/hook.ts …`. */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { edited, editedFiles } from "./edits.ts";

// Where the sources come by is noted here, from their first line on.
Object.assign(globalThis, { flagshipReached: new Set<number>() });

const targets = new Map(editedFiles.map((file) => [new URL(`../../${file}`, import.meta.url).href, file]));

registerHooks({
	load(url, context, next) {
		const file = targets.get(url);
		if (file === undefined) return next(url, context);
		const source = edited(file, readFileSync(fileURLToPath(url), "utf8"));
		return { format: "module", shortCircuit: true, source: stripTypeScriptTypes(source, { mode: "strip" }) };
	},
});
