import { hash } from "node:crypto";
import * as contract from "../../contract/incidents.ts";
import { fault } from "../../errors.ts";
import { masker } from "../../mask.ts";
import type { Author } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { read, type Stamp, write } from "../handle.ts";
import { cursorOf, cut, limitOf, newestFirst } from "../page.ts";
import { hostOf, momentOf, ownHost } from "./teller.ts";
import { factOf, type IncidentRow, incidentOf, incidents, rowOf, told } from "./view.ts";

/** What has the shape of a secret; a host masks those that it knows before it tells anything. */
const mask = masker([]);

type Told = Parameters<typeof contract.record.tell>[1];

/** The incident that a fact belongs to: that of its episode, also when it is over; else the open one. */
async function known(tx: Tx, host: string, { cause, episode }: Told): Promise<IncidentRow | undefined> {
	if (episode !== undefined) {
		const row = await tx
			.selectFrom("incidents as i")
			.innerJoin("incident_episodes as e", "e.incident", "i.n")
			.selectAll("i")
			.where("e.host", "=", host)
			.where("e.episode", "=", episode)
			.executeTakeFirst();
		if (row !== undefined) return row;
	}
	return await tx
		.selectFrom("incidents")
		.selectAll()
		.where("host", "=", host)
		.where("cause", "=", cause)
		.where("ended_at", "is", null)
		.executeTakeFirst();
}

async function open(tx: Tx, host: string, input: Told, author: Author, stamp: Stamp): Promise<IncidentRow> {
	const row = {
		...{ id: stamp.id, host, cause: input.cause, began_at: momentOf(input.at, stamp), ended_at: null },
		...{ opened_by: author.name, closed_by: null, report: null },
	};
	return await tx.insertInto("incidents").values(row).returningAll().executeTakeFirstOrThrow();
}

/** Told again in the same words it is counted: a night of probes is one line. */
async function add(tx: Tx, { n }: IncidentRow, input: Told, author: Author, stamp: Stamp): Promise<void> {
	const at = momentOf(input.at, stamp);
	const said = {
		type: input.type,
		what: mask(input.what.trim()),
		call: input.call === undefined ? null : mask(input.call.trim()),
		raw: input.raw === undefined ? null : mask(input.raw),
		machine: input.machine?.trim() ?? null,
		lieutenant: input.lieutenant?.trim() ?? null,
	};
	const words = hash("sha256", JSON.stringify([Object.values(said), author.name]), "hex");
	const running = input.running ?? null;
	await tx
		.insertInto("incident_facts")
		.values({ ...said, incident: n, words, at, running, told_by: author.name, times: 1, last_at: at })
		.onConflict((conflict) =>
			conflict.columns(["incident", "words"]).doUpdateSet(({ ref, fn, val }) => ({
				times: (row) => row("incident_facts.times", "+", 1),
				last_at: at,
				running: fn<number>("min", [
					fn.coalesce(ref("incident_facts.running"), val(running)),
					fn.coalesce(val(running), ref("incident_facts.running")),
				]),
			})),
		)
		.execute();
}

export const record = write(contract.record, async ({ input, author, caller, tx, stamp }) => {
	const host = hostOf(input.host?.trim(), caller);
	const there = await known(tx, host, input);
	const row = there ?? (await open(tx, host, input, author, stamp));
	const { episode } = input;
	if (episode !== undefined) {
		const mapped = { host, episode, incident: row.n };
		await tx
			.insertInto("incident_episodes")
			.values(mapped)
			.onConflict((conflict) => conflict.doNothing())
			.execute();
	}
	await add(tx, row, input, author, stamp);
	const incident = await told(tx, row.n);
	const opened = there === undefined;
	await tx.publish({
		type: opened ? "incident_opened" : "incident_updated",
		by: author,
		summary: `${row.cause} on ${host}, ${input.type}: ${mask(input.what.trim())}`,
		detail: { incident: row.id, host, cause: row.cause, fact: input.type },
	});
	return { ...incident, opened };
});

const MINUTE = 60_000;

/** ` after 42 min`; nothing where the two moments are of clocks that disagree. */
function lasted(from: string, to: string): string {
	const minutes = Math.round((Date.parse(to) - Date.parse(from)) / MINUTE);
	return minutes < 0 ? "" : ` after ${minutes} min`;
}

export const close = write(contract.close, async ({ input, author, caller, tx, stamp }) => {
	const row = await rowOf(tx, input.id);
	if (caller.role === "host" && row.host !== ownHost(caller))
		throw fault("forbidden", caller.role, "close another host's incident");
	if (row.ended_at !== null) return await told(tx, row.n);
	const ended_at = momentOf(input.at, stamp);
	if (input.what !== undefined) {
		const { what, at } = input;
		await add(tx, row, { cause: row.cause, type: "note", what, ...(at === undefined ? {} : { at }) }, author, stamp);
	}
	await tx.updateTable("incidents").set({ ended_at, closed_by: author.name }).where("n", "=", row.n).execute();
	const incident = await told(tx, row.n);
	await tx.publish({
		type: "incident_closed",
		by: author,
		summary: [`all clear: ${row.cause} on ${row.host}${lasted(row.began_at, ended_at)}`, contract.impactOf(incident)]
			.filter((part) => part !== "")
			.join("; "),
		detail: { incident: row.id, host: row.host, cause: row.cause },
	});
	return incident;
});

export const list = read(contract.list, async ({ input, db }) => {
	const { state, host, cause } = input;
	let query = incidents(db);
	if (state !== undefined) query = query.where("i.ended_at", state === "open" ? "is" : "is not", null);
	if (host !== undefined) query = query.where("i.host", "=", host);
	if (cause !== undefined) query = query.where("i.cause", "=", cause);
	const { rows, next } = await newestFirst(query, input);
	return { incidents: rows.map(incidentOf), count: rows.length, ...next };
});

export const get = read(contract.get, async ({ input, db }) => {
	const { n } = await rowOf(db, input.id);
	const limit = limitOf(input.limit);
	const found = await db
		.selectFrom("incident_facts")
		.selectAll()
		.where("incident", "=", n)
		.where("n", ">", cursorOf(input.cursor) ?? 0)
		.orderBy("n")
		.limit(limit + 1)
		.execute();
	const { rows, next } = cut(found, limit, (row) => row.n);
	return { ...(await told(db, n)), timeline: rows.map(factOf), count: rows.length, ...next };
});
