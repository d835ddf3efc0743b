import * as contract from "../../contract/tokens.ts";
import { Fault, fault } from "../../errors.ts";
import { endWhatTheyMade } from "../access/sessions.ts";
import type { Caller } from "../author.ts";
import type { Tx } from "../database/tx.ts";
import { type Chore, read, type Stamp, type WriteCall, write } from "../handle.ts";
import { iso } from "../window.ts";
import type { TokenRow } from "./schema.ts";
import { hashOf, RANK } from "./tokens.ts";

export const register = write(contract.register, async (call) => {
	const { input, caller, tx } = call;
	const known = await tx.selectFrom("tokens").selectAll().where("hash", "=", input.hash).executeTakeFirst();
	if (known === undefined) return tokenOf(await add(call, input));
	if (known.role !== input.role || known.name !== input.name)
		throw fault("conflict", `This token is ${known.name} (${known.role}) already`);
	if (caller.role !== "admin" && !(await standsBelow(tx, known.id, caller.id)))
		throw fault("forbidden", caller.role, "register this token");
	return tokenOf(known);
});

export const mint = write(
	contract.mint,
	async (call) => {
		const secret = newSecret(call);
		const row = await add(call, { ...call.input, hash: hashOf(secret) });
		return { secret, token: tokenOf(row) };
	},
	{ secret: true },
);

export const list = read(contract.list, async ({ db, caller, hub }) => {
	const rows = await db.selectFrom("tokens").selectAll().orderBy("id").execute();
	const uses = new Map((await db.selectFrom("token_uses").selectAll().execute()).map(({ token, at }) => [token, at]));
	const shown = caller.role === "admin" ? rows : below(rows, caller.id);
	const lastUse = ({ id }: TokenRow): string | undefined => {
		const minute = hub.tokens.lastUse(id);
		return minute === undefined ? uses.get(id) : iso(minute);
	};
	return { tokens: shown.map((row) => tokenOf(row, lastUse(row))), count: shown.length };
});

/** Once a minute for all: a use that is noted with each request would make a write of every read. */
export const noteUses: Chore = {
	type: "chore",
	every: 60_000,
	last: true,
	async run({ tokens, database }) {
		const uses = tokens.takeUses();
		if (uses.size === 0) return;
		await database.write(async (tx) => {
			for (const [id, minute] of uses) {
				// An admin of the command line has no row.
				const sql = "insert or replace into token_uses (token, at) select id, ? from tokens where id = ?";
				tx.gate.connection.run(sql, iso(minute), id);
			}
		});
	},
};

export const rotate = write(
	contract.rotate,
	async (call) => {
		const { input, author, caller, tx, stamp, hub } = call;
		if (input.id === contract.HOME_ADMIN) return await rotateHome(call);
		const rows = await tx.selectFrom("tokens").selectAll().execute();
		const row = rows.find(({ id }) => id === input.id);
		if (row === undefined) throw fault("not_found", "Token");
		const isOwn = row.id === caller.id || below(rows, caller.id).includes(row);
		if (caller.role !== "admin" && !isOwn) throw fault("forbidden", caller.role, "rotate this token");
		if (row.revoked_at !== null) throw fault("conflict", "The token is revoked");
		if (row.host !== null) throw keptByHost(row.host);
		const secret = newSecret(call);
		const next = { ...row, hash: hashOf(secret), rotated_at: stamp.timestamp };
		await tx.updateTable("tokens").set(next).where("id", "=", row.id).execute();
		await endWhatTheyMade(tx, [row.id], stamp.timestamp);
		await tx.publish(rotated(author, row));
		tx.after(() => {
			hub.tokens.forget([row]);
			hub.tokens.remember(next);
		});
		return { id: row.id, role: row.role, name: row.name, secret };
	},
	{ secret: true },
);

/** The file first: should the event not be stored, the new token counts all the same, and the file has it. */
async function rotateHome({ author, caller, tx, stamp, hub }: WriteCall<unknown>) {
	if (caller.role !== "admin") throw fault("forbidden", caller.role, "rotate the admin token");
	await endWhatTheyMade(tx, [hub.tokens.renewHome()], stamp.timestamp);
	const admin = { id: contract.HOME_ADMIN, role: "admin", name: "admin" } as const;
	await tx.publish(rotated(author, admin));
	return admin;
}

const rotated = (by: WriteCall<unknown>["author"], { id, name, role }: Pick<TokenRow, "id" | "name" | "role">) => ({
	...{ type: "token_rotated", by, detail: { token: id } },
	summary: `${name} (${role}) has another secret`,
});

/** A host starts its agents with what it keeps: another secret that it does not know would cut all of them off. */
const keptByHost = (host: string): Fault =>
	new Fault(
		"conflict",
		`Host ${host} made this token and keeps it for its agents`,
		"It ends by itself when its agent is gone; `flagship tokens revoke` ends it now, and with it what its agent may.",
	);

export const revoke = write(contract.revoke, async ({ input, author, caller, tx, stamp, hub }) => {
	const rows = await tx.selectFrom("tokens").selectAll().execute();
	const top = rows.find((row) => row.id === input.id);
	if (top === undefined) throw fault("not_found", "Token");
	if (caller.role !== "admin" && !below(rows, caller.id).includes(top))
		throw fault("forbidden", caller.role, "revoke this token");
	const ending = [top, ...below(rows, top.id)].filter((row) => row.revoked_at === null);
	const ids = ending.map((row) => row.id);
	if (ids.length > 0)
		await tx.updateTable("tokens").set({ revoked_at: stamp.timestamp }).where("id", "in", ids).execute();
	await endWhatTheyMade(tx, ids, stamp.timestamp);
	await tx.publish({
		type: "token_revoked",
		by: author,
		summary: `revoked ${top.name} (${top.role})`,
		detail: { tokens: ids },
	});
	tx.after(() => hub.tokens.forget(ending));
	return { revoked: ids };
});

export const me = read(contract.me, ({ caller: { name, role, host } }) => ({
	name,
	role,
	...(host === undefined ? {} : { host }),
}));

interface Wanted {
	readonly hash: string;
	readonly role: contract.Token["role"];
	readonly name: string;
	readonly parent?: string;
}

async function add({ author, caller, tx, stamp, hub }: WriteCall<unknown>, wanted: Wanted): Promise<TokenRow> {
	const parent = await parentOf(tx, caller, wanted.parent);
	mayMake(parent ?? caller, wanted);
	const row = rowOf(wanted, parent, stamp);
	await tx.insertInto("tokens").values(row).execute();
	await tx.publish({
		type: "token_registered",
		by: author,
		summary: `${wanted.name} (${wanted.role})`,
		detail: { token: row.id },
	});
	tx.after(() => hub.tokens.remember(row));
	return row;
}

/** The row above a new token: the one named, which must be the caller's or stand below it, else the caller's own. */
async function parentOf(tx: Tx, caller: Caller, named: string | undefined): Promise<TokenRow | undefined> {
	const query = tx.selectFrom("tokens").selectAll();
	if (named === undefined) return query.where("id", "=", caller.id).executeTakeFirst();
	const row = await query.where("hash", "=", named).executeTakeFirst();
	// An admin of the command line has no row; it may name itself.
	if (row === undefined && caller.role === "admin") return undefined;
	if (row === undefined) throw fault("not_found", "Parent token");
	if (row.revoked_at !== null) throw fault("conflict", "The parent token is revoked");
	if (caller.role === "admin" || row.id === caller.id || (await standsBelow(tx, row.id, caller.id))) return row;
	throw fault("forbidden", caller.role, "register a token below that one");
}

/** Equal or lesser rights; but no host makes a host, which would let it speak for another machine. */
function mayMake(parent: { readonly role: Caller["role"] }, wanted: Wanted): void {
	const allowed = RANK[wanted.role] <= RANK[parent.role] && !(parent.role === "host" && wanted.role === "host");
	if (!allowed) throw fault("forbidden", parent.role, `make a token of role ${wanted.role}`);
}

const newSecret = ({ hub }: WriteCall<unknown>): string =>
	Buffer.from(hub.world.random.bytes(32)).toString("base64url");

const rowOf = ({ hash, role, name }: Wanted, parent: TokenRow | undefined, stamp: Stamp): TokenRow => ({
	id: stamp.id,
	hash,
	role,
	name,
	host: role === "host" ? name : (parent?.host ?? null),
	parent: parent?.id ?? null,
	created_at: stamp.timestamp,
	revoked_at: null,
	rotated_at: null,
});

async function standsBelow(tx: Tx, id: string, ancestor: string): Promise<boolean> {
	const rows = await tx.selectFrom("tokens").selectAll().execute();
	return below(rows, ancestor).some((row) => row.id === id);
}

function below(rows: readonly TokenRow[], ancestor: string): TokenRow[] {
	const children = rows.filter((row) => row.parent === ancestor);
	return children.flatMap((child) => [child, ...below(rows, child.id)]);
}

function tokenOf(row: TokenRow, lastUsedAt?: string): contract.Token {
	const { id, role, name, host, parent, created_at, revoked_at, rotated_at } = row;
	return {
		id,
		role,
		name,
		...(host === null ? {} : { host }),
		...(parent === null ? {} : { parent }),
		createdAt: created_at,
		...(rotated_at === null ? {} : { rotatedAt: rotated_at }),
		...(lastUsedAt === undefined ? {} : { lastUsedAt }),
		...(revoked_at === null ? {} : { revokedAt: revoked_at }),
	};
}
