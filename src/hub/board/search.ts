/**
 * The words of tasks: title, description, tags, notes, links. What changes is noted by triggers and indexed later, many at
 * once, because indexing costs more than the change itself; a search first indexes what is not in yet, so it misses nothing.
 */
import * as contract from "../../contract/queue.ts";
import type { Database } from "../database/database.ts";
import { type Chore, read } from "../handle.ts";
import { cursorOf, cut, limitOf } from "../page.ts";
import { bringIn, matchOf } from "../words.ts";
import { type TaskRow, tasksOf } from "./task.ts";

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

const FIND = `select tasks.* from task_words join tasks on tasks.n = task_words.rowid
	where task_words match ? and task_words.rowid < ? and status = coalesce(?, status)
	order by task_words.rowid desc limit ?`;

export const search = read(contract.search, async ({ input, now, hub }) => {
	const { reader } = hub.database;
	const match = matchOf(input.words);
	const before = cursorOf(input.cursor) ?? Number.MAX_SAFE_INTEGER;
	const limit = limitOf(input.limit);
	await bringIn(hub, indexTasks);
	const found = reader.all<TaskRow>(FIND, match, before, input.status ?? null, limit + 1);
	const { rows, next } = cut(found, limit, ({ n }) => n);
	return { tasks: tasksOf(reader, rows, now), count: rows.length, ...next };
});
