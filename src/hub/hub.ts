/** The hub: opens its data, serves the contract, ends without losing what it answered. */
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Wake } from "../daemon/wake.ts";
import { fault, reason } from "../errors.ts";
import type { Timer, World } from "../world.ts";
import { createSessions } from "./access/sessions.ts";
import { isMaking } from "./backups/make.ts";
import { type BackupRules, NO_SCHEDULE } from "./backups/rules.ts";
import { expireClaims, shiftClaims } from "./board/claims.ts";
import { KINDS, type Kinds } from "./board/kinds.ts";
import { type BudgetRules, NO_BUDGETS } from "./budgets/accounts.ts";
import { type Context, type Rules, STRICT } from "./context.ts";
import type { Connection } from "./database/connection.ts";
import { createDatabase, type Database, openStorage, type Storage } from "./database/database.ts";
import { createPublisher } from "./feed/event.ts";
import { createFeed } from "./feed/feed.ts";
import { createLinks } from "./hosts/links.ts";
import { createApp } from "./http/app.ts";
import { OPEN } from "./http/callers.ts";
import { createTurnstile, LIMITS, type Limits } from "./http/limits.ts";
import { acceptUpgrades } from "./http/upgrade.ts";
import { createIds } from "./ids.ts";
import { forgetOldKeys } from "./keys/keys.ts";
import { loadModules, type Modules } from "./modules.ts";
import { schedulesIn } from "./schedules/count.ts";
import { seedSkills } from "./skills/seed.ts";
import { createTokens, type HomeToken, type Tokens } from "./tokens/tokens.ts";

export interface HubOptions {
	readonly world: World;
	/** Holds `hub.db`. Whoever starts a hub holds the folder's lock. */
	readonly dataFolder: string;
	/** Address to listen on: `127.0.0.1`, `::`, … */
	readonly host: string;
	/** 0 takes a free one. */
	readonly port: number;
	/** Secrets, each as good as a stored token of role admin. */
	readonly adminTokens: readonly string[];
	/** The admin token of the home's own file; absent where the data has none. */
	readonly homeToken?: HomeToken;
	/** This package's version, told to everyone. */
	readonly version: string;
	/** Absent: all enforced. */
	readonly rules?: Rules;
	/** Absent: those of `LIMITS`. */
	readonly limits?: Limits;
	/** Absent: no fleet has a limit until one is set. */
	readonly budgets?: BudgetRules;
	/** Absent: it makes backups when asked, and none by itself. */
	readonly backups?: BackupRules;
	/** Absent: those of the package. */
	readonly kinds?: Kinds;
	/** A folder of skills that are published where this hub has never had them. */
	readonly skills?: string;
	/** Where people reach it, for the links that it makes; absent: the address that it listens on. */
	readonly publicUrl?: string;
	/** Faults that no caller can mend, for the daemon's log. */
	readonly complain: (what: string) => void;
}

/** What keeps a hub from leaving when idle. */
export interface Activity {
	/** Milliseconds since the last request or frame of a link, by the world's `elapsed`. */
	readonly idleFor: number;
	/** Open feed streams: sessions and pages that watch. */
	readonly streams: number;
	/** Hosts with a live link. */
	readonly links: number;
	/** Lieutenants that are starting, working or stalled, by their last word. */
	readonly working: number;
	/** Enabled schedules. */
	readonly schedules: number;
}

export interface Hub {
	/** `http://127.0.0.1:3000` */
	readonly address: string;
	activity(): Activity;
	/** Stops listening, ends streams, answers what was begun, closes the data. */
	close(): Promise<void>;
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
/** How often claims without a sign of life are freed, and old idempotency keys forgotten. */
const SWEEP = 5_000;
const FORGET = 3_600_000;
/** Milliseconds in which a hub that ends answers what was begun: no handler takes longer than one second. */
const GRACE = 5_000;

/** Throws `newer_data` or `hub_unprotected`; `EADDRINUSE` and the like come as they are. */
export async function startHub(options: HubOptions): Promise<Hub> {
	const { world, dataFolder } = options;
	const modules = await loadModules(world);
	const storage = openStorage(world, dataFolder, modules.schemas);
	if (storage.lost > 0)
		options.complain(
			`${dataFolder}/hub.db-wal is damaged: ${storage.lost} commits behind the damage are lost; look at the disk, and put back a backup that has them`,
		);
	try {
		return await serve(options, modules, storage);
	} catch (thrown) {
		// A hub that cannot serve leaves the file as whole as one that ends.
		storage.close();
		throw thrown;
	}
}

async function serve(options: HubOptions, modules: Modules, storage: Storage): Promise<Hub> {
	const { world, version, complain, adminTokens } = options;
	const ids = createIds(world, greatestId(storage.reading));
	const feed = createFeed(storage.reading);
	const publisher = createPublisher(world, ids);
	const database = createDatabase({ world, storage, publisher, deliver: feed.deliver });
	const tokens = createTokens({ world, reader: storage.reading, adminTokens, home: options.homeToken });
	const links = createLinks({ world, version, database, complain });
	const open = isOpen(tokens, options.host);
	const sessions = createSessions(storage.reading, (token) => (token === OPEN.id ? open : tokens.isLive(token)));
	const awake = attentive(world, database, complain);
	const { rules: modes = STRICT, budgets = NO_BUDGETS, kinds = KINDS } = options;
	const rules = { rules: modes, budgets, kinds, backups: options.backups ?? NO_SCHEDULE };
	const publicUrl = (): string => options.publicUrl ?? addressOf(app.server.address(), options.host);
	const turnstile = createTurnstile(world, options.limits ?? LIMITS);
	const parts = { world, version, database, ids, feed, tokens, sessions, links, turnstile };
	const hub: Context = { ...parts, ...rules, awake, publicUrl, complain };

	const app = createApp({ hub, modules, open });
	const traffic = watch(app.server, world);
	const upgrades = acceptUpgrades({ server: app.server, hub, handlers: modules.handlers, open });
	const endStreams = (callers: ReadonlySet<string>, why: string): void => {
		for (const follower of feed.followers) if (callers.has(follower.token)) follower.end(why);
	};
	sessions.onEnded((ended) => endStreams(ended, "session ended"));
	tokens.onRevoked((revoked) => {
		links.revoke(revoked);
		endStreams(revoked, "token revoked");
		sessions.forget(sessions.madeWith(revoked));
	});
	const timers = sweep(hub, modules);
	if (options.skills !== undefined) await seedSkills(hub, options.skills);
	await app.listen({ host: options.host, port: options.port });

	return {
		address: addressOf(app.server.address(), options.host),
		activity: () => ({
			idleFor: traffic.idleFor(),
			streams: feed.followers.size,
			links: links.live.length,
			working: working(storage.reading),
			schedules: schedulesIn(storage.reading) + (isMaking(database) ? 1 : 0),
		}),
		async close() {
			for (const timer of timers) timer.cancel();
			// Streams never end by themselves, and would keep the server from closing.
			for (const follower of feed.followers) follower.end("the hub closes");
			links.close();
			upgrades.close();
			const closed = app.close();
			await traffic.quiet();
			// Connections without a request (kept alive, or opened just now) would hold the server open for a minute.
			app.server.closeAllConnections();
			await closed;
			await endChores(hub, modules);
			await database.close();
		},
	};
}

interface Traffic {
	/** Milliseconds since the last request came. */
	idleFor(): number;
	/** Resolves when no request is being answered; one that never arrives whole is not waited for beyond `GRACE`. */
	quiet(): Promise<void>;
}

function watch(server: Server, { clock }: Pick<World, "clock">): Traffic {
	let last = clock.elapsed();
	let answering = 0;
	let becameQuiet: (() => void) | undefined;
	server.on("request", (_request, response: ServerResponse) => {
		last = clock.elapsed();
		answering++;
		response.once("close", () => {
			answering--;
			if (answering === 0) becameQuiet?.();
		});
	});
	return {
		idleFor: () => clock.elapsed() - last,
		quiet: () =>
			new Promise((resolve) => {
				if (answering === 0) resolve();
				becameQuiet = resolve;
				clock.after(GRACE, resolve);
			}),
	};
}

/** Every mutation's event has its greatest id, so the feed's greatest is the hub's. */
const greatestId = (reader: Connection): string | undefined =>
	reader.get<{ id: string | null }>("select max(id) as id from feed")?.id ?? undefined;

const working = (reader: Connection): number =>
	reader.get<{ n: number }>(
		"select count(*) as n from lieutenants where state in ('starting', 'working', 'stalled', 'unreachable')",
	)?.n ?? 0;

/** Without any token everyone is admin, and that only on this machine. */
function isOpen(tokens: Tokens, host: string): boolean {
	if (tokens.any) return false;
	if (!LOOPBACK.has(host)) throw fault("hub_unprotected", host);
	return true;
}

/** The writer is first come, first served: what a sleep moves is moved before whatever asks next. */
export function attentive(
	{ clock }: Pick<World, "clock">,
	database: Database,
	complain: (what: string) => void,
): () => void {
	const wake = new Wake(clock);
	return () => {
		const slept = wake.look(SWEEP)?.slept ?? 0;
		if (slept === 0) return;
		complain(`the clock went on by ${Math.round(slept / 1_000)} s while this machine did not: claims are moved by it`);
		shiftClaims(database, slept).catch((thrown: unknown) => complain(`claims were not moved: ${reason(thrown)}`));
	};
}

function sweep(hub: Context, { chores }: Pick<Modules, "chores">): readonly Timer[] {
	const { clock } = hub.world;
	const quietly = (run: () => Promise<unknown>) => () =>
		void run().catch((error: unknown) => hub.complain(`the hub's housekeeping failed: ${reason(error)}`));
	return [
		clock.every(
			SWEEP,
			quietly(async () => {
				hub.awake();
				await expireClaims(hub.database, clock.now());
			}),
		),
		clock.every(
			FORGET,
			quietly(() => forgetOldKeys(hub.database, clock.now())),
		),
		...chores.map(({ every, run }) =>
			clock.every(
				every,
				quietly(() => run(hub)),
			),
		),
	];
}

/** A chore that fails keeps no hub from ending. */
async function endChores(hub: Context, { chores }: Pick<Modules, "chores">): Promise<void> {
	for (const { run } of chores.filter(({ last }) => last === true)) {
		await run(hub).catch((error: unknown) => hub.complain(`the hub's last word was not kept: ${reason(error)}`));
	}
}

function addressOf(address: AddressInfo | string | null, host: string): string {
	const port = typeof address === "object" && address !== null ? address.port : 0;
	return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
