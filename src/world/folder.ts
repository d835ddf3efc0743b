/** Folders, made with those above them. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * 0700 when not said otherwise. Not by `recursive` of Node: where nothing can be made below a folder that is there
 * (`/proc`), that tries for ever.
 */
export function makeFolder(path: string, mode = 0o700): void {
	if (isFolder(path)) return;
	const above = dirname(path);
	if (above !== path) makeFolder(above, mode);
	try {
		mkdirSync(path, { mode });
	} catch (thrown) {
		// Made by another process in this moment.
		if (!isFolder(path)) throw thrown;
	}
}

function isFolder(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch {
		// Whatever keeps it from being looked at keeps it from being made, and says so there.
		return false;
	}
}
