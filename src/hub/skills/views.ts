/** Rows of skills and extensions as they are told, page by page. */
import type { Kysely } from "kysely";
import type * as extensions from "../../contract/extensions.ts";
import type * as skills from "../../contract/skills.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import { type Asked, cursorOf, cut, limitOf } from "../page.ts";
import { current, type Whole, wholes } from "./records.ts";
import type { Kind } from "./schema.ts";

/** Bytes of content in one page of a list: the old API lists every content whole. */
const PAGE_BYTES = 4_194_304;

export const extensionOf = (row: Whole): extensions.Extension => ({
	id: row.id,
	name: row.name,
	version: row.version,
	description: row.description,
	content: row.content,
	hash: row.hash,
	publishedBy: row.published_by,
	publishedAt: row.published_at,
	updatedAt: row.updated_at,
	enabled: row.enabled === 1,
});

export const skillOf = (row: Whole): skills.Skill => ({ ...extensionOf(row), tags: JSON.parse(row.tags) });

export interface Wanted extends Asked {
	readonly tag?: string;
	readonly enabled?: string;
}

/** By name; the cursor is the last name shown. */
export async function pageOf(db: Kysely<Tables>, kind: Kind, { tag, enabled, limit, cursor }: Wanted) {
	let query = current(db, kind);
	if (enabled !== undefined) query = query.where("skills.enabled", "=", enabled === "true" ? 1 : 0);
	if (cursor !== undefined) query = query.where("skills.name", ">", cursor);
	const all = await query.select(["skills.name", "skills.tags", "v.bytes"]).orderBy("skills.name").execute();
	const fitting = tag === undefined ? all : all.filter(({ tags }) => (JSON.parse(tags) as string[]).includes(tag));
	const shown: string[] = [];
	let bytes = 0;
	for (const row of fitting.slice(0, limitOf(limit))) {
		bytes += row.bytes;
		if (shown.length > 0 && bytes > PAGE_BYTES) break;
		shown.push(row.name);
	}
	const rows =
		shown.length === 0 ? [] : await wholes(db, kind).where("skills.name", "in", shown).orderBy("skills.name").execute();
	const last = shown.at(-1);
	return { rows, next: fitting.length > shown.length && last !== undefined ? { next: last } : {} };
}

/** Newest first; the cursor is the last version shown. Throws `not_found` for a name that never was. */
export async function historyOf(db: Kysely<Tables>, kind: Kind, name: string, asked: Asked) {
	const before = cursorOf(asked.cursor);
	const limit = limitOf(asked.limit);
	let query = db
		.selectFrom("skill_versions")
		.select(["version", "description", "hash", "bytes", "published_by", "published_at"])
		.where("kind", "=", kind)
		.where("name", "=", name);
	if (before !== undefined) query = query.where("version", "<", before);
	const found = await query
		.orderBy("version", "desc")
		.limit(limit + 1)
		.execute();
	if (found.length === 0 && before === undefined) throw fault("not_found", kind);
	const { rows, next } = cut(found, limit, (row) => row.version);
	const versions = rows.map(({ published_by: publishedBy, published_at: publishedAt, ...row }) => ({
		...row,
		publishedBy,
		publishedAt,
	}));
	return { versions, count: versions.length, ...next };
}

/** Throws `not_found`. */
export async function versionOf(
	db: Kysely<Tables>,
	kind: Kind,
	name: string,
	version: number,
): Promise<skills.WholeVersion> {
	const row = await db
		.selectFrom("skill_versions")
		.selectAll()
		.where("kind", "=", kind)
		.where("name", "=", name)
		.where("version", "=", version)
		.executeTakeFirst();
	if (row === undefined) throw fault("not_found", `${kind} ${name} v${version}`);
	const { description, content, hash, bytes } = row;
	return {
		name,
		version,
		description,
		content,
		hash,
		bytes,
		publishedBy: row.published_by,
		publishedAt: row.published_at,
	};
}
