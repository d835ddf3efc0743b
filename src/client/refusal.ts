/** A refusal read back from the wire into a `Fault`; one of an old server, without `code`, still gives its sentence. */
import { PROTOCOL } from "../contract/link.ts";
import { type ErrorCode, errors, Fault, fault } from "../errors.ts";
import { isRecord } from "./request.ts";

/** What a status means when nobody says more. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
	400: "invalid_input",
	401: "unauthorized",
	403: "forbidden",
	404: "not_found",
	409: "conflict",
	413: "too_large",
	429: "hub_away",
	502: "hub_away",
	503: "hub_away",
	504: "hub_away",
};

const isCode = (value: unknown): value is ErrorCode => typeof value === "string" && Object.hasOwn(errors, value);

/** `said` is what stood in the body: a JSON object, or text. `asked` names the request for a body that says nothing. */
export function faultOf(status: number, said: unknown, asked: string): Fault {
	const body = isRecord(said) ? said : {};
	const sentence = typeof body.error === "string" && body.error !== "" ? body.error : undefined;
	const code = isCode(body.code) ? body.code : (BY_STATUS[status] ?? (status < 500 ? "invalid_input" : "internal"));
	return new Fault(
		code,
		sentence ??
			`The hub answered ${status} to ${asked}${typeof said === "string" && said !== "" ? `: ${firstLine(said)}` : ""}.`,
		typeof body.remedy === "string" ? body.remedy : undefined,
	);
}

const firstLine = (text: string): string => (text.split("\n", 1)[0] ?? "").slice(0, 200).replace(/\.$/, "");

/** Throws `update_needed` when the other side names another protocol. Who names none is an old one, and is let be. */
export function checkProtocol(who: string, named: string | number | undefined): void {
	if (named !== undefined && String(named) !== String(PROTOCOL)) {
		throw fault("update_needed", who, String(named), String(PROTOCOL));
	}
}
