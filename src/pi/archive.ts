/** A session file from before, of any version of pi: only what it used is taken from it, no word that was said. */
import type { Files } from "../world.ts";
import { type CutRequest, cutAnswers } from "./cut.ts";
import { type Entry, parseEntry } from "./entry.ts";
import { isShape, optionalText, type Shape, text } from "./shape.ts";
import { tally } from "./tally.ts";
import { ownEntries, type SessionUsage, sessionUsage } from "./usage.ts";

export type Archived =
	| {
			readonly type: "session";
			readonly id: string;
			/** The folder that it worked in; empty where its header names none. */
			readonly cwd: string;
			/** Undefined: it has used nothing. */
			readonly usage: SessionUsage | undefined;
			/** Requests whose answer was cut off. */
			readonly cut: readonly CutRequest[];
			/** Lines in its middle that are no JSON: a crash while pi wrote. */
			readonly torn: number;
			/** Its last line is incomplete. */
			readonly truncated: boolean;
	  }
	| { readonly type: "other"; readonly why: string };

/** Throws what reading throws: no right to it, too large for memory. */
export function readArchived(files: Pick<Files, "readFrom">, path: string): Archived {
	const { records, torn, truncated } = recordsIn(files.readFrom(path, 0));
	const [header, ...rest] = records;
	if (header === undefined) return { type: "other", why: "it is empty" };
	const id = optionalText(header.id) ?? "";
	if (header.type !== "session" || id === "") return { type: "other", why: "it does not begin as a session of pi" };
	const entries = rest.map(identified).map(parseEntry).filter(isEntry);
	const forkedAt = header.parentSession === undefined ? undefined : text(header.timestamp);
	const own = new Set(ownEntries(entries, forkedAt).map((entry) => entry.id));
	return {
		...{ type: "session", id, cwd: text(header.cwd), torn, truncated },
		usage: sessionUsage(id, tally(entries.filter((entry) => own.has(entry.id)))),
		cut: cutAnswers(entries).filter(({ request }) => own.has(request)),
	};
}

const isEntry = (entry: Entry | undefined): entry is Entry => entry !== undefined;

/** The first version of pi's sessions had no ids: its entries are a row, each after the last. */
function identified(record: Shape, line: number): Shape {
	if (record.id !== undefined) return record;
	return { ...record, id: `line ${line}`, parentId: line === 0 ? null : `line ${line - 1}` };
}

const LF = 10;

function recordsIn(bytes: Uint8Array): {
	readonly records: readonly Shape[];
	readonly torn: number;
	readonly truncated: boolean;
} {
	const decoder = new TextDecoder();
	const records: Shape[] = [];
	let torn = 0;
	let truncated = false;
	for (let from = 0; from < bytes.length; ) {
		const end = bytes.indexOf(LF, from);
		const line = decoder.decode(bytes.subarray(from, end === -1 ? bytes.length : end)).trim();
		const record = line === "" ? undefined : parsed(line);
		if (isShape(record)) records.push(record);
		else if (line !== "" && end === -1) truncated = true;
		else if (line !== "") torn += 1;
		from = end === -1 ? bytes.length : end + 1;
	}
	return { records, torn, truncated };
}

function parsed(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch (thrown) {
		if (!(thrown instanceof SyntaxError)) throw thrown;
		return undefined; // counted as torn
	}
}
