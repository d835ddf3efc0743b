/** `npm run check`, its last part: the rules of this house that no general tool knows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lengthRule } from "./length.ts";
import { lightExtensions, lightHttp } from "./light.ts";
import { declaredPackages, type Manifest } from "./packages.ts";
import { importDirections, readRooms } from "./rooms.ts";
import type { Rule } from "./source.ts";
import { readTree } from "./tree.ts";
import { wordRule } from "./words.ts";
import { worldRule } from "./world.ts";

const root = process.argv[2] ?? join(import.meta.dirname, "..", "..");
const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const architecture = readFileSync(join(root, "docs", "architecture.md"), "utf8");

const rules: readonly Rule[] = [
	importDirections(readRooms(architecture)),
	worldRule,
	lightExtensions,
	lightHttp,
	declaredPackages(manifest),
	wordRule,
	lengthRule,
];

const sources = readTree(root);
const problems = rules.flatMap((rule) => rule(sources));
for (const { path, line, message } of problems) console.error(`${path}:${line}  ${message}`);
console.log(`${sources.length} files checked against ${rules.length} rules: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
