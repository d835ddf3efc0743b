/** What every machine should have, what each says that it has, and the stream of changes. */
import type { Kysely, Selectable } from "kysely";
import * as contract from "../../contract/skillhub.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import { read, type StreamHandler, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { iso } from "../window.ts";
import { CHANGE_TYPES, current } from "./records.ts";
import type { Kind, SkillAgentTable } from "./schema.ts";

/** Installed on one machine, of each kind; more would fill every prompt. */
const MOST = 1_000;

const wanted = (db: Kysely<Tables>, kind: Kind): Promise<contract.Entry[]> =>
	current(db, kind)
		.select(["skills.name", "skills.version", "v.hash", "skills.description"])
		.where("skills.enabled", "=", 1)
		.orderBy("skills.n")
		.limit(MOST)
		.execute();

/** A person's package brings skills of its own: only by their names can it tell that they were withdrawn here. */
async function withdrawn(db: Kysely<Tables>): Promise<string[]> {
	const rows = await db
		.selectFrom("skills")
		.select("name")
		.where("kind", "=", "skill")
		.where((is) => is.or([is("withdrawn", "=", 1), is("enabled", "=", 0)]))
		.orderBy("n")
		.limit(MOST)
		.execute();
	return rows.map(({ name }) => name);
}

export const manifest = read(contract.manifest, async ({ db }) => ({
	skills: await wanted(db, "skill"),
	extensions: await wanted(db, "extension"),
	withdrawn: await withdrawn(db),
}));

type Update = { type: Kind; name: string; version: number; action: "install" | "update" | "remove" };

/** Another version, or another hash, is told as an update: what counts is what the hub has, not which is greater. */
function updates(type: Kind, wants: readonly contract.Entry[], has: readonly contract.Has[]): Update[] {
	const held = new Map(has.map((one) => [one.name, one]));
	const names = new Set(wants.map(({ name }) => name));
	const differs = ({ version, hash }: contract.Entry, one: contract.Has): boolean =>
		one.version !== version || (one.hash !== undefined && one.hash !== hash);
	return [
		...wants.flatMap((entry): Update[] => {
			const one = held.get(entry.name);
			if (one !== undefined && !differs(entry, one)) return [];
			const { name, version } = entry;
			return [{ type, name, version, action: one === undefined ? "install" : "update" }];
		}),
		...has
			.filter(({ name }) => !names.has(name))
			.map(({ name, version }): Update => ({ type, name, version, action: "remove" })),
	];
}

/** ms after which an agent that said nothing more is forgotten: names come and go. */
const REMEMBERED = 30 * 24 * 3_600_000;

/** No event: it says what is there and changes no skill. */
export const sync = write(contract.sync, async ({ input, author, tx, stamp }) => {
	const { max } = await tx
		.selectFrom("skill_agents")
		.select((select) => select.fn.max("n").as("max"))
		.executeTakeFirstOrThrow();
	const row = {
		n: Number(max ?? 0) + 1,
		agent: author.name,
		vm: input.vmId ?? null,
		skills: JSON.stringify(input.skills),
		extensions: JSON.stringify(input.extensions),
		last_sync: stamp.timestamp,
	};
	await tx.replaceInto("skill_agents").values(row).execute();
	await tx
		.deleteFrom("skill_agents")
		.where("last_sync", "<", iso(stamp.at - REMEMBERED))
		.execute();
	return {
		updates: [
			...updates("skill", await wanted(tx, "skill"), input.skills),
			...updates("extension", await wanted(tx, "extension"), input.extensions),
		],
	};
});

async function inventoryOf(db: Kysely<Tables>, row: Selectable<SkillAgentTable>): Promise<contract.Inventory> {
	const living = await db
		.selectFrom("lieutenants")
		.select("name")
		.where("host", "=", row.agent)
		.where("state", "!=", "gone")
		.orderBy("name")
		.execute();
	return {
		agentId: row.agent,
		...(row.vm === null ? {} : { vmId: row.vm }),
		skills: JSON.parse(row.skills),
		extensions: JSON.parse(row.extensions),
		lastSync: row.last_sync,
		lieutenants: living.map(({ name }) => name),
	};
}

export const agents = read(contract.agents, async ({ input, db }) => {
	const { rows, next } = await newestFirst(db.selectFrom("skill_agents").selectAll(), input);
	return { agents: await Promise.all(rows.map((row) => inventoryOf(db, row))), count: rows.length, ...next };
});

export const agent = read(contract.agent, async ({ input, db }) => {
	const row = await db.selectFrom("skill_agents").selectAll().where("agent", "=", input.agentId).executeTakeFirst();
	if (row === undefined) throw fault("not_found", "agent");
	return inventoryOf(db, row);
});

/** The feed's events of these changes, in the words of the old stream. */
export const stream: StreamHandler = {
	type: "stream",
	operation: contract.stream,
	types: CHANGE_TYPES,
	view({ id, timestamp, detail }) {
		const { kind, name, version, action } = detail as { readonly [field: string]: unknown };
		return { id, type: kind, name, version, action, timestamp };
	},
};
