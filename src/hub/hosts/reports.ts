/**
 * What a host says about its lieutenants and their messages, kept as the latest word on each thing. Words may come late
 * and twice: an older one about the same thing changes nothing, and an end is never overwritten (`protocol.md` §4 rule 3).
 */

import { Type } from "@sinclair/typebox";
import { Ajv } from "ajv";
import { Lieutenant, Message } from "../../contract/lieutenants.ts";
import type { LinkUp, Notice, Report } from "../../contract/link.ts";
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { noteGap } from "../usage/coverage.ts";

/** Reports that carry a counter and are kept. */
export type Kept = Extract<Report, { readonly type: "state" | "receipt" | "notice" }>;

const Counter = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Text = Type.String({ minLength: 1 });

const ajv = new Ajv({ strict: false, coerceTypes: false, removeAdditional: false });
const { text: _text, ...receiptFields } = Message.properties;

const shapes = {
	link: Type.Object({
		protocol: Type.Integer(),
		version: Type.String({ maxLength: 100 }),
		host: Type.String({ minLength: 1, maxLength: 200 }),
		start: Text,
		link: Type.Integer(),
	}),
	heartbeat: Type.Object({ counter: Counter }),
	state: Type.Object({ counter: Counter, lieutenant: Lieutenant }),
	receipt: Type.Object({ counter: Counter, message: Type.Object(receiptFields) }),
	notice: Type.Object({
		counter: Counter,
		notice: Type.Object({
			id: Text,
			type: Text,
			owner: Type.String(),
			lieutenant: Type.Object({ id: Text, name: Text }),
			text: Type.String(),
			at: Type.String(),
		}),
	}),
	answer: Type.Object({ id: Text }),
	refusal: Type.Object({
		id: Text,
		error: Type.Object({ error: Type.String(), code: Type.String(), remedy: Type.String() }),
	}),
} as const;

const checks = new Map(Object.entries(shapes).map(([type, shape]) => [type, ajv.compile(shape)]));

/** True for a frame that a host may send. */
export function isLinkFrame(value: unknown): value is LinkUp {
	if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") return false;
	return checks.get(value.type)?.(value) === true;
}

const ENDS: ReadonlySet<string> = new Set(["consumed", "superseded", "rejected", "lost"]);
const GONE = "gone";

/** Stores one report of this host. Its feed event tells of what changed; a word that changes nothing makes none. */
export function keep(tx: Tx, host: string, report: Kept): Promise<unknown> {
	switch (report.type) {
		case "state":
			return keepState(tx, host, report.counter, report.lieutenant);
		case "receipt":
			return keepReceipt(tx, host, report.counter, report.message);
		case "notice":
			return keepNotice(tx, host, report.notice);
	}
}

const by = (host: string, name: string): Author => ({ name, role: "host", via: host });

async function keepState(tx: Tx, host: string, counter: number, lieutenant: Lieutenant): Promise<void> {
	const { id, name, state, tokens } = lieutenant;
	const known = await tx.selectFrom("lieutenants").selectAll().where("id", "=", id).executeTakeFirst();
	if (known !== undefined && (known.state === GONE || !isNewer(known, host, counter, lieutenant))) return;
	const row = { id, host, name, state, tokens, counter, doc: JSON.stringify({ ...lieutenant, host }) };
	await tx.replaceInto("lieutenants").values(row).execute();
	if (known?.tokens !== tokens) noteGap(tx.gate, id);
	if (known?.state === state) return;
	const because = lieutenant.reason === undefined ? "" : `: ${lieutenant.reason}`;
	await tx.publish({
		type: "lieutenant_state",
		by: by(host, name),
		summary: `${name} is ${state}${because}`,
		detail: { lieutenant: id, state, before: known?.state ?? null },
	});
}

/** Counters of two hosts cannot be compared: one that has moved is told of by the host that it went to. */
function isNewer(
	known: { readonly host: string; readonly counter: number; readonly doc: string },
	host: string,
	counter: number,
	{ moves = 0 }: Lieutenant,
): boolean {
	if (known.host === host) return counter > known.counter;
	return moves > ((JSON.parse(known.doc) as Lieutenant).moves ?? 0);
}

async function keepReceipt(tx: Tx, host: string, counter: number, message: Omit<Message, "text">): Promise<void> {
	const known = await tx.selectFrom("receipts").selectAll().where("id", "=", message.id).executeTakeFirst();
	if (known !== undefined && (known.counter >= counter || ENDS.has(known.receipt))) return;
	const owner = await tx.selectFrom("lieutenants").selectAll().where("id", "=", message.lieutenant).executeTakeFirst();
	if (owner !== undefined && owner.host !== host) return;
	const { id, lieutenant, receipt } = message;
	await tx
		.replaceInto("receipts")
		.values({ id, lieutenant, receipt, counter, doc: JSON.stringify(message) })
		.execute();
	if (known?.receipt === receipt) return;
	const name = owner?.name ?? lieutenant;
	await tx.publish({
		type: "message_receipt",
		by: by(host, name),
		summary: `message ${id} to ${name} is ${receipt}${message.because === undefined ? "" : `: ${message.because}`}`,
		detail: { message: id, lieutenant, receipt },
	});
}

async function keepNotice(tx: Tx, host: string, notice: Notice): Promise<void> {
	const known = await tx.selectFrom("notices").select("id").where("id", "=", notice.id).executeTakeFirst();
	if (known !== undefined) return;
	await tx
		.insertInto("notices")
		.values({ id: notice.id, host, doc: JSON.stringify(notice) })
		.execute();
	await tx.publish({
		type: `lieutenant_${notice.type}`,
		by: by(host, notice.lieutenant.name),
		summary: notice.text.slice(0, 500),
		detail: {
			notice: notice.id,
			lieutenant: notice.lieutenant.id,
			owner: notice.owner,
			...(notice.cause === undefined ? {} : { cause: notice.cause }),
		},
	});
}
