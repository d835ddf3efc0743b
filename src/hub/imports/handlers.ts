/** Taking over records of an older server: each by itself, so that one that is refused stops no other. */
import * as contract from "../../contract/imports.ts";
import { Fault, fault } from "../../errors.ts";
import { write } from "../handle.ts";
import { boardKeepers } from "./board.ts";
import { documentKeepers } from "./documents.ts";
import { fingerprint, judge } from "./judge.ts";
import { type Hand, isTaken, type Keeper, type Keepers } from "./keep.ts";
import { IMPORTED, recordKeepers } from "./records.ts";
import { usageKeepers } from "./usage.ts";

const keepers: Keepers<contract.ImportKind> = {
	...boardKeepers,
	...recordKeepers,
	...documentKeepers,
	...usageKeepers,
};
/** The record was judged to be of its kind's shape. */
const keeperOf = (kind: contract.ImportKind) => keepers[kind] as Keeper<unknown>;

const KNOWN = "select hash from imports where kind = ? and key = ?";
const NOTE = "insert into imports (kind, key, hash) values (?, ?, ?)";

export const bring = write(contract.bring, async ({ input, author, tx, stamp, hub }) => {
	const hand: Hand = { db: tx.gate.connection, tx, hub, now: stamp.at };
	const fates = input.records.map((brought) => fateOf(hand, brought));
	const added = input.records.filter((_, at) => fates[at]?.outcome === "added");
	const byKind = Object.fromEntries(
		[...Map.groupBy(added, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]),
	);
	if (added.length > 0)
		await tx.publish({ type: IMPORTED, by: author, summary: `${added.length} records`, detail: byKind });
	return { fates };
});

/** In a savepoint of its own: what is refused half-way leaves nothing. */
function fateOf(hand: Hand, { kind, record }: contract.Brought): contract.Fate {
	const { db } = hand;
	db.run("savepoint brought");
	try {
		const fate = take(hand, kind, record);
		db.run("release brought");
		return fate;
	} catch (thrown) {
		const refusal = isTaken(thrown) ? fault("conflict", "another record has its id") : thrown;
		if (!(refusal instanceof Fault) || refusal.status >= 500) throw thrown;
		db.run("rollback to brought");
		db.run("release brought");
		return { outcome: "refused", why: refusal.message };
	}
}

function take(hand: Hand, kind: contract.ImportKind, brought: unknown): contract.Fate {
	const { db } = hand;
	const { record, dropped } = judge(kind, brought);
	const more = dropped.length === 0 ? {} : { dropped: [...dropped] };
	const keeper = keeperOf(kind);
	const [key, said] = [keeper.key(record), fingerprint(record)];
	const before = db.get<{ hash: string }>(KNOWN, kind, key);
	if (before !== undefined) return { outcome: "known", ...(before.hash === said ? {} : { differs: true }), ...more };
	const here = keeper.has(db, record);
	if (!here) keeper.add(hand, record);
	db.run(NOTE, kind, key, said);
	return { outcome: here ? "known" : "added", ...more };
}
