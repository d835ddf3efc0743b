/** Which files held tasks own. Of two that name the same file, the one that named it earlier while it was held has it. */
import type { Kysely } from "kysely";
import type { Task, Territory } from "../../contract/task.ts";
import * as contract from "../../contract/terms.ts";
import { overlap, wrongPattern } from "../../contract/territory.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tables } from "../database/tables.ts";
import type { Tx } from "../database/tx.ts";
import { read } from "../handle.ts";
import { record } from "./history.ts";

/** As it is stored; none is null. Throws `invalid_input`, naming the pattern. */
export function patternsOf(territory: readonly string[] | undefined): string | null {
	const patterns = [...new Set((territory ?? []).map((pattern) => pattern.trim()))];
	for (const pattern of patterns) {
		const wrong = wrongPattern(pattern);
		if (wrong !== undefined) throw fault("invalid_input", `territory: ${JSON.stringify(pattern)} ${wrong}`);
	}
	return patterns.length === 0 ? null : JSON.stringify(patterns);
}

/** Where somebody works, as their host has said it. */
interface Workplace {
	readonly host: string;
	readonly folder: string;
}

/** Tasks that are held and own files, earliest first. */
async function held(db: Kysely<Tables>, now: number): Promise<readonly Territory[]> {
	const rows = await db
		.selectFrom("tasks")
		.select(["id", "title", "claimed_by", "territory", "territory_since"])
		.where("claimed_by", "is not", null)
		.where("claimed_until", ">", now)
		.where("territory", "is not", null)
		.orderBy("territory_since")
		.orderBy("n")
		.execute();
	return rows.map(({ id, title, claimed_by, territory, territory_since }) => ({
		task: id,
		title,
		owner: claimed_by ?? "",
		patterns: JSON.parse(territory ?? "[]"),
		since: territory_since ?? "",
	}));
}

async function workplaces(db: Kysely<Tables>, names: readonly string[]): Promise<ReadonlyMap<string, Workplace>> {
	if (names.length === 0) return new Map();
	const rows = await db
		.selectFrom("lieutenants")
		.select(["name", "host", "doc"])
		.where("name", "in", names)
		.where("state", "!=", "gone")
		.execute();
	return new Map(
		rows.map(({ name, host, doc }) => {
			const { repository, cwd }: { readonly repository?: string; readonly cwd: string } = JSON.parse(doc);
			return [name, { host, folder: repository ?? cwd }];
		}),
	);
}

const within = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Two folders of one machine that do not hold each other are two repositories. What is not known counts as the same. */
const apart = (one: Workplace | undefined, other: Workplace | undefined): boolean =>
	one !== undefined &&
	other !== undefined &&
	one.host === other.host &&
	!within(one.folder, other.folder) &&
	!within(other.folder, one.folder);

/** What is held where `name` works. */
async function heldNear(db: Kysely<Tables>, name: string, now: number): Promise<readonly Territory[]> {
	const all = await held(db, now);
	const places = await workplaces(db, [...new Set([name, ...all.map(({ owner }) => owner)])]);
	return all.filter(({ owner }) => !apart(places.get(name), places.get(owner)));
}

export const territories = read(contract.territories, async ({ caller, db, now }) => {
	const near = await heldNear(db, caller.name, now);
	return { territories: [...near], count: near.length };
});

/** The task with what others hold of the same files; the feed is told of it once, when it comes about. */
export async function tellOverlaps(tx: Tx, task: Task, by: Author, now: number): Promise<Task> {
	const { territory, claim } = task;
	if (territory === undefined || claim === undefined) return task;
	const shares = (pattern: string): boolean => territory.some((own) => overlap(own, pattern));
	const overlaps = (await heldNear(tx, claim.by, now))
		.filter((other) => other.task !== task.id && other.owner !== claim.by)
		.map((other) => ({ ...other, patterns: other.patterns.filter(shares) }))
		.filter((other) => other.patterns.length > 0);
	if (overlaps.length === 0) return task;
	const others = overlaps.map(({ task: id, owner }) => `${owner} (task ${id})`).join(", ");
	await record(tx, task.id, {
		type: "task_territory_overlaps",
		by,
		summary: `${task.title}: its files overlap with those of ${others}`,
		detail: {
			overlaps: overlaps.map(({ task: id, owner, patterns }) => ({ task: id, owner, patterns })),
		},
	});
	return { ...task, overlaps };
}
