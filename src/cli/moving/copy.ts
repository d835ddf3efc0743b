/** Databases are opened as copies: to open one writes into its folder, and that folder is another server's. */
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { LOGS_AHEAD, lookAt } from "./files.ts";

/** Answers the copy's path; what the database had not taken into its file yet comes along. */
export function copyOf(folder: string, name: keyof typeof LOGS_AHEAD, into: string): string {
	for (const file of [name, LOGS_AHEAD[name]]) {
		if (lookAt(folder, file).type !== "file") continue;
		copyFileSync(join(folder, file), join(into, file));
		chmodSync(join(into, file), 0o600);
	}
	return join(into, name);
}
