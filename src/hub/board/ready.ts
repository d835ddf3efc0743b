/** What can be begun now. */
import * as contract from "../../contract/queue.ts";
import { read } from "../handle.ts";
import { type TaskRow, tasksOf } from "./task.ts";

const SHOWN = 50;

/**
 * The index holds the open tasks of each assignee, and of nobody, in this very order: the first page of 10,000 is found
 * without sorting them, and those that are meant for others are not looked at.
 */
const open = (whose: string): string => `select * from (select * from tasks indexed by tasks_ready_for
	where status = 'open' and coalesce(assignee, '') = ${whose} and (claimed_until is null or claimed_until <= ?1)
	and not exists (
		select 1 from task_dependencies join tasks as other on other.n = dependency
		where task = tasks.n and other.status <> 'done')
	order by priority desc, score desc, n limit ?3)`;
export const READY = `${open("''")} union all ${open("?2")} order by priority desc, score desc, n limit ?3`;

export const ready = read(contract.ready, ({ input, caller, now, hub }) => {
	const { reader } = hub.database;
	const limit = input.limit ?? SHOWN;
	const rows = reader.all<TaskRow>(READY, now, input.for ?? caller.name, limit + 1);
	const tasks = tasksOf(reader, rows.slice(0, limit), now);
	return { tasks, count: tasks.length, more: rows.length > limit };
});
