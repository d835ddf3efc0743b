/**
 * What a person does on a page of the hub. The conversation with the orchestrator still runs the fleet, so it has to hear
 * of each such deed, or it would act on a picture that is no longer true: the feed has an event of its own for them.
 */
import type { Kysely } from "kysely";
import * as feed from "../../contract/feed.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { masker } from "../../mask.ts";
import type { Caller } from "../author.ts";
import type { Tables } from "../database/tables.ts";
import type { Tx } from "../database/tx.ts";

const masked = masker([]);

/** Longest sentence of one deed, in characters. */
const SENTENCE = 600;

/** By a browser's session; who has a token is a program. */
export const isPerson = ({ id }: Caller): boolean => id.startsWith("session:");

interface Deed {
	readonly operation: AnyOperation;
	readonly input: unknown;
	readonly output: unknown;
	readonly caller: Caller;
}

/** In the commit of what was done, where there is one. */
export async function tellDeed(tx: Tx, { operation, input, output, caller }: Deed): Promise<void> {
	const fields: Fields = Object(input);
	const about = await lieutenantOf(tx, operation, fields);
	const task = text(fields.taskId) ?? (operation.name.startsWith("board.") ? text(fields.id) : undefined);
	const sentence = masked(sentenceOf(operation, { input, output, name: about?.name })).slice(0, SENTENCE);
	await tx.publish({
		type: feed.PERSON_ACTED,
		by: { name: caller.name, role: caller.role },
		summary: sentence,
		detail: {
			operation: operation.name,
			...(about === undefined ? {} : { lieutenant: about.id, owner: about.owner }),
			...(task === undefined ? {} : { task }),
		},
	});
}

type Fields = Readonly<Record<string, unknown>>;
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Whom a forwarded call was about, also when it is gone since. */
async function lieutenantOf(db: Kysely<Tables>, { path }: AnyOperation, { name }: Fields) {
	if (!path.startsWith("/lieutenants/:name")) return undefined;
	const named = text(name) ?? "";
	const rows = await db
		.selectFrom("lieutenants")
		.select(["id", "name", "doc"])
		.where((or) => or.or([or("id", "=", named), or("name", "=", named)]))
		.orderBy("id", "desc")
		.limit(1)
		.execute();
	return rows.map((row) => ({ id: row.id, name: row.name, owner: text(JSON.parse(row.doc).owner) }))[0];
}

const VERBS: Readonly<Record<string, string>> = {
	"lieutenants.pause": "stopped",
	"lieutenants.resume": "resumed",
	"lieutenants.destroy": "ended",
};

interface Told {
	readonly input: unknown;
	readonly output: unknown;
	readonly name: string | undefined;
}

/** In words of its own for what changes a lieutenant; else as the operation tells it to whoever calls. */
function sentenceOf(operation: AnyOperation, { input, output, name }: Told): string {
	const fields: Fields = Object(input);
	const verb = VERBS[operation.name];
	if (verb !== undefined) return `${verb} ${name ?? fields.name}`;
	if (operation.name === "lieutenants.send")
		return `told ${name ?? fields.name} (${fields.mode ?? "prompt"}): ${fields.message}`;
	return `${operation.name}: ${operation.tell(output, input)}`;
}
