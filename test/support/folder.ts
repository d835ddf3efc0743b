/** Temporary folders that go away with the test file. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "./cleanup.ts";

/** A new empty folder with a short path (a unix socket's path stops at about 104 bytes), removed after the file. */
export function makeFolder(): string {
	const folder = mkdtempSync(join(realpathSync(tmpdir()), "fs-"));
	atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
	return folder;
}
