/** A hub of its own for a test: real HTTP, real data folder. */
import { afterAll } from "vitest";
import type { Role } from "../../src/contract/operation.ts";
import { type Hub, type HubOptions, startHub } from "../../src/hub/hub.ts";
import { realWorld } from "../../src/world/real.ts";
import type { World } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";
import { misfit } from "./fits.ts";

export const ADMIN = "the-admin-token-of-this-test";

/** Whatever the answer holds: tests judge it field by field, also for what must not be there. */
export type Body = ReturnType<typeof JSON.parse>;

export interface Reply {
	readonly status: number;
	readonly body: Body;
	readonly headers: Headers;
}

export interface AskOptions {
	readonly token?: string | null;
	readonly headers?: Readonly<Record<string, string>>;
	/** Sent as it is, not as JSON. */
	readonly raw?: string;
}

export interface TestHub {
	readonly hub: Hub;
	readonly folder: string;
	/** What the hub said to its own log. */
	readonly complaints: string[];
	ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Reply>;
	/** As `ask`, throwing unless it succeeds. */
	done(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Body>;
	/** A new token below `parent`'s. */
	mint(role: Role, name: string, parent?: string): Promise<string>;
}

export interface TestHubOptions {
	readonly folder?: string;
	/** Default: any that is free. */
	readonly port?: number;
	readonly world?: World;
	readonly adminTokens?: readonly string[];
	readonly rules?: HubOptions["rules"];
	readonly budgets?: HubOptions["budgets"];
	readonly backups?: HubOptions["backups"];
	readonly kinds?: HubOptions["kinds"];
	readonly publicUrl?: string;
	readonly limits?: HubOptions["limits"];
	readonly homeToken?: HubOptions["homeToken"];
}

/** A client that shakes hands. */
export const MODERN = { "x-flagship-protocol": "1", "x-flagship-version": "0.1.0" } as const;

export async function testHub(options: TestHubOptions = {}): Promise<TestHub> {
	const folder = options.folder ?? makeFolder();
	const complaints: string[] = [];
	const hub = await startHub({
		world: options.world ?? realWorld(),
		dataFolder: folder,
		host: "127.0.0.1",
		port: options.port ?? 0,
		adminTokens: options.adminTokens ?? [ADMIN],
		version: "0.1.0",
		...(options.rules === undefined ? {} : { rules: options.rules }),
		...(options.budgets === undefined ? {} : { budgets: options.budgets }),
		...(options.backups === undefined ? {} : { backups: options.backups }),
		...(options.kinds === undefined ? {} : { kinds: options.kinds }),
		...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
		...(options.limits === undefined ? {} : { limits: options.limits }),
		...(options.homeToken === undefined ? {} : { homeToken: options.homeToken }),
		complain: (what) => complaints.push(what),
	});
	let closed: Promise<void> | undefined;
	const close = () => {
		closed ??= hub.close();
		return closed;
	};
	afterAll(close);
	const ask = caller(hub.address);
	const done: TestHub["done"] = async (method, path, body, askOptions) => {
		const reply = await ask(method, path, body, askOptions);
		if (reply.status >= 300) throw new Error(`${method} ${path} ${reply.status} ${JSON.stringify(reply.body)}`);
		return reply.body;
	};
	return {
		hub: { ...hub, close },
		folder,
		complaints,
		ask,
		done,
		mint: async (role, name, parent = ADMIN) =>
			(await done("POST", "/tokens", { role, name }, { token: parent })).secret,
	};
}

export function caller(address: string): TestHub["ask"] {
	return async (method, path, body, { token = ADMIN, headers = {}, raw } = {}) => {
		const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
		const response = await fetch(address + path, {
			method,
			headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
			...(sent === undefined ? {} : { body: sent }),
		});
		const text = await response.text();
		const { status, headers: answered } = response;
		const contentType = answered.get("content-type") ?? "";
		const reply = { status, body: contentType.startsWith("application/json") ? JSON.parse(text) : text };
		const wrong = await misfit({ method, path, contentType, ...reply });
		if (wrong !== undefined) throw new Error(wrong);
		return { ...reply, headers: answered };
	};
}

/** The real world with another time, by the wall as by the monotonic clock: it passes, nobody sleeps. */
export function worldAt(now: () => number): World {
	const world = realWorld();
	const begun = now();
	return { ...world, clock: { ...world.clock, now, elapsed: () => now() - begun } };
}
