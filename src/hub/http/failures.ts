/** Every failure as the answer it becomes. */
import { Fault, fault, reason } from "../../errors.ts";
import { STATUS_CODES } from "../../world/http.ts";
import { damageOf } from "../database/damage.ts";
import { TooMany } from "./limits.ts";

const BODY_MAX_TEXT = "1 MiB";

/** The fault that a caller is told. What nobody foresaw is `internal`, and said in full to the hub's own log. */
export function faultOf(thrown: unknown, complain: (what: string) => void): Fault {
	if (thrown instanceof Fault) return thrown;
	const status = statusOf(thrown);
	if (status === 413) return fault("too_large", BODY_MAX_TEXT);
	if (status >= 400 && status < 500) return fault("invalid_input", reason(thrown));
	const damage = damageOf(thrown);
	complain(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
	return damage ?? fault("internal");
}

const statusOf = (thrown: unknown): number =>
	typeof thrown === "object" && thrown !== null && "statusCode" in thrown && typeof thrown.statusCode === "number"
		? thrown.statusCode
		: 500;

/** What the server refused before there was a request: a head that is too long, no HTTP, or one that never came whole. */
export function unreadable(error: { readonly code?: string }): Fault {
	if (error.code === "HPE_HEADER_OVERFLOW") return fault("invalid_input", "address and headers are longer than 16 KiB");
	return fault("invalid_input", `the request cannot be read (${error.code ?? "no HTTP"})`);
}

/** A whole HTTP answer as text, for a socket that was to become something else than HTTP. */
export function rawAnswer(refusal: Fault): string {
	const body = JSON.stringify(refusal);
	return [
		`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
		"content-type: application/json; charset=utf-8",
		`content-length: ${Buffer.byteLength(body)}`,
		"connection: close",
		...(refusal instanceof TooMany ? [`retry-after: ${refusal.retryAfter}`] : []),
		"",
		body,
	].join("\r\n");
}
