/** What can be begun now. */
import * as contract from "../../contract/queue.ts";
import { read } from "../handle.ts";
import { type TaskRow, tasksOf } from "./task.ts";

const SHOWN = 50;

/** The index holds the open tasks in this very order: the first page of 10,000 is found without sorting them. */
const READY = `select * from tasks indexed by tasks_ready
	where status = 'open' and (claimed_until is null or claimed_until <= ?) and (assignee is null or assignee = ?)
	and not exists (
		select 1 from task_dependencies join tasks as other on other.n = dependency
		where task = tasks.n and other.status <> 'done')
	order by priority desc, score desc, n limit ?`;

export const ready = read(contract.ready, ({ input, caller, now, hub }) => {
	const { reader } = hub.database;
	const limit = input.limit ?? SHOWN;
	const rows = reader.all<TaskRow>(READY, now, input.for ?? caller.name, limit + 1);
	const tasks = tasksOf(reader, rows.slice(0, limit), now);
	return { tasks, count: tasks.length, more: rows.length > limit };
});
