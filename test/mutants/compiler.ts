/** The compiler as a judge: `npm run check` is a part of `npm test`, so a bug that it refuses reaches nobody. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Mutant } from "./operators.ts";
import { root } from "./start.ts";

/** What the product is made of; tests are shown the bug by themselves. */
const PARTS = ["src", "extensions", "bin", "package.json"] as const;

/** Its first complaint; undefined when it takes the bug as it is. */
export async function refusedByCompiler(
	{ file, start, end, becomes }: Mutant,
	source: string,
): Promise<string | undefined> {
	const folder = mkdtempSync(join(tmpdir(), "mutant-"));
	try {
		for (const part of PARTS) cpSync(join(root, part), join(folder, part), { recursive: true });
		symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
		const config = { extends: join(root, "tsconfig.json"), include: ["bin", "src", "extensions"] };
		writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
		writeFileSync(join(folder, file), source.slice(0, start) + becomes + source.slice(end));
		await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", folder], { maxBuffer: 1 << 24 });
		return undefined;
	} catch (thrown) {
		const said = typeof thrown === "object" && thrown !== null && "stdout" in thrown ? String(thrown.stdout) : "";
		if (said === "") throw thrown;
		return said.split("\n")[0] ?? "";
	} finally {
		rmSync(folder, { recursive: true });
	}
}
