/** Publishing, changing and withdrawing, for skills and code extensions alike: row, version, event and word to the hosts. */
import { hash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import type { Role } from "../../contract/operation.ts";
import type { Change } from "../../contract/skillhub.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tables } from "../database/tables.ts";
import type { Tx } from "../database/tx.ts";
import type { Stamp } from "../handle.ts";
import type { Kind, SkillTable, SkillVersionTable } from "./schema.ts";

/** One as it stands, with its newest version's content. */
export type Whole = Selectable<SkillTable> & Pick<SkillVersionTable, "content" | "hash" | "published_by">;

/** What a change is made with; `tell` reaches the hosts once it is committed. */
export interface Hand {
	readonly tx: Tx;
	readonly author: Author;
	readonly stamp: Stamp;
	tell(): void;
}

export interface Publication {
	readonly kind: Kind;
	readonly name: string;
	readonly description: string;
	readonly content: string;
	/** Absent: as before, or none. */
	readonly tags?: readonly string[] | undefined;
	/** Absent: as before, or enabled. */
	readonly enabled?: boolean | undefined;
}

/** Of a lieutenant, a worker: what others published is not theirs to change. */
const TRUSTED: ReadonlySet<Role> = new Set(["admin", "orchestrator"]);

export const contentHash = (content: string): string => hash("sha256", content, "hex");

/** The next version of it, whatever became of those before. */
export async function publish(hand: Hand, publication: Publication): Promise<Whole> {
	const { tx, author, stamp } = hand;
	const { kind, name } = publication;
	const known = await tx
		.selectFrom("skills")
		.selectAll()
		.where("kind", "=", kind)
		.where("name", "=", name)
		.executeTakeFirst();
	if (known !== undefined) await mayChange(tx, author, known);
	const before = known?.withdrawn === 0 ? known : undefined;
	const description = publication.description.trim();
	const fields = {
		version: (known?.version ?? 0) + 1,
		description,
		tags: publication.tags === undefined ? (before?.tags ?? "[]") : JSON.stringify(publication.tags),
		enabled: (publication.enabled ?? (before === undefined || before.enabled === 1)) ? (1 as const) : (0 as const),
		withdrawn: 0 as const,
		updated_at: stamp.timestamp,
	};
	if (known === undefined) {
		const row = { kind, name, id: stamp.id, published_at: stamp.timestamp, ...fields };
		await tx.insertInto("skills").values(row).execute();
	} else await tx.updateTable("skills").set(fields).where("n", "=", known.n).execute();
	// Half a character has no UTF-8: stored, it would be another text than the one that was hashed.
	const content = publication.content.toWellFormed();
	const version: SkillVersionTable = {
		...{ kind, name, version: fields.version, description, content, hash: contentHash(content) },
		...{ bytes: Buffer.byteLength(content), published_by: author.name, published_at: stamp.timestamp },
	};
	await tx.insertInto("skill_versions").values(version).execute();
	await announce(hand, version, before === undefined ? "publish" : "update");
	return wholeOf(tx, kind, name);
}

export interface Alteration {
	readonly description?: string | undefined;
	readonly tags?: readonly string[] | undefined;
	readonly enabled?: boolean | undefined;
}

export async function change(hand: Hand, kind: Kind, name: string, alteration: Alteration): Promise<Whole> {
	const { tx, author, stamp } = hand;
	const row = await wholeOf(tx, kind, name);
	await mayChange(tx, author, row);
	const { description, tags, enabled } = alteration;
	await tx
		.updateTable("skills")
		.set({
			updated_at: stamp.timestamp,
			...(description === undefined ? {} : { description: description.trim() }),
			...(tags === undefined ? {} : { tags: JSON.stringify(tags) }),
			...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
		})
		.where("n", "=", row.n)
		.execute();
	const turned = enabled !== undefined && enabled !== (row.enabled === 1);
	await announce(hand, row, turned ? (enabled ? "enable" : "disable") : "update");
	return wholeOf(tx, kind, name);
}

export async function withdraw(hand: Hand, kind: Kind, name: string): Promise<{ readonly deleted: true }> {
	const { tx, author, stamp } = hand;
	const row = await wholeOf(tx, kind, name);
	await mayChange(tx, author, row);
	const gone = { withdrawn: 1 as const, updated_at: stamp.timestamp };
	await tx.updateTable("skills").set(gone).where("n", "=", row.n).execute();
	await announce(hand, row, "remove");
	return { deleted: true };
}

/** Throws `not_found`, also for a withdrawn one. */
export async function wholeOf(db: Kysely<Tables>, kind: Kind, name: string): Promise<Whole> {
	const row = await wholes(db, kind).where("skills.name", "=", name).executeTakeFirst();
	if (row === undefined) throw fault("not_found", kind);
	return row;
}

/** Those that are not withdrawn, each joined with its newest version, `v`. */
export const current = (db: Kysely<Tables>, kind: Kind) =>
	db
		.selectFrom("skills")
		.innerJoin("skill_versions as v", (join) =>
			join
				.onRef("v.kind", "=", "skills.kind")
				.onRef("v.name", "=", "skills.name")
				.onRef("v.version", "=", "skills.version"),
		)
		.where("skills.kind", "=", kind)
		.where("skills.withdrawn", "=", 0);

export const wholes = (db: Kysely<Tables>, kind: Kind) =>
	current(db, kind).selectAll("skills").select(["v.content", "v.hash", "v.published_by"]);

async function mayChange(tx: Tx, { name, role }: Author, row: Selectable<SkillTable>): Promise<void> {
	if (TRUSTED.has(role)) return;
	const newest = await tx
		.selectFrom("skill_versions")
		.select("published_by")
		.where("kind", "=", row.kind)
		.where("name", "=", row.name)
		.where("version", "=", row.version)
		.executeTakeFirst();
	if (newest?.published_by !== name)
		throw fault("forbidden", role, `change ${row.kind} ${row.name}, which others published`);
}

/** How the feed's type names each change. */
export const SAID: Readonly<Record<Change["action"], string>> = {
	publish: "published",
	update: "updated",
	remove: "removed",
	enable: "enabled",
	disable: "disabled",
};

/** The feed's type of each change: `skill_published`, `extension_removed`. */
export const CHANGE_TYPES: ReadonlySet<string> = new Set(
	(["skill", "extension"] as const).flatMap((kind) => Object.values(SAID).map((said) => `${kind}_${said}`)),
);

async function announce(
	{ tx, author, tell }: Hand,
	{ kind, name, version }: { readonly kind: Kind; readonly name: string; readonly version: number },
	action: Change["action"],
): Promise<void> {
	await tx.publish({
		type: `${kind}_${SAID[action]}`,
		by: author,
		summary: `${name} v${version}`,
		detail: { kind, name, version, action },
	});
	tx.after(tell);
}
