/** The hub's records as the old server writes them. What that has no word for is added where it does no harm. */
import type { Selectable } from "kysely";
import { NORMAL, noteOf, priorityOf, type TaskRow } from "../../hub/board/task.ts";
import type { Tables } from "../../hub/database/tables.ts";
import { eventOf } from "../../hub/feed/event.ts";
import type { EventRow } from "../../hub/feed/schema.ts";
import { OWN, UNNAMED } from "../../hub/imports/records.ts";
import { CHANGE_TYPES } from "../../hub/skills/records.ts";
import type { SkillTable, SkillVersionTable } from "../../hub/skills/schema.ts";
import type { Snapshot } from "./snapshot.ts";

type Row<T extends keyof Tables> = Selectable<Tables[T]>;
const given = (fields: Readonly<Record<string, unknown>>): object =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
const data = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));

export function* tasks(hub: Snapshot): Generator<object> {
	for (const row of hub.rows<TaskRow>("tasks")) {
		const notes = hub.all<Row<"notes">>("select * from notes where task = ? order by n", row.n);
		const artifacts = hub.all<Row<"artifacts">>("select * from artifacts where task = ? order by n", row.n);
		yield {
			id: row.id,
			title: row.title,
			...given({ description: row.description }),
			status: row.status,
			...given({ assignee: row.assignee }),
			tags: data(row.tags),
			dependencies: data(row.dependencies),
			createdBy: row.created_by,
			createdAt: row.created_at,
			updatedAt: row.updated_at,
			notes: notes.map(noteOf),
			artifacts: artifacts.map(({ type, url, label, added_at, added_by }) => ({
				...{ type, url, label, addedAt: added_at, ...given({ addedBy: added_by }) },
			})),
			score: row.score,
			...given({ priority: row.priority === NORMAL ? null : priorityOf(row.priority), kind: row.kind }),
		};
	}
}

/** What a hub says of its own keeping holds nowhere else; changes that the old server listed are in its lists again. */
export function* events(hub: Snapshot): Generator<object> {
	for (const row of hub.rows<EventRow>("feed", "seq")) {
		if (OWN.has(row.type) || (row.agent === UNNAMED && CHANGE_TYPES.has(row.type))) continue;
		const { seq: _, ...event } = eventOf(row);
		yield event;
	}
}

export function* logEntries(hub: Snapshot): Generator<object> {
	for (const { id, timestamp, text, agent, facts } of hub.rows<Row<"log">>("log", "seq"))
		yield { id, timestamp, text, ...given({ agent, facts: data(facts) }) };
}

export function* journalEntries(hub: Snapshot): Generator<object> {
	for (const { id, timestamp, text, author, mood, tags } of hub.rows<Row<"journal">>("journal", "seq"))
		yield { id, timestamp, text, ...given({ author, mood, tags: data(tags) }) };
}

export function* commits(hub: Snapshot): Generator<object> {
	for (const row of hub.rows<Row<"commits">>("commits")) {
		const { id, commit_id, vm_id, timestamp, label, agent, tags, metadata, parent, contains_secrets } = row;
		const secrets = contains_secrets === 1 ? true : null;
		const more = { label, agent, tags: data(tags), metadata: data(metadata), parent, containsSecrets: secrets };
		yield { id, commitId: commit_id, vmId: vm_id, timestamp, ...given(more) };
	}
}

export function* vms(hub: Snapshot): Generator<object> {
	for (const row of hub.rows<Row<"vms">>("vms")) {
		const { id, name, role, status, address } = row;
		yield {
			...{ id, name, role, status, address, ...given({ services: data(row.services), metadata: data(row.metadata) }) },
			...{ registeredBy: row.registered_by, registeredAt: row.registered_at },
			lastSeen: new Date(row.last_seen).toISOString(),
		};
	}
}

type Stands = Selectable<SkillTable> & Pick<SkillVersionTable, "content" | "published_by">;

export function* skills(hub: Snapshot, kind: "skill" | "extension"): Generator<object> {
	const table = `(select s.*, v.content, v.published_by from skills s join skill_versions v using (kind, name, version)
		where s.withdrawn = 0 and s.kind = '${kind}')`;
	for (const row of hub.rows<Stands>(table)) {
		const { id, name, version, description, content, published_by, published_at, updated_at, enabled } = row;
		yield {
			...{ id, name, version, description, content, publishedBy: published_by, publishedAt: published_at },
			...{ updatedAt: updated_at, ...(kind === "skill" ? { tags: data(row.tags) } : {}), enabled: enabled === 1 },
		};
	}
}

/** Changes that the old server keeps of each kind. */
const CHANGES = 1_000;

export function changes(hub: Snapshot, kind: "skill" | "extension"): readonly object[] {
	const types = [...CHANGE_TYPES].filter((type) => type.startsWith(kind));
	const sql = `select * from feed where type in (${types.map(() => "?").join(", ")}) order by seq desc limit ${CHANGES}`;
	return hub
		.all<EventRow>(sql, ...types)
		.reverse()
		.map((row) => {
			const { id, timestamp, detail } = eventOf(row);
			const { name, version, action } = detail as { readonly [field: string]: unknown };
			return { id, type: kind, name, version, action, timestamp };
		});
}

export function* manifests(hub: Snapshot): Generator<object> {
	for (const { agent, vm, skills: has, extensions, last_sync } of hub.rows<Row<"skill_agents">>("skill_agents"))
		yield {
			...{ agentId: agent, ...given({ vmId: vm }), skills: data(has), extensions: data(extensions) },
			lastSync: last_sync,
		};
}

export function* reports(hub: Snapshot): Generator<object> {
	const table =
		"(select r.*, v.content from reports r join report_versions v on v.report = r.n and v.version = r.version)";
	for (const row of hub.rows<Row<"reports"> & { readonly content: string }>(table)) {
		const { id, title, author, content, tags, created_at, updated_at } = row;
		yield { id, title, author, content, tags: data(tags), createdAt: created_at, updatedAt: updated_at };
	}
}
