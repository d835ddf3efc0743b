/** Who acts, and in whose name (`protocol.md` §3 rules 1 and 3). */
import type { Role } from "../contract/operation.ts";

/** A token's holder. */
export interface Caller {
	/** The token's id: the scope of idempotency keys. */
	readonly id: string;
	readonly role: Role;
	readonly name: string;
	/** The host that this token is bound to. */
	readonly host?: string;
}

/** Whom a record names. */
export interface Author {
	readonly name: string;
	readonly role: Role;
	/** The token's own name, where it acts for another. */
	readonly via?: string;
	/** An old client's admin token that named nobody. */
	readonly unnamed?: true;
}
