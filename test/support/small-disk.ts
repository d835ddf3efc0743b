/** A disk of its own that a test can fill: a small tmpfs, where the system lets us mount one. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { atEnd } from "./cleanup.ts";
import { makeFolder } from "./folder.ts";

export interface SmallDisk {
	readonly folder: string;
	/** Takes all that is free. */
	fill(): void;
	free(): void;
}

/** Undefined where mounting is not allowed; an error where all tests are required. */
export function smallDisk(megabytes: number): SmallDisk | undefined {
	const folder = makeFolder();
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=700`, "tmpfs", folder], { stdio: "pipe" });
	} catch (thrown) {
		if (process.env.FLAGSHIP_REQUIRE_ALL === "1") throw thrown;
		return undefined;
	}
	atEnd(() => {
		execFileSync("umount", ["-l", folder]);
	});
	const ballast = `${folder}/ballast`;
	return {
		folder,
		fill() {
			// Ever smaller pieces, until not one byte more is taken.
			for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4)) {
				try {
					for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: "a" });
				} catch (thrown) {
					if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOSPC")) throw thrown;
				}
			}
		},
		free: () => rmSync(ballast, { force: true }),
	};
}
