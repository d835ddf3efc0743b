/**
 * What a review asks for goes to the author's lieutenant as a message. It is stored with the verdict, in one commit, and
 * asked of the host under one key until the host says that it has it: so it is neither lost nor said twice, whichever of
 * the two is away or killed in between.
 */
import * as lieutenants from "../../contract/lieutenants.ts";
import { findingLine } from "../../contract/rounds.ts";
import { Fault, type Fault as Refusal, reason } from "../../errors.ts";
import type { Author, Caller } from "../author.ts";
import type { Context } from "../context.ts";
import type { Connection } from "../database/connection.ts";
import type { Database } from "../database/database.ts";
import type { Tx } from "../database/tx.ts";
import type { Chore, WriteCall } from "../handle.ts";
import { freed } from "./claims.ts";
import { change, record } from "./history.ts";
import type { Decision, RoundRow } from "./rounds.ts";
import type { VerdictMessageTable } from "./schema.ts";
import { rowOf, type TaskRow } from "./task.ts";

/** Milliseconds between two looks at what is due, and after a refusal that may pass (its lieutenant is paused). */
const EVERY = 1_000;
const AGAIN = 5_000;

export type RoundAuthor =
	| { readonly type: "lieutenant"; readonly id: string; readonly name: string; readonly host: string }
	/** There was one, and is no more. */
	| { readonly type: "gone" }
	/** A person, an orchestrator, or several lieutenants of one name: nobody that a message could be for. */
	| { readonly type: "other" };

/** Who handed this round in. */
export function authorOf(db: Connection, { submitted_by }: Pick<RoundRow, "submitted_by">): RoundAuthor {
	const known = db.all<{ id: string; name: string; host: string; state: string }>(
		"select id, name, host, state from lieutenants where name = ?",
		submitted_by,
	);
	const [living, another] = known.filter(({ state }) => state !== "gone");
	if (living !== undefined && another === undefined) return { type: "lieutenant", ...living };
	return { type: known.length > 0 && living === undefined ? "gone" : "other" };
}

interface Telling {
	readonly round: RoundRow;
	readonly to: RoundAuthor & { readonly type: "lieutenant" };
	readonly decision: Decision;
	/** The author holds the task again. */
	readonly holds: boolean;
}

const KEEP = `insert into verdict_messages (id, round, lieutenant, name, sender, text, state) values (?, ?, ?, ?, ?, ?, 'due')`;

/** Stores the message, in the transaction of the verdict. */
export function tellAuthor(
	{ tx, author, hub }: Pick<WriteCall<unknown>, "tx" | "author" | "hub">,
	row: TaskRow,
	{ round, to, decision, holds }: Telling,
): void {
	const text = textOf(row, round, author, decision, holds);
	tx.gate.connection.run(KEEP, hub.ids.next(), round.n, to.id, to.name, author.name, text);
	tx.after(() => deliverSoon(hub));
}

function textOf(
	row: TaskRow,
	round: RoundRow,
	by: Author,
	{ findings = [], comment }: Decision,
	holds: boolean,
): string {
	const next = holds ? "You hold it again." : "It is open: take it again with board_claim.";
	return [
		`Task ${row.id} (${row.title}) needs changes, says ${by.name} of round ${round.round}.`,
		...(comment?.trim() ? [comment.trim()] : []),
		...findings.map((finding, n) => `${n + 1}. ${findingLine(finding)}`),
		`${next} Mend what is named, then hand it in again with board_submit_for_review.`,
	].join("\n");
}

function deliverSoon(hub: Context): void {
	deliverDue(hub).catch((thrown: unknown) => hub.complain(`verdicts were not sent: ${reason(thrown)}`));
}

export const delivering: Chore = { type: "chore", every: EVERY, run: (hub) => deliverDue(hub) };

interface DueRow extends VerdictMessageTable {
	readonly task: string;
	/** Of its round, and of the task's last. */
	readonly number: number;
	readonly last: number;
	readonly status: TaskRow["status"];
	readonly claimed_by: string | null;
	readonly host: string | null;
	readonly lieutenant_state: string | null;
}

const DUE = `select verdict_messages.*, tasks.id as task, rounds.round as number, tasks.round as last, tasks.status,
		tasks.claimed_by, lieutenants.host, lieutenants.state as lieutenant_state
	from verdict_messages join rounds on rounds.n = verdict_messages.round join tasks on tasks.n = rounds.task
	left join lieutenants on lieutenants.id = lieutenant
	where verdict_messages.state = 'due' order by verdict_messages.id`;

/** Messages on their way, and when one that was refused is tried again, by the world's `elapsed`. */
interface Course {
	readonly asked: Set<string>;
	readonly notBefore: Map<string, number>;
}

const courses = new WeakMap<Database, Course>();

function courseOf({ database }: Context): Course {
	const course = courses.get(database) ?? { asked: new Set<string>(), notBefore: new Map<string, number>() };
	courses.set(database, course);
	return course;
}

export async function deliverDue(hub: Context): Promise<void> {
	const { asked, notBefore } = courseOf(hub);
	const now = hub.world.clock.elapsed();
	const due = hub.database.reader.all<DueRow>(DUE);
	const free = due.filter(({ id }) => !asked.has(id) && (notBefore.get(id) ?? 0) <= now);
	await Promise.all(
		free.map(async (row) => {
			asked.add(row.id);
			try {
				await deliver(hub, row);
			} finally {
				asked.delete(row.id);
			}
		}),
	);
}

/** Why nobody needs it any more; undefined while it is wanted. */
function moot({ status, claimed_by, name, number, last, task }: DueRow): string | undefined {
	if (status === "done") return `task ${task} is done`;
	if (number !== last) return `task ${task} was handed in again`;
	if (claimed_by !== null && claimed_by !== name) return `task ${task} is ${claimed_by}'s now`;
	return undefined;
}

async function deliver(hub: Context, row: DueRow): Promise<void> {
	const why = moot(row);
	if (why !== undefined) return settle(hub, row, { state: "dropped", because: why });
	if (row.lieutenant_state === "gone" || row.host === null) return giveUp(hub, row);
	if (!hub.links.linked(row.host)) return;
	const input = { name: row.lieutenant, message: row.text, task: row.task };
	const sender: Caller = { id: "hub", role: "lieutenant", name: row.sender };
	try {
		const answer = await hub.links.forward(lieutenants.send, input, sender, row.id);
		const { message } = answer as { readonly message: lieutenants.Message };
		await settle(hub, row, { state: "kept", message: message.id });
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		await refused(hub, row, thrown);
	}
}

/** The link broke, or the hub closes: whether the host has it is asked again, under the same key. */
const UNKNOWN: ReadonlySet<string> = new Set(["host_away", "outcome_unknown", "hub_away"]);

async function refused(hub: Context, row: DueRow, refusal: Refusal): Promise<void> {
	if (UNKNOWN.has(refusal.code)) return;
	if (refusal.code === "lieutenant_unknown") return giveUp(hub, row);
	courseOf(hub).notBefore.set(row.id, hub.world.clock.elapsed() + AGAIN);
	if (row.because === refusal.message) return;
	await hub.database.write(async ({ gate }) => {
		gate.connection.run("update verdict_messages set because = ? where id = ?", refusal.message, row.id);
	});
}

interface End {
	readonly state: "kept" | "dropped";
	readonly message?: string;
	readonly because?: string;
}

const SETTLE = "update verdict_messages set state = ?, message = ?, because = ? where id = ?";

const settle = (hub: Context, row: DueRow, end: End): Promise<void> => hub.database.write((tx) => endIn(tx, row, end));

function endIn(tx: Tx, row: DueRow, { state, message, because }: End): Promise<void> {
	tx.gate.connection.run(SETTLE, state, message ?? null, because ?? null, row.id);
	return record(tx, row.task, {
		type: state === "kept" ? "task_verdict_delivered" : "task_verdict_dropped",
		by: byHub(row),
		summary: state === "kept" ? `${row.name} has the findings of round ${row.number}` : `not told: ${because}`,
		detail: { round: row.number, lieutenant: row.lieutenant, ...(message === undefined ? {} : { message }) },
	});
}

const byHub = ({ sender }: DueRow): Author => ({ name: sender, role: "admin", via: "hub" });

/** Its lieutenant is no more: the task is for anyone, now and not when the claim of nobody ends. */
const giveUp = (hub: Context, row: DueRow): Promise<void> =>
	hub.database.write(async (tx) => {
		await endIn(tx, row, { state: "dropped", because: `${row.name} is gone` });
		const task = rowOf(tx.gate.connection, row.task);
		if (task.status === "in_review" || task.status === "done" || (task.claimed_by ?? row.name) !== row.name) return;
		const call = { tx, author: byHub(row), stamp: { at: hub.world.clock.now() } };
		await change(call, task, { type: "task_released", set: freed(task) });
	});
