/**
 * How a person gets in by a browser. Opening a link shows a button and uses nothing up, because programs that preview
 * links open them too; the button's POST lets in. Addresses are relative, for a proxy may have put a folder before them.
 */
import { fault } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Page, PageAnswer, PageRequest } from "../handle.ts";
import { cookieOf, setCookie } from "../http/cookie.ts";
import { isForeign } from "../http/origin.ts";
import { addressOf, overTls } from "../http/peer.ts";
import { escaped } from "../shares/markdown.ts";
import { page, pageHeaders } from "../shares/page.ts";
import { iso } from "../window.ts";
import { isGood, logIn, logOut } from "./handlers.ts";
import type { Session } from "./sessions.ts";

// Forms go to this hub alone; and it must learn that they come from itself, which `no-referrer` would hide.
const HEADERS = { ...pageHeaders("self"), "referrer-policy": "same-origin" };

const html = (status: 200 | 400 | 401, title: string, body: string): PageAnswer => ({
	status,
	headers: HEADERS,
	body: page(`<title>${escaped(title)}</title>`, `<main><h1>${escaped(title)}</h1>${body}</main>`),
});

const HOW =
	"<p>In a shell on the hub's machine <code>flagship open</code> makes a link; an orchestrator has the tool <code>dashboard_link</code>.</p>";
const NO_LINK = html(
	401,
	"This link lets nobody in",
	`<p>It was used before, or is older than five minutes.</p>${HOW}`,
);

export const goTo = (location: string, headers: Readonly<Record<string, string>> = {}): PageAnswer => ({
	status: 303,
	headers: { ...HEADERS, ...headers, location },
	body: "",
});

export const sessionOf = ({ headers }: PageRequest, { sessions, world }: Context): Session | undefined => {
	const cookie = cookieOf(headers);
	return cookie === undefined ? undefined : sessions.of(cookie, iso(world.clock.now()));
};

export const door: Page = {
	type: "page",
	path: "/ui/login",
	about: "Shows a button for a login link, which is not used up by looking.",
	async run({ query }, hub) {
		const secret = String(query.token ?? "");
		if (secret === "") return html(200, "You are not logged in", HOW);
		if (!(await isGood(hub, secret))) return NO_LINK;
		const form = `<form method="post" action="login"><input type="hidden" name="token" value="${escaped(secret)}"><button>Log in</button></form>`;
		return html(200, "Log in to Flagship", `<p>The link works once.</p>${form}`);
	},
};

export const login: Page = {
	type: "page",
	method: "POST",
	path: "/ui/login",
	about: "Uses a login link up and begins a session: a cookie that scripts cannot read.",
	async run(request, hub) {
		// A page of somebody else's could let a person in with its own link, and watch what they then do here.
		if (isForeign(request.headers, hub.publicUrl())) throw fault("other_origin");
		const secret = String(request.form.token ?? "");
		if (secret === "") return html(400, "There is no link", HOW);
		hub.turnstile.count("logins", addressOf(request) ?? "");
		const visitor = { ip: addressOf(request), userAgent: request.headers["user-agent"] ?? null };
		const begun = await logIn(hub, secret, visitor);
		if (begun === undefined) return NO_LINK;
		const tls = overTls(request, hub.publicUrl());
		return goTo("./", { "set-cookie": setCookie(begun.cookie, { lasts: begun.lasts, tls }) });
	},
};

export const logout: Page = {
	type: "page",
	method: "POST",
	path: "/ui/logout",
	about: "Ends the session of this browser.",
	async run(request, hub) {
		if (isForeign(request.headers, hub.publicUrl())) throw fault("other_origin");
		const session = sessionOf(request, hub);
		if (session !== undefined) await logOut(hub, session);
		const tls = overTls(request, hub.publicUrl());
		return goTo("login", { "set-cookie": setCookie("", { lasts: 0, tls }) });
	},
};

export const entry: Page = {
	type: "page",
	path: "/ui",
	about: "Leads to the page of who is logged in.",
	run: async () => goTo("ui/"),
};
