import { type Kysely, type Selectable, sql } from "kysely";
import type { Role } from "../../contract/operation.ts";
import * as contract from "../../contract/reports.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tables } from "../database/tables.ts";
import { read, type Stamp, write } from "../handle.ts";
import { cursorOf, cut, limitOf, newestFirst } from "../page.ts";
import { matchOf } from "../words.ts";
import type { ReportTable, ReportVersionTable } from "./schema.ts";

type ReportRow = Selectable<ReportTable>;

/** Besides its author. */
const LEADS: ReadonlySet<Role> = new Set(["admin", "host", "orchestrator"]);

const headOf = (row: Omit<ReportRow, "n">): contract.ReportHead => ({
	id: row.id,
	title: row.title,
	author: row.author,
	tags: JSON.parse(row.tags),
	version: row.version,
	createdAt: row.created_at,
	updatedAt: row.updated_at,
});

export async function reportRow(db: Kysely<Tables>, id: string): Promise<ReportRow> {
	const row = await db.selectFrom("reports").selectAll().where("id", "=", id).executeTakeFirst();
	if (row === undefined) throw fault("not_found", "report");
	return row;
}

async function versionOf(db: Kysely<Tables>, { n }: ReportRow, version: number): Promise<ReportVersionTable> {
	const query = db.selectFrom("report_versions").selectAll().where("report", "=", n).where("version", "=", version);
	const row = await query.executeTakeFirst();
	if (row === undefined) throw fault("not_found", `version ${version} of this report`);
	return row;
}

function refuseStranger(row: ReportRow, { name, role }: Author, what: string): void {
	if (row.author === name || LEADS.has(role)) return;
	throw fault("forbidden", role, `${what} a report of ${row.author}`);
}

interface Text {
	readonly title: string;
	readonly content: string;
	readonly tags: string;
}

const versionRow = (report: number, version: number, text: Text, by: Author, stamp: Stamp, note?: string) => ({
	...{ report, version, ...text, made_by: by.name, created_at: stamp.timestamp },
	note: note?.trim() || null,
});

export const create = write(contract.create, async ({ input, author, tx, stamp }) => {
	const { content } = input;
	const [title, tags] = [input.title.trim(), JSON.stringify(input.tags ?? [])];
	const row = {
		...{ id: stamp.id, title, author: author.name, tags, version: 1 },
		...{ created_at: stamp.timestamp, updated_at: stamp.timestamp },
	};
	const { n } = await tx.insertInto("reports").values(row).returning("n").executeTakeFirstOrThrow();
	const first = versionRow(n, 1, { title, content, tags }, author, stamp);
	await tx.insertInto("report_versions").values(first).execute();
	await tx.publish({ type: "report_created", by: author, summary: title, detail: { report: row.id } });
	return { ...headOf(row), content };
});

export const list = read(contract.list, async ({ input, db }) => {
	let query = db.selectFrom("reports").selectAll();
	if (input.author !== undefined) query = query.where("author", "=", input.author);
	if (input.tag !== undefined)
		query = query.where(sql<boolean>`exists (select 1 from json_each(tags) where value = ${input.tag})`);
	if (input.words !== undefined) {
		const found = sql<number>`(select rowid from report_words where report_words match ${matchOf(input.words)})`;
		query = query.where("n", "in", found);
	}
	const { rows, next } = await newestFirst(query, input);
	return { reports: rows.map(headOf), count: rows.length, ...next };
});

export const get = read(contract.get, async ({ input, db }) => {
	const row = await reportRow(db, input.id);
	const { title, content, tags, version, created_at } = await versionOf(db, row, input.version ?? row.version);
	return { ...headOf({ ...row, title, tags, version, updated_at: created_at }), content };
});

/** What changes nothing is no version: a repeat without a key leaves no second one. */
export const update = write(contract.update, async ({ input, author, tx, stamp }) => {
	const row = await reportRow(tx, input.id);
	refuseStranger(row, author, "change");
	if (input.ifVersion !== undefined && input.ifVersion !== row.version)
		throw fault("conflict", `Report ${row.id} is at version ${row.version}, not ${input.ifVersion}`);
	const was = await versionOf(tx, row, row.version);
	const title = input.title?.trim() ?? was.title;
	const content = input.content ?? was.content;
	const tags = input.tags === undefined ? was.tags : JSON.stringify(input.tags);
	if (title === was.title && content === was.content && tags === was.tags) return { ...headOf(row), content };
	const version = row.version + 1;
	const changed = { title, tags, version, updated_at: stamp.timestamp };
	const next = versionRow(row.n, version, { title, content, tags }, author, stamp, input.note);
	await tx.insertInto("report_versions").values(next).execute();
	await tx.updateTable("reports").set(changed).where("n", "=", row.n).execute();
	await tx.publish({
		type: "report_updated",
		by: author,
		summary: `${title}, version ${version}`,
		detail: { report: row.id, version },
	});
	return { ...headOf({ ...row, ...changed }), content };
});

export const versions = read(contract.versions, async ({ input, db }) => {
	const { n } = await reportRow(db, input.id);
	const limit = limitOf(input.limit);
	const before = cursorOf(input.cursor) ?? Number.MAX_SAFE_INTEGER;
	const found = await db
		.selectFrom("report_versions")
		.select(["version", "title", "made_by", "created_at", "note", sql<number>`length(content)`.as("length")])
		.where("report", "=", n)
		.where("version", "<", before)
		.orderBy("version", "desc")
		.limit(limit + 1)
		.execute();
	const { rows, next } = cut(found, limit, (row) => row.version);
	const told = rows.map(({ made_by, created_at, note, ...rest }) => ({
		...{ ...rest, by: made_by, createdAt: created_at },
		...(note === null ? {} : { note }),
	}));
	return { versions: told, count: told.length, ...next };
});

export const remove = write(contract.remove, async ({ input, author, tx }) => {
	const row = await reportRow(tx, input.id);
	refuseStranger(row, author, "delete");
	await tx.deleteFrom("reports").where("n", "=", row.n).execute();
	await tx.publish({ type: "report_deleted", by: author, summary: row.title, detail: { report: row.id } });
	return { deleted: true as const };
});
