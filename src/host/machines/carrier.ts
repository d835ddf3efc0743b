/**
 * How another machine is reached: over ssh, or, in a test, by a socket that is simply there. A carrier makes sure that a
 * host of ours runs on that machine and brings its socket here; what is said over it, `peer.ts` knows.
 */

import type { Launch } from "../../contract/link.ts";
import { fault } from "../../errors.ts";
import type { Equipped } from "./bootstrap.ts";
import type { Ssh } from "./ssh.ts";
import type { VmWayParts } from "./vm-way.ts";

/** What a carrier may ask its host. */
export interface Around {
	/** Of the newest session. */
	launch(): Launch | undefined;
	/** What opens models on other machines. */
	keys(): Readonly<Record<string, string>>;
	/** Throws `vers_no_key`. */
	platform(): ReturnType<VmWayParts["platform"]>;
}

/** The way to a place. Throws `invalid_input` for a text that names none. */
export type Carry = (place: string, around: Around) => Carrier;

export const noWay: Carry = (place) => {
	throw fault("invalid_input", `place: there is no way from here to ${place}`);
};

/** A machine within reach. */
export interface Carried {
	/** Address of the other host's socket, as it is reached from here: `unix:/path`. */
	readonly address: string;
	/** How pi is started there: absolute paths of that machine. */
	readonly pi: readonly string[];
	/** Where a lieutenant works there when nobody says: an absolute path of that machine. */
	readonly folder: string;
	/** A snapshot takes its disk along, so no file there may hold a key. */
	readonly volatile: boolean;
	/** What any program there expects of its environment: `PATH`, `HOME`, … */
	readonly env: Readonly<Record<string, string>>;
	/** Arranges that a hub which is reached here is reached from there; its address there. */
	bring(hub: string): Promise<string>;
	/** Ends host and loop there, and all that has their home: until the way is made anew nothing of them runs. */
	halt(): Promise<void>;
	/** A file from here to there, and the other way; both paths are absolute, the one there of that machine. */
	put(file: string, there: string): Promise<void>;
	fetch(there: string, file: string): Promise<void>;
	/** Resolves with the reason once the way is gone; then `open` is asked again. */
	readonly closed: Promise<string>;
	/** Gives up the way. The host there, and its agents, go on. */
	close(): Promise<void>;
}

export interface Carrier {
	/**
	 * Resolves when the other host's socket answers here. `step` tells a person what is done meanwhile. Rejects with a
	 * fault from the table; aborted, it leaves nothing half made that is not named.
	 */
	open(step: (what: string) => void, signal: AbortSignal): Promise<Carried>;
	/** A connection of its own to the machine, where no host of ours needs to be. Absent: there is only `open`. */
	reach?(signal: AbortSignal): Promise<Ssh>;
	/** What a lieutenant needs there is sent over such a connection, and nothing is started. */
	furnish?(ssh: Ssh, step: (what: string) => void, signal: AbortSignal): Promise<Equipped>;
}
