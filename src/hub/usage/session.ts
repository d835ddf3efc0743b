/** What sessions have used: told again and again, so the last word counts and nothing is counted twice. */
import type { Static } from "@sinclair/typebox";
import * as contract from "../../contract/usage.ts";
import { fault } from "../../errors.ts";
import { read, write } from "../handle.ts";
import { broughtOf } from "../imports/usage.ts";
import { cursorOf, cut, limitOf } from "../page.ts";
import { duration } from "../window.ts";
import { noteGap } from "./coverage.ts";
import { moveEstimates } from "./estimates.ts";
import { mayFind } from "./found.ts";
import { millis, NANO } from "./numbers.ts";
import { type Counted, change } from "./rollups.ts";
import type { UsageSessionTable } from "./schema.ts";

type Said = Static<typeof contract.recordSession.input>;
type Row = Omit<UsageSessionTable, "n"> & { readonly n: number };

export const recordSession = write(contract.recordSession, async ({ input, author, caller, tx, stamp }) => {
	mayFind(caller, input);
	const session_id = input.sessionId.trim();
	const started_ms = millis("startedAt", input.startedAt);
	millis("endedAt", input.endedAt);
	const parts = partsOf(input);
	const rows = await tx.selectFrom("usage_sessions").selectAll().where("session_id", "=", session_id).execute();
	const brought = input.found === true && rows.length === 0 ? broughtOf(tx.gate.connection, session_id) : undefined;
	if (brought !== undefined) return brought;
	const known = knownAs(rows, author.name, input.found === true);
	const before = known === undefined ? undefined : (JSON.parse(known.doc) as contract.UsageSession);
	if (known !== undefined && before !== undefined && isLate(input, before, known)) return before;
	const agent = input.found === true && known !== undefined ? known.agent : author.name;
	const session: contract.UsageSession = {
		id: before?.id ?? stamp.id,
		sessionId: session_id,
		agent,
		parentAgent: input.parentAgent ?? before?.parentAgent ?? null,
		model: input.model,
		tokens: input.tokens,
		cost: input.cost,
		turns: input.turns,
		toolCalls: input.toolCalls ?? {},
		startedAt: input.startedAt,
		endedAt: input.endedAt,
		recordedAt: stamp.timestamp,
	};
	const row = {
		...{ session_id, agent, started_ms, doc: JSON.stringify(session) },
		tokens: Math.round(input.tokens.total),
		nanodollars: Math.round(input.cost.total * NANO),
		task: input.task ?? known?.task ?? "",
		parts: parts === undefined ? null : JSON.stringify(parts),
		found: input.found === true && known?.found !== 0 ? 1 : 0,
	};
	change(
		tx.gate,
		known === undefined || before === undefined ? undefined : counted(known, before),
		counted(row, session),
	);
	if (known === undefined) await tx.insertInto("usage_sessions").values(row).execute();
	else await tx.updateTable("usage_sessions").set(row).where("n", "=", known.n).execute();
	if (known !== undefined && known.agent !== agent) await moveEstimates(tx, session_id, known.agent, agent);
	noteGap(tx.gate, session_id);
	await tx.publish({
		type: "usage_recorded",
		by: author,
		summary: `${row.tokens} tokens, $${input.cost.total.toFixed(2)}, ${input.turns} turns`,
		detail: { session: session_id, tokens: row.tokens, costUsd: input.cost.total, turns: input.turns },
	});
	return session;
});

/**
 * The row that this is another word on. What was found in a file goes to whoever told of the session itself, and whoever
 * tells of it itself takes over what was found, so that one session is never counted under two names.
 */
const knownAs = (rows: readonly Row[], agent: string, found: boolean): Row | undefined =>
	rows.find((row) => row.agent === agent) ?? rows.find((row) => found || row.found === 1);

/**
 * A word that says no more than what stands, and of no later moment, was sent before it or is the same: a spool is sent
 * late, and a session tells by itself as well as through its host.
 */
function isLate(said: Said, stands: contract.UsageSession, row: Row): boolean {
	const grows =
		said.turns > stands.turns || said.tokens.total > stands.tokens.total || said.cost.total > stands.cost.total;
	if (grows || Date.parse(said.endedAt) > Date.parse(stands.endedAt)) return false;
	const same = said.tokens.total === stands.tokens.total && said.cost.total === stands.cost.total;
	const adds =
		(row.parts === null && said.parts !== undefined) ||
		(row.task === "" && said.task !== undefined) ||
		(stands.parentAgent === null && typeof said.parentAgent === "string") ||
		(row.found === 1 && said.found !== true);
	return !(same && adds);
}

/** Throws `invalid_input` for parts that are more than the whole. */
function partsOf({ parts, tokens, cost }: Said): readonly contract.UsagePart[] | undefined {
	if (parts === undefined) return undefined;
	for (const [index, { day }] of parts.entries()) millis(`parts[${index}].day`, day);
	const used = parts.reduce((sum, part) => sum + Math.round(part.tokens), 0);
	const spent = parts.reduce((sum, part) => sum + Math.round(part.cost * NANO), 0);
	// Each part is rounded by itself; what that leaves is no lie.
	const slack = parts.length + cost.total;
	if (used > tokens.total + parts.length || spent > cost.total * NANO + slack)
		throw fault("invalid_input", "parts come to more than tokens.total and cost.total");
	return parts;
}

function counted(row: Omit<Row, "n">, { model, parentAgent }: contract.UsageSession): Counted {
	const { agent, task, started_ms, tokens, nanodollars, parts } = row;
	return {
		...{ kind: "told", agent, model, task, parent: parentAgent ?? "", at: started_ms, n: 1, tokens, nanodollars },
		parts: parts === null ? [] : (JSON.parse(parts) as contract.UsagePart[]),
	};
}

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
