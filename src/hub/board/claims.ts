/**
 * Who holds a task. A claim is one compare-and-set inside the writer, so exactly one of many wins; it lasts as long as
 * its holder shows signs of life, by the hub's clock.
 */
import type { Kysely } from "kysely";
import * as contract from "../../contract/claims.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { type Stamp, write } from "../handle.ts";
import { iso } from "../window.ts";
import { noteMaker } from "./evidence.ts";
import { change } from "./history.ts";
import { isHeld, rowOf, type TaskRow, taskOf } from "./task.ts";
import { tellOverlaps } from "./territory.ts";

/** What a row holds when nobody does. */
export const NO_CLAIM = { claimed_by: null, claimed_until: null, claim_ms: null } as const;

const CLAIMABLE: ReadonlySet<string> = new Set(["open", "in_progress", "blocked"]);

export const claim = write(contract.claim, async (call) => {
	const { input, author, tx, stamp } = call;
	const row = rowOf(tx.gate.connection, input.id);
	const { at } = stamp;
	if (isHeld(row, at) && row.claimed_by !== author.name)
		throw fault("task_taken", row.id, row.claimed_by, iso(row.claimed_until));
	// Meant for someone by name, and not merely left over from a claim that ended.
	if (row.claimed_by === null && row.assignee !== null && row.assignee !== author.name)
		throw fault("task_taken", row.id, row.assignee, "");
	if (!CLAIMABLE.has(row.status)) throw fault("conflict", `Task ${row.id} is ${row.status}`);
	const ms = (input.ttl ?? contract.LEASE_SECONDS) * 1_000;
	const task = await change(call, row, {
		type: "task_claimed",
		set: {
			...lease(row, author.name, stamp, ms),
			status: row.status === "open" ? "in_progress" : row.status,
		},
	});
	await noteMaker(tx, row, author.name);
	return tellOverlaps(tx, task, author, at);
});

const lease = (row: TaskRow, name: string, { at, timestamp }: Omit<Stamp, "id">, ms: number) => ({
	assignee: name,
	claimed_by: name,
	claimed_until: at + ms,
	claim_ms: ms,
	...(row.claimed_by === name
		? {}
		: { claimed_at: timestamp, territory_since: row.territory === null ? null : timestamp }),
});

/** What a row holds when its review went back to who had handed it in. */
export const heldBy = (row: TaskRow, name: string, stamp: Stamp) => ({
	...lease(row, name, stamp, contract.LEASE_SECONDS * 1_000),
	status: "in_progress" as const,
});

/** No event: a sign of life moves a deadline and changes no record. */
export const renew = write(contract.renew, async ({ input, author, tx, stamp }) => {
	const row = rowOf(tx.gate.connection, input.id);
	if (row.claimed_by !== author.name) throw fault("claim_lost", row.id, author.name);
	const until = stamp.at + (row.claim_ms ?? 0);
	await tx.updateTable("tasks").set({ claimed_until: until }).where("n", "=", row.n).execute();
	return taskOf(tx.gate.connection, row.id, stamp.at);
});

export const release = write(contract.release, (call) => {
	const { input, author, caller, tx } = call;
	const row = rowOf(tx.gate.connection, input.id);
	const mayForce = caller.role === "admin" || caller.role === "orchestrator";
	if (row.claimed_by === null || (row.claimed_by !== author.name && !mayForce))
		throw fault("claim_lost", row.id, author.name);
	return change(call, row, { type: "task_released", set: freed(row) });
});

/** What a row holds when its claim has ended unfinished. */
export const freed = (row: TaskRow) => ({
	...NO_CLAIM,
	assignee: null,
	status: row.status === "in_progress" ? ("open" as const) : row.status,
});

/** Refuses a change of who or where a task is by an agent, while another holds it. */
export function refuseWhileHeld(row: TaskRow, author: Author, now: number): void {
	const mayForce = author.role === "admin" || author.role === "orchestrator";
	if (!mayForce && isHeld(row, now) && row.claimed_by !== author.name)
		throw fault("task_taken", row.id, row.claimed_by, iso(row.claimed_until));
}

/** States in which an agent lives: its claims go on. Silent is not dead, so a stalled one keeps them. */
const ALIVE = ["starting", "idle", "working", "stalled"] as const;

/** A host's heartbeat is a sign of life of its living lieutenants. */
export async function renewClaimsOf(database: Database, host: string, now: number): Promise<void> {
	// Most heartbeats find nothing to renew; then nothing is written.
	const held = await heldOn(database.read, host);
	if (held.length === 0) return;
	await database.write(async (tx) => {
		for (const { n, claim_ms } of await heldOn(tx, host)) {
			await tx
				.updateTable("tasks")
				.set({ claimed_until: now + (claim_ms ?? 0) })
				.where("n", "=", n)
				.execute();
		}
	});
}

const heldOn = (db: Kysely<Tables>, host: string) =>
	db
		.selectFrom("tasks")
		.select(["tasks.n", "tasks.claim_ms"])
		.where("claimed_by", "in", (names) =>
			names.selectFrom("lieutenants").select("name").where("host", "=", host).where("state", "in", ALIVE),
		)
		.execute();

/** The machine slept: nobody could show life meanwhile, so each claim has as much left as before. */
export const shiftClaims = (database: Database, ms: number): Promise<unknown> =>
	database.write((tx) =>
		tx
			.updateTable("tasks")
			.set((row) => ({ claimed_until: row("claimed_until", "+", ms) }))
			.where("claimed_by", "is not", null)
			.execute(),
	);

/** Frees what nobody has shown life for. Answers how many tasks that were. */
export async function expireClaims(database: Database, now: number): Promise<number> {
	const expired = (db: Kysely<Tables>) =>
		db
			.selectFrom("tasks")
			.selectAll()
			.where("claimed_by", "is not", null)
			.where("claimed_until", "<=", now)
			.limit(100)
			.execute();
	if ((await expired(database.read)).length === 0) return 0;
	return database.write(async (tx) => {
		const rows = await expired(tx);
		for (const row of rows) {
			const author: Author = { name: row.claimed_by ?? "unknown", role: "admin", via: "hub" };
			await change({ tx, author, stamp: { at: now } }, row, { type: "task_claim_expired", set: freed(row) });
		}
		return rows.length;
	});
}
