/** Artifacts of a task: versions of what has the same type and label, each with the round that it was handed in with. */
import type { Artifact } from "../../contract/task.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import type { Stamp } from "../handle.ts";
import type { TaskRow } from "./task.ts";

export type NewArtifact = Pick<Artifact, "type" | "url" | "label" | "addedBy"> & { readonly content?: string };

interface Adding {
	readonly author: Author;
	readonly stamp: Stamp;
	/** Whom an artifact names when it names nobody; the old API leaves that out outside of reviews. */
	readonly ownName: string | null;
}

const INSERT = `insert into artifacts (task, type, url, label, added_at, added_by, version) values (?, ?, ?, ?, ?, ?,
	1 + (select count(*) from artifacts where task = ? and type = ? and label = ?))`;
const KEEP = "insert into artifact_texts (artifact, content) values (?, ?)";

export function attach(
	{ gate: { connection } }: Tx,
	row: TaskRow,
	artifacts: readonly NewArtifact[],
	{ author, stamp, ownName }: Adding,
): void {
	for (const { type, url, label: given, addedBy, content } of artifacts) {
		const label = given.trim();
		const by = adder(addedBy, author) ?? ownName;
		const n = connection.run(INSERT, row.n, type, url.trim(), label, stamp.timestamp, by, row.n, type, label);
		if (content !== undefined) connection.run(KEEP, n, content);
	}
}

function adder(named: string | undefined, author: Author): string | undefined {
	const name = named?.trim() || undefined;
	const mayName = author.role === "admin" || name === undefined || name === author.name;
	if (!mayName) throw fault("author_mismatch", "addedBy", name, author.name);
	return name;
}
