/** Files in the old server's form: one record a line, or one document with lists. */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Answers how many there were. */
export function writeLines(folder: string, file: string, records: Iterable<object>): number {
	const handle = openSync(join(folder, file), "wx", 0o600);
	try {
		let count = 0;
		for (const record of records) {
			writeSync(handle, `${JSON.stringify(record)}\n`);
			count++;
		}
		return count;
	} finally {
		closeSync(handle);
	}
}

/** Lists by their names; answers how many records there were in all. */
export function writeDocument(folder: string, file: string, lists: Readonly<Record<string, Iterable<object>>>): number {
	const handle = openSync(join(folder, file), "wx", 0o600);
	try {
		let count = 0;
		for (const [index, [name, records]] of Object.entries(lists).entries()) {
			writeSync(handle, `${index === 0 ? "{" : ","}\n  ${JSON.stringify(name)}: [`);
			let first = true;
			for (const record of records) {
				writeSync(handle, `${first ? "" : ","}\n    ${JSON.stringify(record)}`);
				[first, count] = [false, count + 1];
			}
			writeSync(handle, first ? "]" : "\n  ]");
		}
		writeSync(handle, "\n}\n");
		return count;
	} finally {
		closeSync(handle);
	}
}
