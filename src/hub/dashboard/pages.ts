/** The dashboard as a browser gets it: one page for who is logged in, and the files that it is made of. */
import { hash } from "node:crypto";
import { PROTOCOL } from "../../contract/link.ts";
import { fault } from "../../errors.ts";
import { goTo, sessionOf } from "../access/pages.ts";
import type { Context } from "../context.ts";
import type { Page, PageAnswer, PageRequest } from "../handle.ts";
import { get } from "../reports/handlers.ts";
import { escaped, rendered } from "../shares/markdown.ts";
import { page, pageHeaders } from "../shares/page.ts";
import { type Asset, readAssets } from "./assets.ts";

/** Scripts, styles and answers of this hub and of nobody else; and what a script of a record would need is forbidden. */
const HEADERS: Readonly<Record<string, string>> = {
	...pageHeaders("self"),
	"content-security-policy": [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src 'self'",
		"frame-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	].join("; "),
	"referrer-policy": "same-origin",
};

let read: ReadonlyMap<string, Asset> | undefined;
const assetsOf = ({ world }: Context): ReadonlyMap<string, Asset> => {
	read ??= readAssets({ files: world.files, hash: (text) => hash("sha256", text).slice(0, 32) });
	return read;
};

export const dashboard: Page = {
	type: "page",
	path: "/ui/",
	about: "The dashboard; without a session it leads to the login.",
	async run(request, hub) {
		const session = sessionOf(request, hub);
		if (session === undefined) return goTo("login");
		const meta = (name: string, content: string): string => `<meta name="${name}" content="${escaped(content)}">`;
		const filled = (assetsOf(hub).get("index.html")?.body.toString() ?? "").replace(
			"</title>",
			`</title>${meta("flagship-protocol", String(PROTOCOL))}${meta("flagship-role", session.caller.role)}${meta("flagship-until", session.expiresAt)}`,
		);
		return { status: 200, headers: HEADERS, body: filled };
	},
};

export const file: Page = {
	type: "page",
	path: "/ui/static/:file",
	about: "A file that the dashboard is made of. None of them holds a record.",
	async run(request, hub) {
		const asset = assetsOf(hub).get(request.params.file ?? "");
		if (asset === undefined || asset.type.startsWith("text/html")) throw fault("not_found", "/ui/static/");
		return answerOf(asset, request);
	},
};

/** A browser keeps each file and asks whether it is still the one: an update is there with the next load. */
function answerOf(asset: Asset, { headers }: PageRequest): PageAnswer {
	const zipped = /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
	const about = {
		"content-type": asset.type,
		etag: asset.tag,
		vary: "accept-encoding",
		"cache-control": "no-cache",
		"x-content-type-options": "nosniff",
		"cross-origin-resource-policy": "same-origin",
	};
	if (headers["if-none-match"] === asset.tag) return { status: 304, headers: about, body: "" };
	return zipped
		? { status: 200, headers: { ...about, "content-encoding": "gzip" }, body: asset.zipped }
		: { status: 200, headers: about, body: asset.body };
}

/** Shown in a frame of the dashboard, with less rights than the page around it: no script, no form, no origin. */
function framed(): Readonly<Record<string, string>> {
	const { "content-security-policy": policy = "", ...others } = pageHeaders("none", "sandbox allow-popups");
	return {
		...others,
		"content-security-policy": policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
		"x-frame-options": "SAMEORIGIN",
	};
}

export const report: Page = {
	type: "page",
	path: "/ui/report/:id",
	about: "A report as the dashboard shows it, to who is logged in.",
	async run(request, hub) {
		const session = sessionOf(request, hub);
		if (session === undefined) return goTo("../login");
		const input = { id: request.params.id ?? "" };
		const call = { input, caller: session.caller, db: hub.database.read, now: hub.world.clock.now(), hub };
		const { content } = await get.run(call);
		const body = page("<title>Report</title>", `<main>${await rendered(content)}</main>`);
		return { status: 200, headers: framed(), body };
	},
};
