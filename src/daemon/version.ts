/** What this installation is: its version, its folder and the entry that starts it outside pi. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What both sides of a connection say first (`protocol.md` §2 rule 3). */
export interface Speaks {
	readonly protocol: number;
	readonly version: string;
}

export const packageFolder = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
export const entryFile = `${packageFolder}/bin/flagship.mjs`;

/** The version in `package.json`. */
export function packageVersion(): string {
	const found: unknown = JSON.parse(readFileSync(`${packageFolder}/package.json`, "utf8"));
	const version = typeof found === "object" && found !== null && "version" in found ? found.version : undefined;
	if (typeof version !== "string") throw new Error(`${packageFolder}/package.json has no version`);
	return version;
}

/** Below 0 when `a` is older than `b`; compares the numbers of `1.2.3`, then a pre-release before its release. */
export function compareVersions(a: string, b: string): number {
	const [left, right] = [parts(a), parts(b)];
	for (let i = 0; i < 3; i++) {
		const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
		if (difference !== 0) return difference;
	}
	if (left.pre === right.pre) return 0;
	if (left.pre === "") return 1;
	if (right.pre === "") return -1;
	return left.pre < right.pre ? -1 : 1;
}

function parts(version: string): { numbers: number[]; pre: string } {
	const [numbers = "", ...pre] = version.replace(/^v/, "").split("+")[0]?.split("-") ?? [];
	return { numbers: numbers.split(".").map((n) => Number.parseInt(n, 10) || 0), pre: pre.join("-") };
}
