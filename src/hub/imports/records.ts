/** Events, entries, snapshots, machines: what is written once. */
import { decodeTime } from "ulid";
import { GOLDEN } from "../../contract/commits.ts";
import { fault } from "../../errors.ts";
import { eventOf } from "../feed/event.ts";
import { CLEARED, TRIMMED } from "../feed/feed.ts";
import type { EventRow } from "../feed/schema.ts";
import { SAID } from "../skills/records.ts";
import { exists, type Hand, json, type Keepers } from "./keep.ts";

/** The event that a batch leaves. */
export const IMPORTED = "records_imported";
/** What a hub says of its own keeping: elsewhere it is not so, and a clearing would make this one forget what it counted. */
export const OWN: ReadonlySet<string> = new Set([CLEARED, TRIMMED, IMPORTED, "hub_restored"]);
/** Who says what the old server's list of changes says: it names nobody. */
export const UNNAMED = "vers-agent-services";
/** A clock that goes wrong by so much, ms. An id of a later moment would be followed by all ids to come. */
const AHEAD = 24 * 3_600_000;

const EVENT =
	"insert into feed (id, timestamp, agent, type, summary, actor, detail, metadata) values (?, ?, ?, ?, ?, ?, ?, ?)";
const KNOWN_EVENT = "select 1 from feed where id = ?";

function keepEvent({ db, tx, now }: Hand, event: Omit<EventRow, "seq">): void {
	if (decodeTime(event.id) > now + AHEAD) throw fault("invalid_input", `its id is of a time to come: ${event.id}`);
	const { id, timestamp, agent, type, summary, actor, detail, metadata } = event;
	const seq = db.run(EVENT, id, timestamp, agent, type, summary, actor, detail, metadata);
	tx.brought(eventOf({ ...event, seq }));
}

const VM = `insert into vms (id, name, role, status, address, services, metadata, registered_by, registered_at, last_seen)
	values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const COMMIT = `insert into commits (id, commit_id, vm_id, timestamp, label, agent, tags, metadata, parent,
	contains_secrets) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const JOURNAL =
	"insert into journal (id, timestamp, text, author, author_folded, mood, tags) values (?, ?, ?, ?, ?, ?, ?)";
const folded = (text: string): string => text.trim().toLowerCase();

export const recordKeepers: Keepers<"event" | "change" | "log" | "journal" | "commit" | "vm"> = {
	event: {
		key: ({ id }) => id,
		has: (db, { id }) => exists(db, KNOWN_EVENT, id),
		add(hand, { id, timestamp, agent, type, summary, actor = null, detail, metadata }) {
			if (OWN.has(type)) throw fault("invalid_input", `an event of type ${type} speaks of another hub's feed`);
			const data = { detail: json(detail), metadata: json(metadata) };
			keepEvent(hand, { id, timestamp, agent, type, summary, actor, ...data });
		},
	},
	change: {
		key: ({ id }) => id,
		has: (db, { id }) => exists(db, KNOWN_EVENT, id),
		add(hand, { id, type: kind, name, version, action, timestamp }) {
			const detail = JSON.stringify({ kind, name, version, action });
			const said = { type: `${kind}_${SAID[action]}`, summary: `${name} v${version}`, detail };
			keepEvent(hand, { id, timestamp, agent: UNNAMED, actor: null, metadata: null, ...said });
		},
	},
	log: {
		key: ({ id }) => id,
		// By its moment, which is looked up fast, as no id is.
		has: (db, { id, timestamp }) => exists(db, "select 1 from log where timestamp = ? and id = ?", timestamp, id),
		add({ db }, { id, timestamp, text, agent = null, facts }) {
			const sql = "insert into log (id, timestamp, text, agent, facts) values (?, ?, ?, ?, ?)";
			db.run(sql, id, timestamp, text, agent, json(facts));
		},
	},
	journal: {
		key: ({ id }) => id,
		has: (db, { id, timestamp }) => exists(db, "select 1 from journal where timestamp = ? and id = ?", timestamp, id),
		add({ db }, { id, timestamp, text, author = null, mood = null, tags }) {
			const who = [author, author === null ? null : folded(author)] as const;
			const seq = db.run(JOURNAL, id, timestamp, text, ...who, mood, json(tags));
			const sql = "insert into journal_tags (tag, seq) values (?, ?)";
			for (const tag of new Set((tags ?? []).map(folded))) db.run(sql, tag, seq);
		},
	},
	commit: {
		key: ({ commitId }) => commitId,
		has: (db, { commitId }) => exists(db, "select 1 from commits where commit_id = ?", commitId),
		add({ db }, commit) {
			const { id, commitId, vmId, timestamp, label = null, agent = null, tags, metadata, parent = null } = commit;
			const secrets = commit.containsSecrets === true;
			if (secrets && tags?.includes(GOLDEN))
				throw fault("conflict", "a snapshot that contains secrets cannot be golden");
			if (parent === commitId) throw fault("conflict", `${commitId} would be made from itself`);
			const data = [json(tags), json(metadata), parent, secrets ? 1 : 0] as const;
			db.run(COMMIT, id, commitId, vmId, timestamp, label, agent, ...data);
		},
	},
	vm: {
		key: ({ id }) => id,
		has: (db, { id }) => exists(db, "select 1 from vms where id = ?", id),
		add({ db }, { id, name, role, status, address, services, metadata, registeredBy, registeredAt, lastSeen }) {
			const data = [json(services), json(metadata), registeredBy, registeredAt] as const;
			db.run(VM, id, name, role, status, address, ...data, Date.parse(lastSeen));
		},
	},
};
