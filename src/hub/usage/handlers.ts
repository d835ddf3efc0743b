import * as contract from "../../contract/usage.ts";
import { fault } from "../../errors.ts";
import { read, write } from "../handle.ts";
import { cursorOf, cut, limitOf, newestFirst } from "../page.ts";
import { duration } from "../window.ts";
import { dollars, millis, NANO } from "./numbers.ts";
import { addToSums, type Part, sumsSince } from "./sums.ts";

/** A session says again and again what it has used so far; the last word counts, so nothing is counted twice. */
export const recordSession = write(contract.recordSession, async ({ input, author, tx, stamp }) => {
	const session_id = input.sessionId.trim();
	const startedMs = millis("startedAt", input.startedAt);
	millis("endedAt", input.endedAt);
	const known = await tx
		.selectFrom("usage_sessions")
		.selectAll()
		.where("session_id", "=", session_id)
		.where("agent", "=", author.name)
		.executeTakeFirst();
	const session: contract.UsageSession = {
		id: known === undefined ? stamp.id : (JSON.parse(known.doc) as contract.UsageSession).id,
		sessionId: session_id,
		agent: author.name,
		parentAgent: input.parentAgent ?? null,
		model: input.model,
		tokens: input.tokens,
		cost: input.cost,
		turns: input.turns,
		toolCalls: input.toolCalls ?? {},
		startedAt: input.startedAt,
		endedAt: input.endedAt,
		recordedAt: stamp.timestamp,
	};
	const part: Part = {
		agent: author.name,
		startedMs,
		tokens: Math.round(input.tokens.total),
		nanodollars: Math.round(input.cost.total * NANO),
	};
	const { tokens, nanodollars } = part;
	if (known !== undefined) addToSums(tx.gate, { ...known, startedMs: known.started_ms }, -1);
	addToSums(tx.gate, part, 1);
	await tx
		.insertInto("usage_sessions")
		.values({
			session_id,
			agent: author.name,
			started_ms: startedMs,
			tokens,
			nanodollars,
			doc: JSON.stringify(session),
		})
		.onConflict((conflict) =>
			conflict.columns(["session_id", "agent"]).doUpdateSet((row) => ({
				started_ms: row.ref("excluded.started_ms"),
				tokens: row.ref("excluded.tokens"),
				nanodollars: row.ref("excluded.nanodollars"),
				doc: row.ref("excluded.doc"),
			})),
		)
		.execute();
	await tx.publish({
		type: "usage_recorded",
		by: author,
		summary: `${tokens} tokens, $${input.cost.total.toFixed(2)}, ${input.turns} turns`,
		detail: { session: session_id, tokens, costUsd: input.cost.total, turns: input.turns },
	});
	return session;
});

export const sessions = read(contract.sessions, async ({ input, db, now }) => {
	const limit = limitOf(input.limit);
	const span = duration(input.range);
	const after = cursorOf(input.cursor);
	let query = db
		.selectFrom("usage_sessions")
		.selectAll()
		.orderBy("started_ms", "desc")
		.orderBy("n", "desc")
		.limit(limit + 1);
	if (input.agent !== undefined) query = query.where("agent", "=", input.agent);
	if (span !== undefined) query = query.where("started_ms", ">=", now - span);
	if (after !== undefined) {
		const last = await db
			.selectFrom("usage_sessions")
			.select(["n", "started_ms"])
			.where("n", "=", after)
			.executeTakeFirst();
		if (last === undefined) throw fault("invalid_input", `invalid cursor: ${after}`);
		query = query.where((or) =>
			or.or([
				or("started_ms", "<", last.started_ms),
				or.and([or("started_ms", "=", last.started_ms), or("n", "<", last.n)]),
			]),
		);
	}
	const { rows, next } = cut(await query.execute(), limit, (row) => row.n);
	const shown = rows.map((row): contract.UsageSession => JSON.parse(row.doc));
	return { sessions: shown, count: shown.length, ...next };
});

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

export const summary = read(contract.summary, async ({ input, db, now, hub }) => {
	const range = input.range ?? "7d";
	const span = duration(range);
	// A range that cannot be read means all time.
	const from = span === undefined ? Number.MIN_SAFE_INTEGER : now - span;
	const sums = sumsSince(hub.database.reader, from);
	const add = (field: "tokens" | "nanodollars" | "sessions"): number => sums.reduce((sum, row) => sum + row[field], 0);
	const counted = await db
		.selectFrom("usage_vms")
		.select((count) => count.fn.countAll<number>().as("n"))
		.where("created_ms", ">=", from)
		.executeTakeFirstOrThrow();
	const cut = await db
		.selectFrom("usage_estimates")
		.select(({ fn }) => [
			fn.countAll<number>().as("requests"),
			fn.sum<number | null>("tokens").as("tokens"),
			fn.sum<number | null>("nanodollars").as("nanodollars"),
		])
		.where("at_ms", ">=", from)
		.executeTakeFirstOrThrow();
	const unreported = await db
		.selectFrom("lieutenants")
		.select("name")
		.distinct()
		.where("tokens", ">", 0)
		.where("name", "not in", (seen) => seen.selectFrom("usage_sessions").select("agent"))
		.orderBy("name")
		.execute();
	return {
		range,
		totals: { tokens: add("tokens"), cost: dollars(add("nanodollars")), sessions: add("sessions"), vms: counted.n },
		byAgent: Object.fromEntries(
			sums.map(({ agent, tokens, nanodollars, sessions }) => [agent, { tokens, cost: dollars(nanodollars), sessions }]),
		),
		estimated: { requests: cut.requests, tokens: cut.tokens ?? 0, cost: dollars(cut.nanodollars ?? 0) },
		coverage: { seen: add("sessions"), unreported: unreported.map((row) => row.name) },
	};
});
