/**
 * The first line of a backup: what is in it and how one knows that it is whole. The rest of the file is the hub's
 * database, gzipped, so that it can be had back without Flagship: `tail -n +2 <file> | gunzip > hub.db`.
 */
import { createHash, hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { fault } from "../errors.ts";

export interface Manifest {
	/** Of the package that made it. */
	readonly version: string;
	/** When its content was as it is: ISO 8601, UTC. */
	readonly madeAt: string;
	/** The feed's greatest `seq` in it; 0 without events. */
	readonly seq: number;
	/** Steps of each service's schema. */
	readonly schemas: Readonly<Record<string, number>>;
	/** Rows of each table. */
	readonly counts: Readonly<Record<string, number>>;
	/** Bytes of the database, unpacked. */
	readonly bytes: number;
	/** SHA-256 of the database, unpacked; hex. */
	readonly sha256: string;
	/** SHA-256 of each piece of `PIECE` bytes of it: damage has a place. */
	readonly pieces: readonly string[];
}

export const PIECE = 8 * 1024 * 1024;
/** A manifest has some KB; a first line that is longer is none. */
export const LINE_MAX = 1024 * 1024;

const MAGIC = "flagship-backup";
const FORMAT = "1";

const digest = (text: string): string => hash("sha256", text, "hex");

/** `flagship-backup 1 <sha256 of the JSON> <JSON>` and a newline. */
export function lineOf(manifest: Manifest): string {
	const json = JSON.stringify(manifest);
	return `${[MAGIC, FORMAT, digest(json), json].join(" ")}\n`;
}

/** Throws `backup_damaged`, or `newer_data` for a format that only a newer Flagship knows. `file` is for the sentence. */
export function manifestOf(line: string, file: string): Manifest {
	const [, magic, format, sum, json = ""] = /^(\S+) (\S+) (\S+) (.*)$/s.exec(line) ?? [];
	if (magic !== MAGIC || format === undefined) throw fault("backup_damaged", file, "it does not begin as one");
	if (format !== FORMAT) throw fault("newer_data", file, `backup ${format}`, `backup ${FORMAT}`);
	if (digest(json) !== sum) throw fault("backup_damaged", file, "its first line is not as it was written");
	return JSON.parse(json) as Manifest;
}

/** What a database holds; `sha256`, `pieces` and `bytes` are of its file. */
export function countsOf(database: DatabaseSync): Pick<Manifest, "schemas" | "counts" | "seq"> {
	const rows = <R>(sql: string): R[] => database.prepare(sql).all() as R[];
	// What a virtual table keeps is its own business; what it is made from is counted.
	const tables = rows<{ name: string }>(
		"select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",
	);
	const counted = tables.map(({ name }) => {
		const [row] = rows<{ n: number }>(`select count(*) as n from "${name.replaceAll('"', '""')}"`);
		return [name, row?.n ?? 0] as const;
	});
	const versions = rows<{ service: string; version: number }>(
		"select service, version from schema_versions order by 1",
	);
	const [head] = rows<{ seq: number | null }>("select max(seq) as seq from feed");
	return {
		schemas: Object.fromEntries(versions.map(({ service, version }) => [service, version])),
		counts: Object.fromEntries(counted),
		seq: head?.seq ?? 0,
	};
}

/** Of bytes that come one after another: the digest of all, and of each piece. */
export class Digests {
	readonly #all = createHash("sha256");
	#piece = createHash("sha256");
	#held = 0;
	readonly pieces: string[] = [];
	bytes = 0;

	add(chunk: Buffer): void {
		this.#all.update(chunk);
		this.bytes += chunk.length;
		for (let at = 0; at < chunk.length; ) {
			const part = chunk.subarray(at, at + PIECE - this.#held);
			this.#piece.update(part);
			this.#held += part.length;
			at += part.length;
			if (this.#held === PIECE) this.#cut();
		}
	}

	/** No bytes follow. */
	end(): Pick<Manifest, "bytes" | "sha256" | "pieces"> {
		if (this.#held > 0) this.#cut();
		return { bytes: this.bytes, sha256: this.#all.digest("hex"), pieces: this.pieces };
	}

	#cut(): void {
		this.pieces.push(this.#piece.digest("hex"));
		this.#piece = createHash("sha256");
		this.#held = 0;
	}
}
