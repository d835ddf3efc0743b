/**
 * `ssh:user@machine:port`, `vers:<VM>`: which machine is meant. What could be an option or a second word of a command is
 * refused.
 */
import { fault } from "../../errors.ts";

export interface SshAddress {
	readonly type: "ssh";
	/** `user@machine`, or a name of the person's ssh configuration. */
	readonly destination: string;
	readonly port?: number;
}

export interface VmAddress {
	readonly type: "vers";
	/** The platform's id. */
	readonly vm: string;
}

const VM = /^vers:([0-9A-Za-z-]{1,64})$/;
const SSH = /^ssh:((?:[\w.-]{1,64}@)?[A-Za-z0-9][\w.-]{0,252})(?::(\d{1,5}))?$/;

/** Throws `invalid_input`, naming the field. */
export function addressOf(place: string): SshAddress | VmAddress {
	const vm = VM.exec(place)?.[1];
	if (vm !== undefined) return { type: "vers", vm };
	const [, destination = "", port] = SSH.exec(place) ?? [];
	if (destination === "" || destination.startsWith("-") || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1)
		throw fault(
			"invalid_input",
			`place: '${place.slice(0, 80)}' is none; it is local, auto, vers, vers:<VM> or ssh:user@machine[:port]`,
		);
	return { type: "ssh", destination, ...(port === undefined ? {} : { port: Number(port) }) };
}
