/** Reports: documents that outlive the session that wrote them. Each change is a version of its own; none is lost. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { authorName, Deleted, more, page, paging, text } from "./shapes.ts";
import { searched } from "./window.ts";

const about = {
	id: Type.String({ description: "ULID" }),
	title: Type.String(),
	author: Type.String(),
	tags: Type.Array(Type.String()),
	version: Type.Integer({ description: "from 1, one more with each change" }),
	createdAt: Type.String({ description: "ISO 8601, UTC" }),
	updatedAt: Type.String({ description: "ISO 8601, UTC" }),
};

/** A report without its text. */
export const ReportHead = Type.Object(about);
export type ReportHead = Static<typeof ReportHead>;

export const Report = Type.Object({ ...about, content: Type.String({ description: "markdown" }) });
export type Report = Static<typeof Report>;

export const ReportVersion = Type.Object({
	version: Type.Integer(),
	title: Type.String(),
	by: Type.String({ description: "who made this version" }),
	createdAt: Type.String(),
	length: Type.Integer({ description: "characters of its text" }),
	note: Type.Optional(Type.String()),
});
export type ReportVersion = Static<typeof ReportVersion>;

/** Longest text of a report, in characters: what fits into a body of 1 MiB. */
export const REPORT_MAX = 1_000_000;

const Id = Type.String({ minLength: 1, maxLength: 64 });
const Title = text(2_000);
const Content = text(REPORT_MAX, "markdown; HTML is shown as text");
const Tags = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 });
const line = ({ id, title, author, version, updatedAt }: ReportHead): string =>
	`${id} ${title} (${author}, version ${version}, ${updatedAt})`;

export const create = operation({
	name: "reports.create",
	at: "hub",
	tool: "reports_create",
	cli: "reports create",
	summary: "Write a report: a document that others will read.",
	method: "POST",
	path: "/reports",
	status: 201,
	input: Type.Object({ title: Title, author: authorName, content: Content, tags: Type.Optional(Tags) }),
	output: Report,
	author: { field: "author", needed: true },
	allow: WRITERS,
	tell: ({ id }) => `Report ${id}. Attach it where it belongs: an artifact of type report, with this id as its url.`,
});

export const list = operation({
	name: "reports.list",
	at: "hub",
	tool: "reports_list",
	cli: "reports list",
	summary: "List reports, newest first, without their text; find them by words, author or tag.",
	method: "GET",
	path: "/reports",
	status: 200,
	input: Type.Object({
		author: Type.Optional(Type.String({ maxLength: 200 })),
		tag: Type.Optional(Type.String({ maxLength: 200 })),
		words: Type.Optional(searched),
		...paging,
	}),
	output: Type.Object({ reports: Type.Array(ReportHead), ...page }),
	allow: EVERYONE,
	tell: ({ reports, next }) => (reports.map(line).join("\n") || "No reports.") + more(next),
});

export const get = operation({
	name: "reports.get",
	at: "hub",
	tool: "reports_get",
	cli: "reports get",
	summary: "Read a report, also as it was in an older version.",
	method: "GET",
	path: "/reports/:id",
	status: 200,
	input: Type.Object({
		id: Id,
		version: Type.Optional(Type.Integer({ minimum: 1, description: "default the newest" })),
	}),
	output: Report,
	allow: EVERYONE,
	tell: (report) => `${line(report)}\n\n${report.content}`,
});

export const update = operation({
	name: "reports.update",
	at: "hub",
	tool: "reports_update",
	cli: "reports update",
	summary: "Change a report of yours; the version before is kept.",
	method: "PATCH",
	path: "/reports/:id",
	status: 200,
	input: Type.Object({
		id: Id,
		title: Type.Optional(Title),
		content: Type.Optional(Content),
		tags: Type.Optional(Tags),
		note: Type.Optional(Type.String({ maxLength: 2_000, description: "what changed, and why" })),
		ifVersion: Type.Optional(
			Type.Integer({ minimum: 1, description: "refused when the report is no longer at this version" }),
		),
	}),
	output: Report,
	allow: WRITERS,
	sentences: { title: "title cannot be empty", content: "content cannot be empty" },
	tell: ({ id, version }) => `Report ${id} is at version ${version}.`,
});

export const versions = operation({
	name: "reports.versions",
	at: "hub",
	tool: "reports_versions",
	cli: "reports versions",
	summary: "List the versions of a report, newest first.",
	method: "GET",
	path: "/reports/:id/versions",
	status: 200,
	input: Type.Object({ id: Id, ...paging }),
	output: Type.Object({ versions: Type.Array(ReportVersion), ...page }),
	allow: EVERYONE,
	tell: ({ versions: all, next }) =>
		all
			.map(({ version, by, createdAt, length, note }) =>
				[`${version} ${createdAt} ${by}, ${length} characters`, ...(note === undefined ? [] : [note])].join(": "),
			)
			.join("\n") + more(next),
});

export const remove = operation({
	name: "reports.delete",
	at: "hub",
	cli: "reports delete",
	summary: "Delete a report with all its versions. Its share links then lead nowhere.",
	method: "DELETE",
	path: "/reports/:id",
	status: 200,
	input: Type.Object({ id: Id }),
	output: Deleted,
	allow: WRITERS,
	tell: (_output, { id }) => `Report ${id} is deleted.`,
});
