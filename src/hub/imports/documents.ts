/** Skills, reports and who may read them. */
import { fault } from "../../errors.ts";
import type { Connection } from "../database/connection.ts";
import { contentHash } from "../skills/records.ts";
import type { Kind } from "../skills/schema.ts";
import { iso } from "../window.ts";
import { exists, type Hand, type Keeper, type Keepers, rowOf } from "./keep.ts";
import { linkName } from "./link-name.ts";
import type { Records } from "./shapes.ts";

const SKILL = `insert into skills (kind, name, id, version, description, tags, enabled, withdrawn, published_at,
	updated_at) values (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`;
const VERSION = `insert into skill_versions (kind, name, version, description, content, hash, bytes, published_by,
	published_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const STANDS = `select v.hash from skills join skill_versions v using (kind, name, version)
	where kind = ? and name = ?`;

type Publication = Records["extension"] & { readonly tags?: readonly string[] };

/** A skill of the hub's own by the same name stays: its readers rely on it, and the other is kept with the rejects. */
function hasSkill(db: Connection, kind: Kind, { name, content }: Publication): boolean {
	const stands = db.get<{ hash: string }>(STANDS, kind, name);
	if (stands !== undefined && stands.hash !== contentHash(content.toWellFormed()))
		throw fault("conflict", `the hub has another ${kind} ${name}; publish this one there if it is the better`);
	return stands !== undefined;
}

function addSkill({ db, tx, hub }: Hand, kind: Kind, publication: Publication): void {
	const { id, name, version, description, publishedBy, publishedAt, updatedAt, enabled, tags = [] } = publication;
	const content = publication.content.toWellFormed();
	const when = [enabled ? 1 : 0, publishedAt, updatedAt] as const;
	db.run(SKILL, kind, name, id, version, description, JSON.stringify(tags), ...when);
	const bytes = Buffer.byteLength(content);
	db.run(VERSION, kind, name, version, description, content, contentHash(content), bytes, publishedBy, updatedAt);
	tx.after(() => hub.links.tell({ type: "skills" }));
}

const skillKeeper = (kind: Kind): Keeper<Publication> => ({
	key: ({ name }) => name,
	has: (db, publication) => hasSkill(db, kind, publication),
	add: (hand, publication) => addSkill(hand, kind, publication),
});

const MANIFEST = `insert into skill_agents (n, agent, vm, skills, extensions, last_sync)
	values ((select coalesce(max(n), 0) + 1 from skill_agents), ?, ?, ?, ?, ?)`;
const REPORT = `insert into reports (id, title, author, tags, version, created_at, updated_at)
	values (?, ?, ?, ?, 1, ?, ?)`;
const REPORT_VERSION = `insert into report_versions (report, version, title, content, tags, made_by, note, created_at)
	values (?, 1, ?, ?, ?, ?, null, ?)`;
const LINK = `insert into share_links (id, hash, report, created_by, created_at, expires_at, label, revoked, access_count)
	values (?, ?, ?, ?, ?, ?, ?, ?, 0)`;
const ACCESS = `insert into share_accesses (id, link, timestamp, ip, user_agent, referrer)
	values (?, ?, ?, ?, ?, ?)`;

export const documentKeepers: Keepers<"skill" | "extension" | "manifest" | "report" | "link" | "access"> = {
	skill: skillKeeper("skill"),
	extension: skillKeeper("extension"),
	manifest: {
		key: ({ agentId }) => agentId,
		has: (db, { agentId }) => exists(db, "select 1 from skill_agents where agent = ?", agentId),
		add({ db }, { agentId, vmId = null, skills, extensions, lastSync }) {
			db.run(MANIFEST, agentId, vmId, JSON.stringify(skills), JSON.stringify(extensions), lastSync);
		},
	},
	report: {
		key: ({ id }) => id,
		has: (db, { id }) => exists(db, "select 1 from reports where id = ?", id),
		add({ db }, { id, title, author, content, tags, createdAt, updatedAt }) {
			const words = JSON.stringify(tags);
			const n = db.run(REPORT, id, title, author, words, createdAt, updatedAt);
			db.run(REPORT_VERSION, n, title, content, words, author, updatedAt);
		},
	},
	link: {
		key: ({ hash }) => hash,
		has: (db, { hash }) => exists(db, "select 1 from share_links where hash = ?", hash),
		add({ db }, { hash, name, reportId, createdAt, createdBy, expiresAt = null, label = null, revoked }) {
			const id = name ?? linkName(hash, Date.parse(createdAt));
			const end = expiresAt === null ? null : iso(Date.parse(expiresAt));
			db.run(LINK, id, hash, reportId, createdBy, createdAt, end, label, revoked);
		},
	},
	access: {
		key: ({ id }) => id,
		has(db, { id, link }) {
			const sql = "select 1 from share_accesses a join share_links l on l.n = a.link where l.hash = ? and a.id = ?";
			return exists(db, sql, link, id);
		},
		add({ db }, { id, link, timestamp, ip = null, userAgent = null, referrer = null }) {
			const n = rowOf(db, "share_links", "hash", link);
			db.run(ACCESS, id, n, timestamp, ip, userAgent, referrer);
			db.run("update share_links set access_count = access_count + 1 where n = ?", n);
		},
	},
};
