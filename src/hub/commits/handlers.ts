import { type Kysely, type Selectable, sql } from "kysely";
import * as contract from "../../contract/commits.ts";
import { PAGE_MAX } from "../../contract/shapes.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { moment } from "../window.ts";
import type { CommitTable } from "./schema.ts";

type Row = Selectable<CommitTable>;

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

const commitOf = (row: Omit<Row, "n">): contract.Commit => ({
	...{ id: row.id, commitId: row.commit_id, vmId: row.vm_id, timestamp: row.timestamp },
	...(row.label === null ? {} : { label: row.label }),
	...(row.agent === null ? {} : { agent: row.agent }),
	...(row.tags === null ? {} : { tags: JSON.parse(row.tags) }),
	...(row.metadata === null ? {} : { metadata: JSON.parse(row.metadata) }),
	...(row.parent === null ? {} : { parent: row.parent }),
	...(row.contains_secrets === 0 ? {} : { containsSecrets: true }),
});

const find = (db: Kysely<Tables>, commitId: string): Promise<Row | undefined> =>
	db.selectFrom("commits").selectAll().where("commit_id", "=", commitId).executeTakeFirst();

async function rowOf(db: Kysely<Tables>, commitId: string): Promise<Row> {
	const row = await find(db, commitId);
	if (row === undefined) throw fault("not_found", "Commit");
	return row;
}

const tagged = (tag: string) => sql<boolean>`exists (select 1 from json_each(tags) where value = ${tag})`;

/** Trimmed; null when none is left, because the key is absent then. */
function tagsOf(tags: readonly string[] | undefined, secrets: boolean): string | null {
	const kept = (tags ?? []).map((tag) => tag.trim()).filter((tag) => tag !== "");
	if (secrets && kept.includes(contract.GOLDEN))
		throw fault("conflict", "A snapshot that contains secrets cannot be golden: every VM made from it would have them");
	return kept.length === 0 ? null : JSON.stringify(kept);
}

/** From the nearest on. `union` alone would not end a long chain: the depth does. */
const ANCESTORS = `with recursive above (commit_id, parent, depth) as (
		select commit_id, parent, 0 from commits where commit_id = ?
		union all
		select commits.commit_id, commits.parent, depth + 1 from above join commits on commits.commit_id = above.parent
		where depth < ${PAGE_MAX}
	) select commits.* from above join commits using (commit_id) order by depth`;

export const record = write(contract.record, async ({ input, author, tx, stamp }) => {
	const [commit_id, vm_id] = [input.commitId.trim(), input.vmId.trim()];
	if ((await find(tx, commit_id)) !== undefined) throw fault("conflict", "commit already recorded");
	const parent = input.parent?.trim() ?? null;
	const above = parent === null ? [] : tx.gate.connection.all<Row>(ANCESTORS, parent);
	if (parent === commit_id || above.some((row) => row.parent === commit_id))
		throw fault("conflict", `${commit_id} would be made from itself`);
	const secrets = input.containsSecrets === true;
	const row = {
		...{ id: stamp.id, commit_id, vm_id, timestamp: stamp.timestamp },
		label: input.label ?? null,
		agent: author.unnamed === true ? null : author.name,
		tags: tagsOf(input.tags, secrets),
		metadata: json(input.metadata),
		parent,
		contains_secrets: secrets ? 1 : 0,
	};
	await tx.insertInto("commits").values(row).execute();
	await tx.publish({
		type: "commit_recorded",
		by: author,
		summary: `${commit_id} of ${vm_id}${row.label === null ? "" : `: ${row.label}`}`,
		detail: { commit: commit_id, vm: vm_id },
	});
	return commitOf(row);
});

export const list = read(contract.list, async ({ input, db }) => {
	const { tag, agent, label, vmId } = input;
	const since = input.since === undefined ? undefined : moment(input.since);
	if (input.since !== undefined && since === undefined) return { commits: [], count: 0 };
	let query = db.selectFrom("commits").selectAll();
	if (tag !== undefined) query = query.where(tagged(tag));
	if (agent !== undefined) query = query.where("agent", "=", agent);
	if (label !== undefined) query = query.where("label", "=", label);
	if (vmId !== undefined) query = query.where("vm_id", "=", vmId);
	if (since !== undefined) query = query.where("timestamp", ">=", since);
	const { rows, next } = await newestFirst(query, input);
	return { commits: rows.map(commitOf), count: rows.length, ...next };
});

export const get = read(contract.get, async ({ input, db }) => commitOf(await rowOf(db, input.commitId)));

export const golden = read(contract.golden, async ({ input, db }) => {
	let query = db.selectFrom("commits").selectAll().where(tagged(contract.GOLDEN)).orderBy("n", "desc").limit(1);
	if (input.label !== undefined) query = query.where("label", "=", input.label);
	const row = await query.executeTakeFirst();
	if (row === undefined) throw fault("not_found", "Golden commit");
	return commitOf(row);
});

export const lineage = read(contract.lineage, async ({ input, db, hub }) => {
	const [row, ...ancestors] = hub.database.reader.all<Row>(ANCESTORS, input.commitId);
	if (row === undefined) throw fault("not_found", "Commit");
	const query = db.selectFrom("commits").selectAll().where("parent", "=", input.commitId);
	const children = await query.orderBy("n", "desc").limit(PAGE_MAX).execute();
	const beyond = (ancestors.at(-1) ?? row).parent;
	return {
		commit: commitOf(row),
		ancestors: ancestors.map(commitOf),
		children: children.map(commitOf),
		...(beyond === null || ancestors.length >= PAGE_MAX ? {} : { unrecorded: beyond }),
	};
});

export const update = write(contract.update, async ({ input, author, tx }) => {
	const row = await rowOf(tx, input.commitId);
	const changed = {
		...(input.label === undefined ? {} : { label: input.label }),
		...(input.tags === undefined ? {} : { tags: tagsOf(input.tags, row.contains_secrets === 1) }),
		...(input.metadata === undefined ? {} : { metadata: json(input.metadata) }),
	};
	const after = commitOf({ ...row, ...changed });
	if (Object.keys(changed).length > 0) await tx.updateTable("commits").set(changed).where("n", "=", row.n).execute();
	await tx.publish({
		type: "commit_updated",
		by: author,
		summary: row.commit_id,
		detail: {
			commit: row.commit_id,
			...(input.tags === undefined ? {} : { tags: after.tags, before: commitOf(row).tags }),
		},
	});
	return after;
});

export const remove = write(contract.remove, async ({ input, author, tx }) => {
	const row = await rowOf(tx, input.commitId);
	await tx.deleteFrom("commits").where("n", "=", row.n).execute();
	await tx.publish({ type: "commit_removed", by: author, summary: row.commit_id, detail: { commit: row.commit_id } });
	return { deleted: true as const };
});
