/** The one cookie there is: a browser's session. */
import type { IncomingHttpHeaders } from "node:http";

const NAME = "flagship_session";
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Lax";
const COOKIE = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]{1,100})(?:;|$)`);

export const cookieOf = ({ cookie = "" }: IncomingHttpHeaders): string | undefined => COOKIE.exec(cookie)?.[1];

/** `lasts`: seconds; 0 takes the cookie away. */
export const setCookie = (value: string, { lasts, tls }: { readonly lasts: number; readonly tls: boolean }): string =>
	`${NAME}=${value}; ${ATTRIBUTES}; Max-Age=${lasts}${tls ? "; Secure" : ""}`;
