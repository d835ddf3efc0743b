import { type Kysely, type Selectable, sql } from "kysely";
import type { Role } from "../../contract/operation.ts";
import * as contract from "../../contract/registry.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Tables } from "../database/tables.ts";
import { read, write } from "../handle.ts";
import { limitOf, newestFirst } from "../page.ts";
import { iso } from "../window.ts";
import type { VmTable } from "./schema.ts";

type VmRow = Selectable<VmTable>;

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

/** Besides whoever registered it. */
const LEADS: ReadonlySet<Role> = new Set(["admin", "host", "orchestrator"]);

function vmOf(row: VmRow, now: number): contract.Vm {
	return {
		id: row.id,
		name: row.name,
		role: row.role,
		status: row.status,
		address: row.address,
		...(row.services === null ? {} : { services: JSON.parse(row.services) }),
		...(row.metadata === null ? {} : { metadata: JSON.parse(row.metadata) }),
		registeredBy: row.registered_by,
		registeredAt: row.registered_at,
		lastSeen: iso(row.last_seen),
		...(row.status === "running" && row.last_seen < now - contract.VM_STALE ? { stale: true as const } : {}),
	};
}

async function rowOf(db: Kysely<Tables>, id: string): Promise<VmRow> {
	const row = await db.selectFrom("vms").selectAll().where("id", "=", id).executeTakeFirst();
	if (row === undefined) throw fault("not_found", "VM");
	return row;
}

function refuseStranger(row: VmRow, { name, role }: Author, what: string): void {
	if (row.registered_by === name || LEADS.has(role)) return;
	throw fault("forbidden", role, `${what} a machine that ${row.registered_by} registered`);
}

const offering = (service: string) =>
	sql<boolean>`exists (select 1 from json_each(services) where json_extract(value, '$.name') = ${service})`;

/** Whoever registered a VM with its own token may do so again: an agent that restarts need not know whether it did. */
export const register = write(contract.register, async ({ input, author, tx, stamp }) => {
	const id = input.id.trim();
	const known = await tx.selectFrom("vms").selectAll().where("id", "=", id).executeTakeFirst();
	const again = known !== undefined && author.role !== "admin" && known.registered_by === author.name;
	if (known !== undefined && !again) throw fault("conflict", "VM already registered");
	const fields = {
		id,
		name: input.name.trim(),
		role: input.role,
		status: input.status ?? "running",
		address: input.address.trim(),
		services: json(input.services),
		metadata: json(input.metadata),
		last_seen: stamp.at,
	};
	if (again) await tx.updateTable("vms").set(fields).where("n", "=", known.n).execute();
	else {
		const row = { ...fields, registered_by: author.name, registered_at: stamp.timestamp };
		await tx.insertInto("vms").values(row).execute();
	}
	await tx.publish({
		type: "vm_registered",
		by: author,
		summary: `${fields.name} (${fields.role})`,
		detail: { vm: id, role: fields.role, address: fields.address },
	});
	return vmOf(await rowOf(tx, id), stamp.at);
});

export const list = read(contract.list, async ({ input, db, now }) => {
	let query = db.selectFrom("vms").selectAll();
	if (input.role !== undefined) query = query.where("role", "=", input.role as contract.Vm["role"]);
	if (input.status !== undefined) query = query.where("status", "=", input.status as contract.Vm["status"]);
	if (input.status === "running") query = query.where("last_seen", ">=", now - contract.VM_STALE);
	if (input.service !== undefined) query = query.where(offering(input.service));
	const { rows, next } = await newestFirst(query, input);
	return { vms: rows.map((row) => vmOf(row, now)), count: rows.length, ...next };
});

export const get = read(contract.get, async ({ input, db, now }) => vmOf(await rowOf(db, input.id), now));

export const update = write(contract.update, async ({ input, author, tx, stamp }) => {
	const row = await rowOf(tx, input.id);
	refuseStranger(row, author, "change");
	const { id: _id, name, status, address, services, metadata } = input;
	await tx
		.updateTable("vms")
		.set({
			last_seen: stamp.at,
			...(name === undefined ? {} : { name: name.trim() }),
			...(status === undefined ? {} : { status }),
			...(address === undefined ? {} : { address: address.trim() }),
			...(services === undefined ? {} : { services: json(services) }),
			...(metadata === undefined ? {} : { metadata: json(metadata) }),
		})
		.where("n", "=", row.n)
		.execute();
	await tx.publish({
		type: "vm_updated",
		by: author,
		summary: `${row.name}${status === undefined ? "" : ` is ${status}`}`,
		detail: { vm: row.id, ...(status === undefined ? {} : { status, before: row.status }) },
	});
	return vmOf(await rowOf(tx, row.id), stamp.at);
});

export const remove = write(contract.remove, async ({ input, author, tx }) => {
	const row = await rowOf(tx, input.id);
	refuseStranger(row, author, "remove");
	await tx.deleteFrom("vms").where("n", "=", row.n).execute();
	await tx.publish({ type: "vm_removed", by: author, summary: row.name, detail: { vm: row.id } });
	return { deleted: true as const };
});

/** No event: a sign of life moves a deadline and changes no record. */
export const heartbeat = write(contract.heartbeat, async ({ input, tx, stamp }) => {
	const row = await rowOf(tx, input.id);
	await tx.updateTable("vms").set({ last_seen: stamp.at }).where("n", "=", row.n).execute();
	return { id: row.id, lastSeen: stamp.timestamp };
});

export const discover = read(contract.discover, async ({ input, db, now }) => {
	let query = db
		.selectFrom("vms")
		.selectAll()
		.where("role", "=", input.role as contract.Vm["role"])
		.where("status", "=", "running")
		.where("last_seen", ">=", now - contract.VM_STALE);
	if (input.service !== undefined) query = query.where(offering(input.service));
	const rows = await query.orderBy("n").limit(limitOf(undefined)).execute();
	return { vms: rows.map((row) => vmOf(row, now)), count: rows.length };
});
