import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PACKAGE } from "../support/pi.ts";

interface Locked {
	readonly dev?: boolean;
	readonly optional?: boolean;
	readonly devOptional?: boolean;
	readonly peer?: boolean;
	readonly hasInstallScript?: boolean;
	readonly os?: readonly string[];
	readonly cpu?: readonly string[];
}

test("nothing that the hub needs is built, or runs a script, when it is installed", () => {
	const { packages }: { packages: Readonly<Record<string, Locked>> } = JSON.parse(
		readFileSync(join(PACKAGE, "package-lock.json"), "utf8"),
	);
	const needed = Object.entries(packages).filter(
		([path, { dev, optional, devOptional, peer }]) => path !== "" && !dev && !optional && !devOptional && !peer,
	);
	expect(needed.length).toBeGreaterThan(20);
	const native = needed.filter(
		([, { hasInstallScript, os, cpu }]) => hasInstallScript || os !== undefined || cpu !== undefined,
	);
	expect(native.map(([path]) => path)).toEqual([]);
});
