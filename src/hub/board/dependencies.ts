/**
 * What waits for what. `tasks.dependencies` is the list as it was given; `task_dependencies` holds it as edges between
 * tasks that are there. What is not on the board, as old data may name it, holds up nobody.
 */
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Connection } from "../database/connection.ts";
import type { Tx } from "../database/tx.ts";
import { record } from "./history.ts";
import type { TaskRow } from "./task.ts";

/** Titles in a refusal: enough to see what is meant. */
const NAMED = 5;

const FIND = "select value as id, tasks.n from json_each(?) left join tasks on tasks.id = value";
/** All edges that can be walked from the tasks with these ids. */
const REACH = `with recursive reach (n) as (
		select tasks.n from json_each(?) join tasks on tasks.id = value
		union select dependency from task_dependencies join reach on task = reach.n
	) select task, dependency from task_dependencies join reach on task = reach.n`;
const OPEN = `select other.id, other.title, other.status from task_dependencies join tasks as other on other.n = dependency
	where task = ? and other.status <> 'done' order by other.n`;

/**
 * Makes these the dependencies of a task that is stored already; answers them as they are stored. Throws `invalid_input`
 * for one that is not on the board, `dependency_cycle` with the path.
 */
export function depend(db: Connection, row: Pick<TaskRow, "n" | "id" | "dependencies">, wanted: readonly string[]) {
	const ids = [...new Set(wanted.map((id) => id.trim()))];
	const asked = JSON.stringify(ids);
	const found = db.all<{ id: string; n: number | null }>(FIND, asked);
	const before: readonly string[] = JSON.parse(row.dependencies);
	const unknown = found.find(({ id, n }) => n === null && !before.includes(id));
	if (unknown !== undefined) throw fault("invalid_input", `unknown dependency: ${unknown.id}`);
	const targets = found.flatMap(({ n }) => (n === null ? [] : [n]));
	const edges = db.all<{ task: number; dependency: number }>(REACH, asked);
	const cycle = pathTo(row.n, targets, edges);
	if (cycle !== undefined)
		throw fault(
			"dependency_cycle",
			[row.n, ...cycle].map((n) => idOf(db, n)),
		);
	db.run("delete from task_dependencies where task = ?", row.n);
	for (const n of targets) db.run("insert into task_dependencies (task, dependency) values (?, ?)", row.n, n);
	return asked;
}

const idOf = (db: Connection, n: number): string =>
	db.get<{ id: string }>("select id from tasks where n = ?", n)?.id ?? String(n);

/** The shortest way from one of `from` to `goal` along the edges, both ends included; undefined when there is none. */
export function pathTo(
	goal: number,
	from: readonly number[],
	edges: readonly { readonly task: number; readonly dependency: number }[],
): readonly number[] | undefined {
	const onward = Map.groupBy(edges, ({ task }) => task);
	const cameFrom = new Map<number, number | undefined>(from.map((n) => [n, undefined]));
	// A map can grow while it is walked: its keys are the queue.
	for (const n of cameFrom.keys()) {
		if (n === goal) return wayTo(n, cameFrom);
		for (const { dependency } of onward.get(n) ?? []) if (!cameFrom.has(dependency)) cameFrom.set(dependency, n);
	}
	return undefined;
}

function wayTo(goal: number, cameFrom: ReadonlyMap<number, number | undefined>): readonly number[] {
	const way: number[] = [];
	for (let n: number | undefined = goal; n !== undefined; n = cameFrom.get(n)) way.unshift(n);
	return way;
}

interface Open {
	readonly id: string;
	readonly title: string;
	readonly status: string;
}

/** What it depends on and is not done. */
export const openDependencies = (db: Connection, task: number): readonly Open[] => db.all<Open>(OPEN, task);

/** Why it cannot be done yet; empty when nothing is in its way. */
export function waitText(db: Connection, task: number): readonly string[] {
	const open = openDependencies(db, task);
	if (open.length === 0) return [];
	const named = open.slice(0, NAMED).map(({ id, title, status }) => `${id} (${title}), which is ${status}`);
	const others = open.length > NAMED ? `, and ${open.length - NAMED} more` : "";
	return [`it depends on ${named.join(", ")}${others}`];
}

/** A task goes: those that waited for it wait no more, and their history says why. */
export async function letGo(tx: Tx, row: TaskRow, by: Author): Promise<readonly string[]> {
	const { connection } = tx.gate;
	const waiting = connection.all<TaskRow>(
		"select tasks.* from task_dependencies join tasks on tasks.n = task where dependency = ?",
		row.n,
	);
	for (const { n, id, title, dependencies } of waiting) {
		const before: readonly string[] = JSON.parse(dependencies);
		const left = before.filter((other) => other !== row.id);
		connection.run("update tasks set dependencies = ? where n = ?", JSON.stringify(left), n);
		const event = { type: "task_dependency_deleted", by, summary: title, detail: { dependency: row.id } };
		await record(tx, id, event, { dependencies: { from: before, to: left } });
	}
	return waiting.map(({ id }) => id);
}
