/**
 * What shows that a task is done: an artifact, or what its makers have logged since it was claimed (a commit, a check
 * that passed). Words do not.
 */
import { Fault, fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context, Rules } from "../context.ts";
import type { Tx } from "../database/tx.ts";
import { keepEvidence, lacksOf, type Proof } from "./proof.ts";
import type { TaskRow } from "./task.ts";

/** Log entries that are looked through; an agent that wrote more since its claim has surely named a commit in them. */
const LOOKED = 500;

/** Whoever claimed it or handed it in, ever; a claim that has ended does not make the work somebody else's. */
export async function makersOf(tx: Tx, row: TaskRow): Promise<ReadonlySet<string>> {
	const noted = await tx.selectFrom("task_makers").select("name").where("task", "=", row.n).execute();
	const now = [row.assignee, row.submitted_by, row.claimed_by].filter((name) => name !== null);
	return new Set([...noted.map(({ name }) => name), ...now]);
}

export const noteMaker = (tx: Tx, row: TaskRow, name: string): Promise<unknown> =>
	tx
		.insertInto("task_makers")
		.values({ task: row.n, name })
		.onConflict((conflict) => conflict.doNothing())
		.execute();

/**
 * Refuses that a task is called done which lacks what was asked of it, by whomever but a person; or by an agent, which
 * nothing shows to be. True: it goes through unproven, since the gate only warns.
 */
export async function needEvidence(
	tx: Tx,
	row: TaskRow,
	author: Author,
	rules: Rules,
	proof: Proof | undefined,
): Promise<boolean> {
	if (rules.board === "off" || author.role === "admin") return false;
	const lacks = await lacksOf(tx, row, proof);
	if (lacks.length > 0 && rules.board === "enforce") throw fault("not_done", row.id, lacks);
	if (proof?.evidence !== undefined) await keepEvidence(tx, row.n, proof.evidence);
	if (lacks.length > 0) return true;
	const agent = author.role === "lieutenant" || author.role === "worker";
	if (!agent || row.check_command !== null || (await isProven(tx, row, author))) return false;
	if (rules.board === "enforce") throw fault("evidence_missing", row.id);
	return true;
}

/** Which gate a refusal of the board is of. */
const GATES: Readonly<Record<string, string>> = {
	evidence_missing: "evidence",
	not_done: "evidence",
	self_approval: "review",
};

/** The feed is told why: what was refused has been rolled back, with every event in it. */
export async function tellRefusal(hub: Context, by: Author, thrown: unknown): Promise<void> {
	const gate = thrown instanceof Fault ? GATES[thrown.code] : undefined;
	if (gate === undefined || !(thrown instanceof Fault)) return;
	const metadata = { gate, verdict: "refused" };
	await hub.database.write((tx) => tx.publish({ type: "custom", by, summary: thrown.message, metadata }));
}

async function isProven(tx: Tx, row: TaskRow, author: Author): Promise<boolean> {
	const artifact = await tx.selectFrom("artifacts").select("n").where("task", "=", row.n).limit(1).executeTakeFirst();
	if (artifact !== undefined) return true;
	const makers = await makersOf(tx, row);
	const entries = await tx
		.selectFrom("log")
		.select("facts")
		.where("timestamp", ">=", row.claimed_at ?? row.created_at)
		.where("agent", "in", [...makers, author.name])
		.where("facts", "is not", null)
		.orderBy("seq", "desc")
		.limit(LOOKED)
		.execute();
	return entries.some(({ facts }) => shows(facts));
}

function shows(text: string | null): boolean {
	const facts: { readonly commits?: readonly string[]; readonly effects?: readonly string[] } = JSON.parse(
		text ?? "{}",
	);
	return (facts.commits ?? []).length > 0 || (facts.effects ?? []).some((effect) => /\btests? passed\b/.test(effect));
}

/** Nobody's own work becomes done by their own word once it was handed in. An admin's may, and is stored with `via`. */
export async function refuseOwn(tx: Tx, row: TaskRow, author: Author, rules: Rules): Promise<boolean> {
	if (author.role === "admin" || rules.review === "off" || !(await makersOf(tx, row)).has(author.name)) return false;
	if (rules.review === "enforce") throw fault("self_approval", author.name);
	return true;
}
