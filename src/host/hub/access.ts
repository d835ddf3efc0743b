/**
 * This host towards the hub: where the hub is, which token to use, and that the hub knows the tokens made here. The hub
 * of the same home is met with its admin file, once, to make the host's own token known; a remote one with what the
 * person's `VERS_AUTH_TOKEN` may.
 */
import { type Client, createClient } from "../../client/client.ts";
import * as tokens from "../../contract/tokens.ts";
import { fault } from "../../errors.ts";
import type { World } from "../../world.ts";
import { type HeldToken, hashOf, type Tokens } from "../store/tokens.ts";

/** Where a hub is, and with which token this host may speak to it. */
export interface HubPlace {
	readonly url: string;
	/** The home's admin token, or the person's token of a remote hub. Absent: this host's own token is known there. */
	readonly authority?: string;
}

export interface AccessOptions {
	readonly world: World;
	readonly version: string;
	readonly tokens: Tokens;
	readonly hostId: string;
	/** Undefined while no hub is known. Asked before each connection: a hub may come back on another port. */
	find(): HubPlace | undefined;
	/** For the simulation. */
	readonly http?: Parameters<typeof createClient>[0]["http"];
}

/** The host's own calls wait longer than a tool does: nobody sits before them. */
const TIMEOUT = 10_000;

export class Access {
	readonly #options: AccessOptions;
	readonly #clients = new Map<string, Client>();
	/** The hub that knows the host's own token. */
	#knownTo: string | undefined;
	/** Subjects of the tokens that this hub was told of since `introduce`. */
	readonly #told = new Set<string>();

	constructor(options: AccessOptions) {
		this.#options = options;
	}

	get url(): string | null {
		return this.#options.find()?.url ?? null;
	}

	own(): HeldToken {
		return this.#options.tokens.of("host", "host", this.#options.hostId);
	}

	/** A client that acts with this token. */
	as(held: HeldToken): Client {
		return this.#client(held.subject, () => held.token);
	}

	/** Makes every token of this host known. Saying it again changes nothing, so it is said at each link. */
	async introduce(): Promise<void> {
		this.#knownTo = undefined;
		this.#told.clear();
		await this.#introduceSelf();
		await this.introduceRest();
	}

	/** Those that were made while the others were told: nobody else would tell them before the next link. */
	async introduceRest(): Promise<void> {
		for (const held of this.#options.tokens.list())
			if (held.subject !== "host" && !this.#told.has(held.subject)) await this.register(held);
	}

	/** Once per hub: what waited may be sent before the link stands, which a hub refuses for a while after a restart of ours. */
	async introduced(): Promise<void> {
		const place = this.#options.find();
		if (place === undefined) throw fault("hub_away", "");
		if (this.#knownTo !== place.url) await this.introduce();
	}

	/** What the hub was told of tokens is not what it knows: all of it is said again before the next use. */
	forget(): void {
		this.#knownTo = undefined;
	}

	/** The others stand below the host's own token, so that comes first. */
	async register(held: HeldToken): Promise<tokens.Token> {
		await this.#introduceSelf();
		const { role, name, token } = held;
		const known = await this.as(this.own()).call(
			tokens.register,
			{ hash: hashOf(token), role, name },
			{ timeout: TIMEOUT },
		);
		this.#told.add(held.subject);
		return known;
	}

	/** The hub takes it no more, and nothing below it. Repeated it is the same end. */
	async revoke(held: HeldToken): Promise<void> {
		const { id } = await this.register(held);
		const options = { key: `revoke ${held.subject}`, timeout: TIMEOUT };
		await this.as(this.own()).call(tokens.revoke, { id }, options);
		this.#clients.get(held.subject)?.close();
		this.#clients.delete(held.subject);
	}

	close(): void {
		for (const client of this.#clients.values()) client.close();
	}

	async #introduceSelf(): Promise<void> {
		const place = this.#options.find();
		if (place === undefined || this.#knownTo === place.url) return;
		const { token, role, name } = this.own();
		if (place.authority !== undefined)
			await this.#authority(place).call(tokens.register, { hash: hashOf(token), role, name });
		this.#knownTo = place.url;
	}

	/** Read with each address: the home's admin token may have been rotated since. */
	#authority({ url }: HubPlace): Client {
		return this.#client(`authority of ${url}`, (found) => found.authority);
	}

	/** Makes the token of another machine's host known, so that it can link by itself; no secret of it comes here. */
	async letIn(host: string, hash: string): Promise<void> {
		const place = this.#options.find();
		if (place?.authority === undefined) throw fault("hub_away", "");
		await this.#authority(place).call(tokens.register, { hash, role: "host", name: host });
	}

	#client(who: string, tokenAt: (place: HubPlace) => string | undefined): Client {
		const known = this.#clients.get(who);
		if (known !== undefined) return known;
		const { world, version, find, http } = this.#options;
		const resolve = () => {
			const place = find();
			return place === undefined ? undefined : { url: place.url, token: tokenAt(place) };
		};
		const client = createClient({ world, version, resolve, timeout: TIMEOUT, ...(http === undefined ? {} : { http }) });
		this.#clients.set(who, client);
		return client;
	}
}
