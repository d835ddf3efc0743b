/**
 * Tokens that this host made, for itself and for those below it. They are kept in the clear because each start of an
 * agent needs its own again; the file is this user's alone. The hub knows only their hashes.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Role } from "../../contract/operation.ts";
import type { World } from "../../world.ts";
import type { Row, Store } from "./store.ts";

export interface HeldToken {
	/** Who it was made for: `host`, `orchestrator:<name>`, `lieutenant:<id>`. */
	readonly subject: string;
	readonly role: Role;
	/** Whose name its records bear. */
	readonly name: string;
	readonly token: string;
}

/** Column `ended`: 0 while in use. */
const ENDED = 1;
const REVOKED = 2;

export const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

export class Tokens {
	readonly #world: World;
	readonly #store: Store;

	constructor(world: World, store: Store) {
		this.#world = world;
		this.#store = store;
	}

	/** The subject's token, made when it has none. `fresh` says that the hub has not heard of it. */
	of(subject: string, role: Role, name: string): HeldToken & { readonly fresh: boolean } {
		const known = this.#store.row("select * from tokens where subject = ?", subject);
		if (known !== undefined) return { ...held(known), fresh: false };
		const token = Buffer.from(this.#world.random.bytes(32)).toString("base64url");
		this.#store.run("insert into tokens (subject, role, name, token) values (?, ?, ?, ?)", subject, role, name, token);
		return { subject, role, name, token, fresh: true };
	}

	/** A new one for a subject whose last has ended: it has come back. */
	renewed(subject: string): void {
		this.#store.run("delete from tokens where subject = ? and ended != 0", subject);
	}

	/** Compared in constant time: a wrong guess learns nothing from how long it takes. */
	proves(subject: string, token: string): boolean {
		const known = this.#store.row("select token from tokens where subject = ? and ended = 0", subject);
		if (known === undefined) return false;
		return timingSafeEqual(Buffer.from(hashOf(String(known.token))), Buffer.from(hashOf(token)));
	}

	/** All, also of those that are gone, whose last records may still wait; the host's own first, the others stand below it. */
	list(): readonly HeldToken[] {
		const query = "select * from tokens where ended != ? order by subject != 'host', subject";
		return this.#store.rows(query, REVOKED).map(held);
	}

	/** Of those that are gone, and good for the hub still. */
	ended(): readonly HeldToken[] {
		return this.#store.rows("select * from tokens where ended = ? order by subject", ENDED).map(held);
	}

	/** Made, and not ended yet. */
	inUse(subject: string): boolean {
		return this.#store.row("select 1 from tokens where subject = ? and ended = 0", subject) !== undefined;
	}

	end(subject: string): void {
		this.#store.run("update tokens set ended = ? where subject = ? and ended = 0", ENDED, subject);
	}

	/** The hub takes it no more. */
	revoked(subject: string): void {
		this.#store.run("update tokens set ended = ? where subject = ?", REVOKED, subject);
	}
}

const held = (row: Row): HeldToken => ({
	subject: String(row.subject),
	role: String(row.role) as Role,
	name: String(row.name),
	token: String(row.token),
});
