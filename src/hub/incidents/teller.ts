/** Where something was seen, and when: as whoever tells it says, within what its token may say. */
import { fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Stamp } from "../handle.ts";
import { moment } from "../window.ts";

/** The host that a token is of. */
export const ownHost = ({ role, name, host }: Caller): string | undefined =>
	host ?? (role === "host" ? name : undefined);

/** A host tells of itself alone. */
export function hostOf(named: string | undefined, caller: Caller): string {
	const own = ownHost(caller);
	if (caller.role === "host" && named !== undefined && named !== own)
		throw fault("forbidden", caller.role, "tell what another host has seen");
	const chosen = named ?? own;
	if (chosen === undefined) throw fault("invalid_input", "host is required: this token is of no host");
	return chosen;
}

export function momentOf(at: string | undefined, stamp: Stamp): string {
	if (at === undefined) return stamp.timestamp;
	const found = moment(at);
	if (found === undefined) throw fault("invalid_input", `invalid at: ${at}`);
	return found;
}
