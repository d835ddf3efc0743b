/** What is read out of a data folder of the old server, one record at a time, each judged by itself. */
import type { ImportKind } from "../../contract/imports.ts";

interface Place {
	readonly file: string;
	/** Of the file, from 1; of a database, the row. */
	readonly line: number;
	readonly kind: ImportKind;
	/** As it stands there, for whoever wants to mend it. */
	readonly raw: string;
}

export type Item =
	| (Place & { readonly type: "record"; readonly record: Fields })
	| (Place & { readonly type: "reject"; readonly why: string });

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** Characters of a record that cannot be taken that are kept of it. */
const RAW_MAX = 65_536;

export const rejected = (place: Place, why: string): Item => ({
	...{ type: "reject", file: place.file, line: place.line, kind: place.kind, why },
	raw: place.raw.slice(0, RAW_MAX),
});

/** A record out of its text. */
export function parsed(place: Place): Item {
	let record: unknown;
	try {
		record = JSON.parse(place.raw);
	} catch {
		return rejected(place, "it is no JSON");
	}
	return isFields(record) ? { type: "record", ...place, record } : rejected(place, "it is no object");
}
