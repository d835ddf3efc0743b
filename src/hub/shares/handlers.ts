import { hash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import * as contract from "../../contract/shares.ts";
import { Fault, fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { reportRow } from "../reports/handlers.ts";
import { duration, iso, moment } from "../window.ts";
import type { ShareLinkTable } from "./schema.ts";

export type LinkRow = Selectable<ShareLinkTable>;

export const hashOf = (secret: string): string => hash("sha256", secret, "hex");

/** The moment at which a link ends. Throws for what is no moment, or is past: such a link would never end, or never begin. */
function endOf(wanted: string | undefined, now: number): string | null {
	if (wanted === undefined) return null;
	const span = duration(wanted);
	const end = span === undefined ? moment(wanted) : safeIso(now + span);
	if (end === undefined) throw fault("invalid_input", `invalid expiresAt: ${wanted}`);
	if (end <= iso(now)) throw fault("invalid_input", `expiresAt is in the past: ${wanted}`);
	return end;
}

/** A span beyond what a date can hold is none. */
const safeIso = (ms: number): string | undefined => (Number.isNaN(new Date(ms).getTime()) ? undefined : iso(ms));

export const share = write(
	contract.share,
	async ({ input, author, tx, stamp, hub }) => {
		const report = await reportRow(tx, input.id);
		const secret = Buffer.from(hub.world.random.bytes(32)).toString("base64url");
		const row = {
			...{ id: stamp.id, hash: hashOf(secret), report: report.id, created_at: stamp.timestamp },
			created_by: author.unnamed === true ? "admin" : author.name,
			expires_at: endOf(input.expiresAt, stamp.at),
			label: input.label?.trim() || null,
			...{ revoked: 0, access_count: 0 },
		};
		await tx.insertInto("share_links").values(row).execute();
		await tx.publish({
			type: "report_shared",
			by: author,
			summary: `${report.title}${row.label === null ? "" : ` for ${row.label}`}`,
			detail: { report: report.id, link: row.id, expiresAt: row.expires_at },
		});
		return { linkId: row.id, url: `${hub.publicUrl()}/reports/share/${secret}` };
	},
	{ secret: true },
);

const linkOf = (row: LinkRow): contract.ShareLink => ({
	...{ linkId: row.id, reportId: row.report, createdAt: row.created_at, createdBy: row.created_by },
	...{ expiresAt: row.expires_at, label: row.label, revoked: row.revoked, accessCount: row.access_count },
});

export const list = read(contract.list, async ({ input, db }) => {
	const { id } = await reportRow(db, input.id);
	const { rows, next } = await newestFirst(db.selectFrom("share_links").selectAll().where("report", "=", id), input);
	return { links: rows.map(linkOf), count: rows.length, ...next };
});

/** By its name, or by its address, which old clients take for the name. */
async function rowOf(db: Kysely<Tables>, named: string): Promise<LinkRow> {
	const row = await db
		.selectFrom("share_links")
		.selectAll()
		.where((or) => or.or([or("id", "=", named), or("hash", "=", hashOf(named))]))
		.executeTakeFirst();
	if (row === undefined) throw fault("not_found", "share link");
	return row;
}

export const revoke = write(contract.revoke, async ({ input, author, tx }) => {
	const row = await rowOf(tx, input.linkId);
	if (row.revoked === 1)
		throw new Fault("invalid_input", "link already revoked", "It leads nowhere; nothing is to be done.");
	await tx.updateTable("share_links").set({ revoked: 1 }).where("n", "=", row.n).execute();
	await tx.publish({
		type: "report_unshared",
		by: author,
		summary: row.label ?? row.id,
		detail: { report: row.report, link: row.id },
	});
	return { revoked: true as const };
});

export const accesses = read(contract.accesses, async ({ input, db }) => {
	const link = await rowOf(db, input.linkId);
	const { rows, next } = await newestFirst(
		db.selectFrom("share_accesses").selectAll().where("link", "=", link.n),
		input,
	);
	const log = rows.map(({ id, timestamp, ip, user_agent, referrer }) => ({
		...{ id, linkId: link.id, reportId: link.report, timestamp, ip, userAgent: user_agent, referrer },
	}));
	return { log, count: log.length, ...next };
});
