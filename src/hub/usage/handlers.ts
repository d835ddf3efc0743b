/** The machines that were used, and what all of it comes to. */
import * as contract from "../../contract/usage.ts";
import { read, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { duration } from "../window.ts";
import { coverageSince } from "./coverage.ts";
import { dollars, millis } from "./numbers.ts";
import { type AgentSum, type Amount, sumsSince } from "./rollups.ts";

export const recordVm = write(contract.recordVm, async ({ input, author, tx, stamp }) => {
	const vm_id = input.vmId.trim();
	const created_ms = millis("createdAt", input.createdAt);
	if (input.destroyedAt !== undefined) millis("destroyedAt", input.destroyedAt);
	const newest = tx.selectFrom("usage_vms").selectAll().where("vm_id", "=", vm_id).orderBy("n", "desc").limit(1);
	const known = input.destroyedAt === undefined ? undefined : await newest.executeTakeFirst();
	if (known !== undefined) {
		const change = { destroyed_at: input.destroyedAt ?? null, recorded_at: stamp.timestamp };
		await tx.updateTable("usage_vms").set(change).where("n", "=", known.n).execute();
	} else {
		const row = {
			id: stamp.id,
			vm_id,
			role: input.role,
			agent: author.name,
			commit_id: input.commitId ?? null,
			created_at: input.createdAt,
			created_ms,
			destroyed_at: input.destroyedAt ?? null,
			recorded_at: stamp.timestamp,
		};
		await tx.insertInto("usage_vms").values(row).execute();
	}
	await tx.publish({
		type: input.destroyedAt === undefined ? "usage_vm_created" : "usage_vm_destroyed",
		by: author,
		summary: `${vm_id} (${input.role})`,
		detail: { vm: vm_id, role: input.role },
	});
	return vmOf(await newest.executeTakeFirstOrThrow());
});

interface VmRow {
	readonly id: string;
	readonly vm_id: string;
	readonly role: contract.UsageVm["role"];
	readonly agent: string;
	readonly commit_id: string | null;
	readonly created_at: string;
	readonly destroyed_at: string | null;
	readonly recorded_at: string;
}

function vmOf({ id, vm_id, role, agent, commit_id, created_at, destroyed_at, recorded_at }: VmRow): contract.UsageVm {
	return {
		id,
		vmId: vm_id,
		role,
		agent,
		...(commit_id === null ? {} : { commitId: commit_id }),
		createdAt: created_at,
		...(destroyed_at === null ? {} : { destroyedAt: destroyed_at }),
		recordedAt: recorded_at,
	};
}

export const vms = read(contract.vms, async ({ input, db, now }) => {
	const span = duration(input.range);
	// By record, not by createdAt: a machine's record is made when it is, and a cursor needs one order.
	let query = db.selectFrom("usage_vms").selectAll();
	if (input.role !== undefined) query = query.where("role", "=", input.role as contract.UsageVm["role"]);
	if (input.agent !== undefined) query = query.where("agent", "=", input.agent);
	if (span !== undefined) query = query.where("created_ms", ">=", now - span);
	const { rows, next } = await newestFirst(query, input);
	return { vms: rows.map(vmOf), count: rows.length, ...next };
});

const sumOf = (sums: readonly AgentSum[], field: keyof Amount): number =>
	sums.reduce((sum, row) => sum + row[field], 0);

export const summary = read(contract.summary, ({ input, now, hub }) => {
	const range = input.range ?? "7d";
	const span = duration(range);
	const { reader } = hub.database;
	// A range that cannot be read means all time.
	const from = span === undefined ? Number.MIN_SAFE_INTEGER : now - span;
	const told = sumsSince(reader, "told", from);
	const cut = sumsSince(reader, "cut", from);
	const vms = reader.get<{ n: number }>("select count(*) as n from usage_vms where created_ms >= ?", from)?.n ?? 0;
	const seen = sumOf(told, "n");
	return {
		range,
		totals: {
			tokens: sumOf(told, "tokens"),
			cost: dollars(sumOf(told, "nanodollars")),
			sessions: seen,
			vms,
		},
		byAgent: Object.fromEntries(
			told.map(({ agent, tokens, nanodollars, n }) => [agent, { tokens, cost: dollars(nanodollars), sessions: n }]),
		),
		estimated: {
			...{ requests: sumOf(cut, "n"), tokens: sumOf(cut, "tokens") },
			cost: dollars(sumOf(cut, "nanodollars")),
		},
		coverage: coverageSince(reader, from, seen),
	};
});
