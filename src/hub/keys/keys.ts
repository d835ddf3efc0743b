/** Idempotency keys (`protocol.md` §4 rule 2): a repeated mutation gets the answer of the first. */
import { hash } from "node:crypto";
import { fault } from "../../errors.ts";
import type { Connection } from "../database/connection.ts";
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

/** The answer that is kept under the key. Throws `key_reused` when it was for something else. */
function answerOf<T>(
	connection: Pick<Connection, "get">,
	{ token, operation, key, body }: Key,
): { answer: T } | undefined {
	const known = connection.get<{ body: string; answer: string }>(FIND, token, operation, key);
	if (known === undefined) return undefined;
	if (known.body !== body) throw fault("key_reused");
	return { answer: JSON.parse(known.answer) };
}

/**
 * Runs once per key, for what takes longer than the writer may be held. Two that meet while it runs have one answer only
 * if `run` gives them one.
 */
export async function onceOutside<T>(
	database: Database,
	key: Key | undefined,
	now: () => number,
	run: () => Promise<T>,
): Promise<T> {
	if (key === undefined) return run();
	const known = answerOf<T>(database.reader, key);
	if (known !== undefined) return known.answer;
	const answer = await run();
	return await database.write((tx) => once(tx, key, now(), async () => answer));
}

/**
 * Runs once per key. Looked up and stored in the mutation's own savepoint: two repeats in one commit are seen, and a
 * refusal leaves nothing behind, so that its repeat is judged anew.
 */
export async function once<T>(tx: Tx, key: Key | undefined, now: number, run: () => Promise<T>): Promise<T> {
	if (key === undefined) return run();
	const known = answerOf<T>(tx.gate.connection, key);
	if (known !== undefined) return known.answer;
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
