/** The connections to this host's socket: sessions of orchestrators, packs inside lieutenants, commands. */

import type { Budget } from "../contract/budgets.ts";
import type { Lieutenant } from "../contract/lieutenants.ts";
import { type Caller, type HostAnswer, type HostFrame, type Notice, PROTOCOL } from "../contract/link.ts";
import { Fault, fault, reason } from "../errors.ts";
import type { Connection, World } from "../world.ts";
import type { Calls } from "./calls.ts";
import type { Lease, Names } from "./names.ts";

/** What sessions need of the host. */
export interface Desk {
	readonly world: World;
	readonly host: string;
	readonly version: string;
	readonly calls: Calls;
	readonly names: Names;
	/** The token and the hub that a session of this name uses. */
	credentials(name: string): { readonly token: string; readonly hub: string | null };
	/** The lieutenant that a pack's token proves, or undefined. */
	pack(lieutenant: string, token: string): string | undefined;
	lieutenants(): readonly Lieutenant[];
	unread(owner: string, session: string): readonly Notice[];
	/** Of these rows, those that this host of another machine asked for. */
	madeFor(host: string, rows: readonly Lieutenant[]): readonly Lieutenant[];
	/** What was not yet handed to this host of another machine. */
	unreadOf(host: string): readonly Notice[];
	/** Of this host's hub token. */
	tokenHash(): string;
	/** Another machine's host says where its hub is reached from here. */
	learnHub(url: string): void;
	/** Another machine's host gives what opens models for its lieutenants here. */
	learnKeys(keys: Readonly<Record<string, string>>): void;
	handed(id: string, session: string): void;
	/** `owner` undefined: a host has stored them, whosever they are. */
	acknowledge(owner: string | undefined, ids: readonly string[]): void;
	/** How a fleet's money stood when last heard. */
	budget(owner: string): Budget | undefined;
}

export class Sessions {
	readonly #desk: Desk;
	readonly #open = new Set<Session>();

	constructor(desk: Desk) {
		this.#desk = desk;
	}

	get count(): number {
		return this.#open.size;
	}

	accept(connection: Connection): void {
		const session = new Session(this.#desk, connection);
		this.#open.add(session);
		connection.onClose(() => {
			this.#open.delete(session);
			session.closed();
		});
	}

	/** New notices for `owner` go out at once to the session that holds the name. */
	deliver(owner: string): void {
		for (const session of this.#open) session.deliver(owner);
	}

	changed(lieutenants: readonly Lieutenant[]): void {
		for (const session of this.#open) session.changed(lieutenants);
	}

	/** A fleet's money changed. */
	paid(owner: string): void {
		for (const session of this.#open) session.paid(owner);
	}

	close(): void {
		for (const session of this.#open) session.end("host ends");
	}
}

class Session {
	readonly #desk: Desk;
	readonly #connection: Connection;
	#caller: Caller | undefined;
	#lease: Lease | undefined;
	/** Notices already sent on this connection. */
	readonly #sent = new Set<string>();
	/** Calls without an answer yet, by their id on this connection. */
	readonly #calls = new Map<string, AbortController>();

	constructor(desk: Desk, connection: Connection) {
		this.#desk = desk;
		this.#connection = connection;
		connection.onMessage((text) => this.#frame(text));
	}

	deliver(owner: string): void {
		if (this.#caller?.type === "host") this.#pass(this.#caller.host);
		const session = this.#session();
		if (session === undefined || this.#lease?.name !== owner) return;
		for (const notice of this.#desk.unread(owner, session)) {
			if (this.#first(notice) && this.#send({ type: "notice", notice })) this.#desk.handed(notice.id, session);
		}
	}

	/** A host takes over what its orchestrators are to be told. */
	#pass(host: string): void {
		for (const notice of this.#desk.unreadOf(host)) if (this.#first(notice)) this.#send({ type: "notice", notice });
	}

	/** Not yet sent on this connection. */
	#first({ id }: Notice): boolean {
		if (this.#sent.has(id)) return false;
		this.#sent.add(id);
		return true;
	}

	changed(lieutenants: readonly Lieutenant[]): void {
		if (this.#caller?.type === "orchestrator") this.#send({ type: "lieutenants", lieutenants });
		if (this.#caller?.type !== "host") return;
		const theirs = this.#desk.madeFor(this.#caller.host, lieutenants);
		if (theirs.length > 0) this.#send({ type: "lieutenants", lieutenants: theirs });
	}

	paid(owner: string): void {
		const budget = this.#desk.budget(owner);
		if (this.#lease?.name === owner && budget !== undefined) this.#send({ type: "budget", budget });
	}

	closed(): void {
		const session = this.#session();
		if (session !== undefined && this.#lease !== undefined) this.#desk.names.disconnected(this.#lease.name, session);
	}

	end(why: string): void {
		this.#connection.close(why);
	}

	#session(): string | undefined {
		return this.#caller?.type === "orchestrator" ? this.#caller.session : undefined;
	}

	#frame(text: string): void {
		const frame = parse(text);
		if (frame === undefined) {
			this.end("A frame is one JSON object with a type.");
			return;
		}
		const session = this.#session();
		if (session !== undefined && this.#lease !== undefined) this.#desk.names.heard(this.#lease.name, session);
		if (frame.type === "hello") this.#hello(frame);
		else if (this.#caller === undefined) this.end("The first frame is a hello.");
		else if (frame.type === "call") void this.#call(frame);
		else if (frame.type === "cancel") this.#calls.get(frame.id)?.abort(fault("called_off"));
		else if (frame.type === "acknowledge" && (this.#lease !== undefined || this.#caller.type === "host")) {
			this.#desk.acknowledge(this.#lease?.name, frame.notices.map(String));
		} else if (frame.type === "hub" && this.#caller.type === "host") this.#desk.learnHub(String(frame.url));
		else if (frame.type === "keys" && this.#caller.type === "host") this.#desk.learnKeys(textsOf(frame.env));
		else if (frame.type === "release" && session !== undefined && this.#lease !== undefined) {
			this.#desk.names.release(this.#lease.name, session);
		}
	}

	#hello(hello: HostFrame & { type: "hello" }): void {
		const { host, version } = this.#desk;
		const another = hello.caller?.type === "host" ? { tokenHash: this.#desk.tokenHash() } : {};
		this.#send({ type: "hello", protocol: PROTOCOL, version, host, ...another });
		if (hello.protocol !== PROTOCOL) {
			this.end(fault("update_needed", "This session", String(hello.protocol), String(PROTOCOL)).message);
			return;
		}
		const caller = hello.caller ?? { type: "command" };
		if (caller.type === "pack" && this.#desk.pack(caller.lieutenant, caller.token) === undefined) {
			this.end("This token is not that lieutenant's.");
			return;
		}
		this.#caller = caller;
		if (caller.type === "orchestrator") this.#lead(caller);
		if (caller.type === "host") this.#serve(caller.host);
	}

	/** Another machine's host sees what it asked for, and hears of it what it has not stored. */
	#serve(host: string): void {
		this.#send({ type: "lieutenants", lieutenants: this.#desk.madeFor(host, this.#desk.lieutenants()) });
		this.#pass(host);
	}

	/** Gives the session its name, its fleet and what it has not read. */
	#lead(caller: Caller & { type: "orchestrator" }): void {
		const lease = this.#desk.names.claim(caller);
		this.#lease = lease;
		this.#send({ type: "lease", ...lease, ...this.#desk.credentials(lease.name) });
		this.#send({ type: "lieutenants", lieutenants: this.#desk.lieutenants() });
		this.paid(lease.name);
		this.deliver(lease.name);
	}

	async #call(call: HostFrame & { type: "call" }): Promise<void> {
		const off = new AbortController();
		this.#calls.set(call.id, off);
		try {
			// Who passes calls on has checked who asks; nobody else may name another than itself.
			const passedOn = this.#caller?.type === "host";
			if (call.acting !== undefined && !passedOn) this.#desk.names.check(call.acting);
			const { author, ...own } = call;
			const name = (passedOn ? author?.name : undefined) ?? this.#name();
			const steps = (all: readonly string[]) => void this.#send({ type: "steps", id: call.id, steps: all });
			const output = await this.#desk.calls.run(own, name, { steps, signal: off.signal });
			this.#send({ type: "answer", id: call.id, output });
		} catch (thrown) {
			this.#send({ type: "refusal", id: call.id, error: faultOf(thrown).toJSON() });
		} finally {
			this.#calls.delete(call.id);
		}
	}

	/** The name that this connection's calls are done in. */
	#name(): string {
		if (this.#lease !== undefined) return this.#lease.name;
		if (this.#caller?.type === "pack") return this.#desk.pack(this.#caller.lieutenant, this.#caller.token) ?? "nobody";
		return (this.#caller?.type === "command" ? this.#caller.name : undefined) ?? "command";
	}

	#send(frame: HostAnswer): boolean {
		return this.#connection.send(JSON.stringify(frame));
	}
}

/** Whatever a handler threw, as an error from the table. */
function faultOf(thrown: unknown): Fault {
	if (thrown instanceof Fault) return thrown;
	// SQLite's own failures: the disk is full, read-only, broken.
	if (thrown instanceof Error && "errcode" in thrown) return fault("host_storage_failed", reason(thrown));
	return new Fault("internal", `This host met a fault: ${reason(thrown)}`);
}

const textsOf = (value: unknown): Record<string, string> =>
	Object.fromEntries(
		Object.entries(typeof value === "object" && value !== null ? value : {}).flatMap(([name, text]) =>
			typeof text === "string" ? [[name, text]] : [],
		),
	);

function parse(text: string): HostFrame | undefined {
	try {
		const frame: unknown = JSON.parse(text);
		const typed = typeof frame === "object" && frame !== null && "type" in frame && typeof frame.type === "string";
		return typed ? (frame as HostFrame) : undefined;
	} catch {
		// Not JSON: the caller closes the connection and says so.
		return undefined;
	}
}
