/** Share links and who read by them: `reports.db`. */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { reason } from "../../errors.ts";
import { copyOf } from "./copy.ts";
import { LINKS_FILE } from "./files.ts";
import { type Fields, type Item, rejected } from "./item.ts";

const LINKS =
	"select linkId, reportId, createdAt, createdBy, expiresAt, label, revoked from share_links order by rowid";
const ACCESSES = "select id, linkId, reportId, timestamp, ip, userAgent, referrer from share_access_log order by rowid";
/** Names of links beside the hash of their address: what `flagship export` writes, and the old server does not look at. */
const NAMES = "select hash, name from flagship_links";

/** What cannot be guessed: a ULID has 80 bits of chance, a UUID 122. */
const SECRET = /^(?:[0-9A-Z]{26}|[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})$/i;
/** An address that nobody can know any more: what is left of it. */
export const HASHED = "sha256:";
const HASH = new RegExp(`^${HASHED}([0-9a-f]{64})$`);

/** Hash of the address; undefined for one that could be guessed. */
function hashOf(linkId: unknown): string | undefined {
	if (typeof linkId !== "string") return undefined;
	if (SECRET.test(linkId)) return createHash("sha256").update(linkId).digest("hex");
	return HASH.exec(linkId)?.[1];
}

export function* linkItems(folder: string, copies: string): Generator<Item> {
	const names = new Map<unknown, unknown>();
	for (const { row } of rowsOf(folder, copies, NAMES)) names.set(row.hash, row.name);
	for (const { row, line, why } of rowsOf(folder, copies, LINKS)) {
		const { linkId, ...link } = row;
		const place = { file: LINKS_FILE, line, kind: "link" as const, raw: JSON.stringify(row) };
		const hash = hashOf(linkId);
		const name = names.get(hash);
		if (why !== undefined) yield rejected(place, why);
		else if (hash === undefined) yield rejected(place, "its address could be guessed");
		else yield { type: "record", ...place, record: { hash, ...link, ...(name === undefined ? {} : { name }) } };
	}
}

export function* accessItems(folder: string, copies: string): Generator<Item> {
	for (const { row, line, why } of rowsOf(folder, copies, ACCESSES)) {
		const { linkId, ...access } = row;
		const place = { file: LINKS_FILE, line, kind: "access" as const, raw: JSON.stringify(row) };
		if (why !== undefined) yield rejected(place, why);
		else yield { type: "record", ...place, record: { ...access, link: hashOf(linkId) ?? "" } };
	}
}

interface Row {
	readonly row: Fields;
	readonly line: number;
	/** The table cannot be read, from here on. */
	readonly why?: string;
}

function* rowsOf(folder: string, copies: string, sql: string): Generator<Row> {
	let line = 0;
	let database: DatabaseSync | undefined;
	try {
		database = new DatabaseSync(copyOf(folder, LINKS_FILE, copies));
		// What the file says of itself is not run.
		database.exec("pragma trusted_schema = off; pragma query_only = on; pragma cell_size_check = on;");
		for (const row of database.prepare(sql).iterate()) yield { row: { ...row }, line: ++line };
	} catch (thrown) {
		if (sql !== NAMES) yield { row: {}, line: line + 1, why: `the database cannot be read: ${reason(thrown)}` };
	} finally {
		database?.close();
	}
}
