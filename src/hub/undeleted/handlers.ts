import type { Kysely, Selectable } from "kysely";
import * as contract from "../../contract/undeleted.ts";
import { masker } from "../../mask.ts";
import type { Caller } from "../author.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { hostOf, momentOf, ownHost } from "../incidents/teller.ts";
import { newestFirst } from "../page.ts";
import type { UndeletedTable } from "./schema.ts";

type Row = Selectable<UndeletedTable>;

/** What has the shape of a secret; a host masks those that it knows before it tells anything. */
const mask = masker([]);

const undeletedOf = (row: Row): contract.Undeleted => ({
	machine: row.machine,
	...(row.name === null ? {} : { name: row.name }),
	host: row.host,
	...(row.account === null ? {} : { account: row.account }),
	...{ state: row.gone_at === null ? "there" : "gone", tries: row.tries, cause: row.cause },
	...(row.raw === null ? {} : { raw: row.raw }),
	...{ firstAt: row.first_at, lastAt: row.last_at },
	...(row.gone_at === null ? {} : { goneAt: row.gone_at }),
});

const find = (db: Kysely<Tables>, machine: string): Promise<Row | undefined> =>
	db.selectFrom("undeleted").selectAll().where("machine", "=", machine).executeTakeFirst();

/** One that was gone and is tried again is there again: the platform's list lagged behind. */
export const record = write(contract.record, async ({ input, author, caller, tx, stamp }) => {
	const machine = input.machine.trim();
	const at = momentOf(input.at, stamp);
	const host = hostOf(input.host?.trim(), caller);
	const said = {
		...(input.name === undefined ? {} : { name: input.name.trim() }),
		...(input.account === undefined ? {} : { account: mask(input.account.trim()) }),
		...{ cause: input.cause, raw: input.raw === undefined ? null : mask(input.raw), last_at: at, gone_at: null },
	};
	const row = await tx
		.insertInto("undeleted")
		.values({ machine, host, tries: 1, first_at: at, ...said })
		.onConflict((conflict) =>
			conflict.column("machine").doUpdateSet({ ...said, tries: (was) => was("undeleted.tries", "+", 1) }),
		)
		.returningAll()
		.executeTakeFirstOrThrow();
	await tx.publish({
		type: "machine_undeleted",
		by: author,
		summary: `${row.name ?? machine}: its deletion failed, ${row.cause}, try ${row.tries}`,
		detail: { machine, host: row.host, cause: row.cause, tries: row.tries },
	});
	return undeletedOf(row);
});

interface Shown {
	readonly tries: number;
	readonly listed: ReadonlySet<string>;
	readonly account: string | undefined;
	readonly caller: Caller;
}

/** Why the list does not show that it is gone; undefined when it does. */
function staysFor(row: Row | undefined, { tries, listed, account, caller }: Shown): contract.Stays | undefined {
	if (row === undefined) return "unknown";
	if (caller.role === "host" && row.host !== ownHost(caller)) return "other_host";
	if (row.account !== null && row.account !== account) return "other_account";
	if (row.tries !== tries) return "tried_since";
	return listed.has(row.machine) ? "listed" : undefined;
}

export const confirm = write(contract.confirm, async ({ input, author, caller, tx, stamp }) => {
	const listed = new Set(input.listed);
	const [gone, fresh, stays] = [new Set<string>(), new Set<string>(), new Map<string, contract.Stays>()];
	for (const { machine, tries } of input.seen) {
		const row = await find(tx, machine);
		const why = staysFor(row, { tries, listed, account: input.account?.trim(), caller });
		if (why !== undefined) {
			stays.set(machine, why);
			continue;
		}
		gone.add(machine);
		if (row?.gone_at === null) fresh.add(machine);
	}
	if (fresh.size > 0) {
		const machines = [...fresh];
		await tx.updateTable("undeleted").set({ gone_at: stamp.timestamp }).where("machine", "in", machines).execute();
		await tx.publish({
			type: "machines_gone",
			by: author,
			summary: `the platform's list is without ${machines.length} whose deletion had failed`,
			detail: { machines },
		});
	}
	return { gone: [...gone], stays: [...stays].map(([machine, why]) => ({ machine, why })) };
});

export const list = read(contract.list, async ({ input, db }) => {
	const { state = "there", host } = input;
	let query = db
		.selectFrom("undeleted")
		.selectAll()
		.where("gone_at", state === "there" ? "is" : "is not", null);
	if (host !== undefined) query = query.where("host", "=", host);
	const { rows, next } = await newestFirst(query, input);
	return { machines: rows.map(undeletedOf), count: rows.length, ...next };
});
