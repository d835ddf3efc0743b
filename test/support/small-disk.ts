/** A disk of its own that a test can fill: a small tmpfs, where the system lets us mount one. */
import { execFileSync } from "node:child_process";
import { rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { atEnd } from "./cleanup.ts";
import { makeFolder } from "./folder.ts";

export interface SmallDisk {
	readonly folder: string;
	/** Takes all that is free, but for so many MB. */
	fill(leave?: number): void;
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
		fill(leave = 0) {
			rmSync(ballast, { force: true });
			// Ever smaller pieces, until not one byte more is taken.
			for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4)) {
				try {
					for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: "a" });
				} catch (thrown) {
					if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOSPC")) throw thrown;
				}
			}
			if (leave > 0) truncateSync(ballast, Math.max(0, statSync(ballast).size - leave * 1024 * 1024));
		},
		free: () => rmSync(ballast, { force: true }),
	};
}
