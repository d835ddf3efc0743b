/** Search by words (SQLite's FTS5): what a person or a model types, as a query that is never syntax. */
import { fault } from "../errors.ts";

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
