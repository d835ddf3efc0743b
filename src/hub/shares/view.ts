/** The public side of share links: reached without a token, by the secret in the address alone. */
import type { Report } from "../../contract/reports.ts";
import { Fault } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Page, PageAnswer, PageRequest } from "../handle.ts";
import { addressOf } from "../http/peer.ts";
import { get } from "../reports/handlers.ts";
import { hashOf, type LinkRow } from "./handlers.ts";
import { card, HEADERS, NO_LINK, NO_REPORT, reportPage } from "./page.ts";

/** Accesses kept per link; older ones are only counted. */
const ACCESSES_MAX = 1_000;
const FIELD_MAX = 500;

const header = ({ headers }: PageRequest, name: "user-agent" | "referer"): string | null =>
	headers[name]?.slice(0, FIELD_MAX) ?? null;

/** Looked up by its hash: how long that takes says nothing about the secret. */
async function linkOf({ database, world }: Context, secret: string): Promise<LinkRow | undefined> {
	const query = database.read.selectFrom("share_links").selectAll().where("hash", "=", hashOf(secret));
	const link = await query.executeTakeFirst();
	const now = new Date(world.clock.now()).toISOString();
	const valid = link !== undefined && link.revoked === 0 && (link.expires_at === null || link.expires_at > now);
	return valid ? link : undefined;
}

async function reportOf(hub: Context, link: LinkRow): Promise<Report | undefined> {
	const caller = { id: "share", role: "viewer", name: "share" } as const;
	const call = { input: { id: link.report }, caller, db: hub.database.read, now: hub.world.clock.now(), hub };
	try {
		return await get.run(call);
	} catch (thrown) {
		if (thrown instanceof Fault && thrown.code === "not_found") return undefined;
		throw thrown;
	}
}

/** Nobody reads without a line in the log: it is written before the page is shown. */
function noteAccess({ database, ids, world }: Context, { n }: LinkRow, request: PageRequest): Promise<void> {
	return database.write(async (tx) => {
		const row = {
			...{ id: ids.next(), link: n, timestamp: new Date(world.clock.now()).toISOString() },
			...{ ip: addressOf(request), user_agent: header(request, "user-agent"), referrer: header(request, "referer") },
		};
		await tx.insertInto("share_accesses").values(row).execute();
		tx.gate.connection.run("update share_links set access_count = access_count + 1 where n = ?", n);
		tx.gate.connection.run(
			`delete from share_accesses where link = ?1 and n <= (select n from share_accesses where link = ?1
			order by n desc limit 1 offset ${ACCESSES_MAX})`,
			n,
		);
	});
}

const html = (status: 200 | 404, body: string): PageAnswer => ({ status, headers: HEADERS, body });

export const view: Page = {
	type: "page",
	path: "/reports/share/:linkId",
	about: "The page of a shared report.",
	async run(request, hub) {
		const secret = request.params.linkId ?? "";
		const link = await linkOf(hub, secret);
		if (link === undefined) return html(404, NO_LINK);
		const report = await reportOf(hub, link);
		if (report === undefined) return html(404, NO_REPORT);
		await noteAccess(hub, link, request);
		return html(200, await reportPage(report, `${hub.publicUrl()}/reports/share/${secret}/og-image.svg`));
	},
};

export const image: Page = {
	type: "page",
	path: "/reports/share/:linkId/og-image.svg",
	about: "The picture by which other sites announce a shared report.",
	async run({ params }, hub) {
		const link = await linkOf(hub, params.linkId ?? "");
		const report = link === undefined ? undefined : await reportOf(hub, link);
		if (report === undefined) return { status: 404, headers: { "content-type": "text/plain" }, body: "Not found" };
		const headers = { ...HEADERS, "content-type": "image/svg+xml", "cache-control": "public, max-age=3600" };
		return { status: 200, headers: { ...headers, "cross-origin-resource-policy": "cross-origin" }, body: card(report) };
	},
};
