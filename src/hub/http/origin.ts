/** Which page of a browser sent a request. A cookie goes along with whatever page asks, so it proves nothing of that. */
import type { IncomingHttpHeaders } from "node:http";

/** The page is another site's: what it asks is not asked by the person. */
export function isForeign(headers: IncomingHttpHeaders, publicUrl: string): boolean {
	const site = headers["sec-fetch-site"];
	if (site === "same-origin" || site === "none") return false;
	if (site !== undefined) return true;
	return headers.origin !== undefined && !isOwn(headers.origin, headers.host, publicUrl);
}

/** Shown to be the hub's own page, or typed by the person; browsers say so with everything that changes something. */
export const isShownOwn = (headers: IncomingHttpHeaders, publicUrl: string): boolean =>
	!isForeign(headers, publicUrl) && (headers["sec-fetch-site"] ?? headers.origin) !== undefined;

/** By the address that the browser used; a proxy may have changed `Host`, hence also by the one that people use. */
const isOwn = (origin: string, host: string | undefined, publicUrl: string): boolean =>
	origin === URL.parse(publicUrl)?.origin || (host !== undefined && URL.parse(origin)?.host === host);

const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Asked by a name of this machine: another name that leads here is a page's trick to be taken for one of ours. */
export const namesThisMachine = ({ host }: IncomingHttpHeaders): boolean => host === undefined || LOCAL.test(host);
