/** Search by words (SQLite's FTS5): what a person or a model types, as a query that is never syntax. */
import { Fault, fault } from "../errors.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database/database.ts";

/** More words than anyone means. */
const WORDS_MAX = 20;
/** From so many characters on, the beginning of a word is enough; shorter ones would match half of all words. */
const PREFIX_MIN = 3;

/**
 * All of the words, each as a phrase: `src/a.ts` is found as it stands. Throws `invalid_input` when there is nothing in
 * them that can be looked for.
 */
export function matchOf(words: string): string {
	const wanted = words
		.split(/[\s\p{Cc}]+/u)
		.filter((word) => /[\p{L}\p{N}]/u.test(word))
		.slice(0, WORDS_MAX);
	if (wanted.length === 0) throw fault("invalid_input", "words must hold a letter or a digit");
	return wanted.map(phrase).join(" AND ");
}

const phrase = (word: string): string => `"${word.replaceAll('"', '""')}"${[...word].length < PREFIX_MIN ? "" : "*"}`;

/**
 * What is not in the index of words yet comes in before a search. A hub that cannot write searches what is in, because a
 * full disk must not end reading; what was written in the last seconds before may be missing, and its log says so.
 */
export async function bringIn(
	{ database, complain }: Pick<Context, "database" | "complain">,
	index: (database: Database) => Promise<void>,
): Promise<void> {
	try {
		await index(database);
	} catch (thrown) {
		if (!(thrown instanceof Fault) || thrown.code !== "storage_failed") throw thrown;
		complain(`a search may miss what was written last: ${thrown.message}`);
	}
}
