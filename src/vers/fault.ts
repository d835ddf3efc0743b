/**
 * What the Vers platform refuses, as a class that code can act on. Its own words are a stranger's: they are kept for the
 * incident and for people, and never become part of a message that a model reads.
 */
import type { FaultClass } from "../contract/incidents.ts";
import { type ErrorCode, errors, Fault } from "../errors.ts";

export interface Refusal {
	/** Absent: no answer came. */
	readonly status?: number;
	/** `content-type`, in lower case; the gateway gives none. */
	readonly kind?: string;
	readonly body: string;
}

const CODES = {
	capacity: "vers_capacity",
	gone: "vers_gone",
	forbidden: "vers_forbidden",
	auth: "vers_key",
	transient: "vers_unavailable",
	bad_request: "vers_refused",
} as const satisfies Record<FaultClass, ErrorCode>;

/** A refusal of the platform. `raw` is not in `toJSON`, hence in nothing that is sent on. */
export class VersFault extends Fault {
	readonly type: FaultClass;
	/** The platform's own words, at most 8,192 characters. */
	readonly raw: string;
	/** What was asked may have been done all the same. */
	readonly maybeDone: boolean;
	/** ms after which it wants to be asked again. */
	readonly retryAfter: number | undefined;

	constructor(type: FaultClass, what: string, raw: string, more: { maybeDone?: boolean; retryAfter?: number } = {}) {
		const code = CODES[type];
		super(code, errors[code].message(what));
		this.type = type;
		this.raw = raw.slice(0, 8_192);
		this.maybeDone = more.maybeDone ?? false;
		this.retryAfter = more.retryAfter;
	}
}

/** How operators saw that no further machine fits, and how one would say so. */
const FULL =
	/netlink|address in use|AddrInUse|os error 98|no (?:free|available|more)\b|capacity|quota|exhausted|limit/i;

/** From status, kind of body and body. A body is JSON only where it says so, and may be empty all the same. */
export function classOf({ status, kind = "", body }: Refusal): FaultClass {
	if (status === undefined) return "transient";
	if (status === 401) return "auth";
	// The gateway's own refusal has no content type; the API's is JSON and about this one machine.
	if (status === 403) return kind.includes("json") ? "forbidden" : "auth";
	if (status === 404) return "gone";
	if (status === 402) return "capacity";
	if (status === 408 || status === 429 || status === 502 || status === 503 || status === 504) return "transient";
	if (status < 500) return "bad_request";
	return FULL.test(body) ? "capacity" : "transient";
}
