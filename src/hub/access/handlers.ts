import type { Selectable } from "kysely";
import * as contract from "../../contract/access.ts";
import { fault } from "../../errors.ts";
import type { Context } from "../context.ts";
import { type Chore, read, write } from "../handle.ts";
import { newestFirst } from "../page.ts";
import { hashOf } from "../tokens/tokens.ts";
import { iso } from "../window.ts";
import type { BrowserSessionTable } from "./schema.ts";
import type { Session } from "./sessions.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LINK_LASTS = 5 * MINUTE;
const SESSION_LASTS = DAY;
/** How long a session that is over stays in the list. */
const KEPT = 30 * DAY;
const AGENT_MAX = 500;

const newSecret = ({ world }: Context): string => Buffer.from(world.random.bytes(32)).toString("base64url");

export const link = write(
	contract.link,
	async ({ input, author, caller, tx, stamp, hub }) => {
		const role = input.role ?? (caller.role === "admin" ? "admin" : "viewer");
		if (role === "admin" && caller.role !== "admin") throw fault("forbidden", caller.role, "make an admin's link");
		const secret = newSecret(hub);
		const expiresAt = iso(stamp.at + LINK_LASTS);
		const made = { hash: hashOf(secret), role, token: caller.id, created_by: author.name };
		await tx
			.insertInto("login_links")
			.values({ ...made, expires_at: expiresAt, used_at: null })
			.execute();
		await tx.publish({
			type: "login_link_made",
			by: author,
			summary: role === "admin" ? "for an admin" : "for a viewer",
			detail: { role, expiresAt },
		});
		return { url: `${hub.publicUrl()}/ui/login?token=${secret}`, expiresAt };
	},
	{ secret: true },
);

/** Whether the link would let somebody in now: looking uses nothing up. */
export async function isGood({ database, world }: Context, secret: string): Promise<boolean> {
	const query = database.read.selectFrom("login_links").select("expires_at").where("hash", "=", hashOf(secret));
	const row = await query.where("used_at", "is", null).executeTakeFirst();
	return row !== undefined && row.expires_at > iso(world.clock.now());
}

export interface Visitor {
	readonly ip: string | null;
	readonly userAgent: string | null;
}

export interface Login {
	readonly cookie: string;
	/** Seconds. */
	readonly lasts: number;
}

/** Uses the link up and begins a session, in one commit: of many who come at once with it, one gets in. */
export async function logIn(hub: Context, secret: string, { ip, userAgent }: Visitor): Promise<Login | undefined> {
	const { database, ids, world, sessions } = hub;
	return await database.write(async (tx) => {
		const now = iso(world.clock.now());
		const found = tx.selectFrom("login_links").selectAll().where("hash", "=", hashOf(secret));
		const row = await found.where("used_at", "is", null).where("expires_at", ">", now).executeTakeFirst();
		if (row === undefined) return undefined;
		await tx.updateTable("login_links").set({ used_at: now }).where("hash", "=", row.hash).execute();
		const cookie = newSecret(hub);
		const session = {
			...{ id: ids.next(), hash: hashOf(cookie), role: row.role, token: row.token, created_by: row.created_by },
			...{ created_at: now, expires_at: iso(world.clock.now() + SESSION_LASTS), ended_at: null },
			...{ ip, user_agent: userAgent?.slice(0, AGENT_MAX) ?? null },
		};
		await tx.insertInto("browser_sessions").values(session).execute();
		await tx.publish({
			type: "browser_logged_in",
			by: { name: row.role, role: row.role },
			summary: `as ${row.role}, by a link of ${row.created_by}`,
			detail: { session: session.id },
		});
		tx.after(() => sessions.remember(session));
		return { cookie, lasts: SESSION_LASTS / 1_000 };
	});
}

const sessionOf = (row: Selectable<BrowserSessionTable>): contract.BrowserSession => ({
	...{ id: row.id, role: row.role, createdBy: row.created_by, createdAt: row.created_at, expiresAt: row.expires_at },
	...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
	...{ ip: row.ip, userAgent: row.user_agent },
});

export const list = read(contract.sessions, async ({ input, caller, db }) => {
	const all = db.selectFrom("browser_sessions").selectAll();
	const shown = caller.role === "admin" ? all : all.where("token", "=", caller.id);
	const { rows, next } = await newestFirst(shown, input);
	return { sessions: rows.map(sessionOf), count: rows.length, ...next };
});

export const end = write(contract.end, async ({ input, author, caller, tx, stamp, hub }) => {
	const all = tx.selectFrom("browser_sessions").selectAll();
	const own = caller.role === "admin" ? all : all.where("token", "=", caller.id);
	const named = await (input.id === contract.ALL ? own : own.where("id", "=", input.id)).execute();
	if (named.length === 0 && input.id !== contract.ALL) throw fault("not_found", "Session");
	const ended = named.filter(({ ended_at }) => ended_at === null).map(({ id }) => id);
	if (ended.length > 0)
		await tx.updateTable("browser_sessions").set({ ended_at: stamp.timestamp }).where("id", "in", ended).execute();
	await tx.publish({
		type: "browser_logged_out",
		by: author,
		summary: `${ended.length} logged out`,
		detail: { sessions: ended },
	});
	tx.after(() => hub.sessions.forget(ended));
	return { ended };
});

/** By the browser itself. */
export async function logOut({ database, world, sessions }: Context, { id: session, caller }: Session): Promise<void> {
	await database.write(async (tx) => {
		const row = tx.updateTable("browser_sessions").set({ ended_at: iso(world.clock.now()) });
		await row.where("id", "=", session).where("ended_at", "is", null).execute();
		await tx.publish({
			type: "browser_logged_out",
			by: { name: caller.name, role: caller.role },
			summary: "by itself",
			detail: { sessions: [session] },
		});
		tx.after(() => sessions.forget([session]));
	});
}

/** Streams of a session end with it; links and sessions that are long over are forgotten. */
export const sweep: Chore = {
	type: "chore",
	every: MINUTE,
	async run({ database, world, sessions }) {
		const now = world.clock.now();
		sessions.forget(sessions.expired(iso(now)));
		const links = database.read
			.selectFrom("login_links")
			.select("hash")
			.where("expires_at", "<", iso(now - DAY));
		const old = database.read
			.selectFrom("browser_sessions")
			.select("n")
			.where("expires_at", "<", iso(now - KEPT));
		const [gone, over] = [await links.execute(), await old.execute()];
		if (gone.length + over.length === 0) return;
		await database.write(async (tx) => {
			for (const { hash } of gone) await tx.deleteFrom("login_links").where("hash", "=", hash).execute();
			for (const { n } of over) await tx.deleteFrom("browser_sessions").where("n", "=", n).execute();
		});
	},
};
