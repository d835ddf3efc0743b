/** Idempotency keys (`protocol.md` §4 rule 2): a repeated mutation gets the answer of the first. */
import { hash } from "node:crypto";
import { fault } from "../../errors.ts";
import type { Database } from "../database/database.ts";
import type { Tx } from "../database/tx.ts";

export interface Key {
	readonly token: string;
	readonly operation: string;
	readonly key: string;
	/** Digest of what was asked. */
	readonly body: string;
}

const KEPT = 7 * 24 * 3_600_000;
const KEY_MAX = 200;

const FIND = "select body, answer from keys where token = ? and operation = ? and key = ?";
const KEEP = "insert into keys (token, operation, key, body, answer, at) values (?, ?, ?, ?, ?, ?)";

/** The key of a request, or undefined for an old client, which sends none. */
export function keyOf(token: string, operation: string, header: unknown, input: unknown): Key | undefined {
	if (header === undefined) return undefined;
	if (typeof header !== "string" || header === "" || header.length > KEY_MAX)
		throw fault("invalid_input", `Idempotency-Key must have 1 to ${KEY_MAX} characters`);
	return { token, operation, key: header, body: hash("sha256", JSON.stringify(input), "base64") };
}

/**
 * Runs once per key. Looked up and stored in the mutation's own savepoint: two repeats in one commit are seen, and a
 * refusal leaves nothing behind, so that its repeat is judged anew.
 */
export async function once<T>(tx: Tx, key: Key | undefined, now: number, run: () => Promise<T>): Promise<T> {
	if (key === undefined) return run();
	const known = tx.gate.connection.get<{ body: string; answer: string }>(FIND, key.token, key.operation, key.key);
	if (known !== undefined) {
		if (known.body !== key.body) throw fault("key_reused");
		return JSON.parse(known.answer);
	}
	const answer = await run();
	tx.gate.connection.run(KEEP, key.token, key.operation, key.key, key.body, JSON.stringify(answer), now);
	return answer;
}

export const forgetOldKeys = (database: Database, now: number): Promise<unknown> =>
	database.write((tx) =>
		tx
			.deleteFrom("keys")
			.where("at", "<", now - KEPT)
			.execute(),
	);
