/**
 * The words of tasks: title, description, tags, notes, links. What changes is noted by triggers and indexed later, many at
 * once, because indexing costs more than the change itself; a search first indexes what is not in yet, so it misses nothing.
 */
import type { Database } from "../database/database.ts";
import type { Chore } from "../handle.ts";

/** Tasks indexed in one mutation: everyone else's writes wait for it. */
const BATCH = 100;
const EVERY = 5_000;

const DUE = `select task from task_words_due order by task limit ${BATCH}`;
const FORGET = `delete from task_words where rowid in (${DUE})`;
const INDEX = `insert into task_words (rowid, words) select n, concat_ws(' ', id, title, description, tags, kind,
	(select group_concat(content, ' ') from notes where notes.task = tasks.n),
	(select group_concat(label || ' ' || url, ' ') from artifacts where artifacts.task = tasks.n))
	from tasks where n in (${DUE})`;
const DONE = `delete from task_words_due where task in (${DUE})`;
const ANY = "select task from task_words_due limit 1";

export async function indexTasks(database: Database): Promise<void> {
	while (database.reader.get(ANY) !== undefined) {
		await database.write(async ({ gate: { connection } }) => {
			for (const statement of [FORGET, INDEX, DONE]) connection.run(statement);
		});
	}
}

export const indexingTasks: Chore = { type: "chore", every: EVERY, run: ({ database }) => indexTasks(database) };
