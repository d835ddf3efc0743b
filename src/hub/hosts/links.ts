/**
 * The links of hosts (`protocol.md` §1 rule 2, §3 rule 5): reports come up, commands go down. Which link is alive is
 * known in memory only; what was reported is on disk.
 */
import type { WebSocket } from "ws";
import {
	type Answer,
	type Call,
	type LinkDown,
	type LinkUp,
	type Nudge,
	PROTOCOL,
	type Refusal,
	type Report,
} from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { errors, Fault, fault, reason } from "../../errors.ts";
import type { Timer, World } from "../../world.ts";
import type { Caller } from "../author.ts";
import { renewClaimsOf } from "../board/claims.ts";
import type { Database } from "../database/database.ts";
import { isLinkFrame, type Kept, keep } from "./reports.ts";
import { targetOf } from "./target.ts";

export interface Links {
	/** A socket whose token was checked. */
	accept(socket: WebSocket, caller: Caller): void;
	/** Sends a call to the host of its lieutenant. Throws its refusal, `host_away`, or `outcome_unknown`. */
	forward(operation: AnyOperation, input: unknown, caller: Caller, key: string | undefined): Promise<unknown>;
	/** To every linked host. Nobody waits for it: a host that links later asks by itself. */
	tell(nudge: Nudge): void;
	linked(host: string): boolean;
	/** When a host was last heard, ms since 1970; undefined when it has not been since this hub started. */
	lastHeard(host: string): number | undefined;
	/** Hosts linked now. */
	readonly live: readonly string[];
	close(): void;
}

export interface LinksOptions {
	readonly world: Pick<World, "clock">;
	readonly version: string;
	readonly database: Database;
	readonly complain: (what: string) => void;
}

/** Another start of a host whose link was heard within this is a copy of it, not a restart. */
const TWIN = 15_000;
/** Milliseconds for an answer from a host: `lieutenants.send` may wait 60 s for its receipt. */
const ANSWER = 75_000;

interface Link {
	readonly host: string;
	readonly start: string;
	readonly number: number;
	readonly token: string;
	readonly socket: WebSocket;
	readonly waiting: Map<string, Waiting>;
	/** The write of its last report. */
	stored: Promise<unknown>;
}

interface Waiting {
	readonly resolve: (output: unknown) => void;
	readonly reject: (refusal: Fault) => void;
	readonly timer: Timer;
}

export function createLinks({
	world,
	version,
	database,
	complain,
}: LinksOptions): Links & { revoke(ids: ReadonlySet<string>): void } {
	const links = new Map<string, Link>();
	/** When each host was last heard: `elapsed` for judging twins, wall time for people. */
	const heard = new Map<string, { readonly elapsed: number; readonly at: number; readonly start: string }>();
	let calls = 0;

	const say = (socket: WebSocket, frame: LinkDown): void => {
		if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
	};

	const unlink = (socket: WebSocket, refusal: Fault): void => {
		say(socket, { type: "unlinked", code: refusal.code, error: refusal.message });
		socket.close(4000, refusal.code);
	};

	const hear = (link: Link): void => {
		heard.set(link.host, { elapsed: world.clock.elapsed(), at: world.clock.now(), start: link.start });
	};

	/** The link that this frame asks for, or why there is none. */
	const judge = (frame: Extract<Report, { readonly type: "link" }>, caller: Caller): Fault | undefined => {
		if (frame.protocol !== PROTOCOL)
			return fault("update_needed", `Host ${frame.host} (${frame.version})`, String(frame.protocol), String(PROTOCOL));
		if (caller.role !== "host" || caller.host !== frame.host)
			return fault("forbidden", caller.role, `link as host ${frame.host}`);
		const last = heard.get(frame.host);
		if (last === undefined) return undefined;
		if (last.start !== frame.start)
			return world.clock.elapsed() - last.elapsed < TWIN ? fault("twin", frame.host) : undefined;
		const current = links.get(frame.host);
		return current !== undefined && current.number >= frame.link
			? fault("conflict", "A newer link of this host is open")
			: undefined;
	};

	const open = (
		socket: WebSocket,
		caller: Caller,
		frame: Extract<Report, { readonly type: "link" }>,
	): Link | undefined => {
		const refusal = judge(frame, caller);
		if (refusal !== undefined) {
			unlink(socket, refusal);
			return undefined;
		}
		links.get(frame.host)?.socket.terminate();
		const { host, start, link: number } = frame;
		const link: Link = {
			host,
			start,
			number,
			token: caller.id,
			socket,
			waiting: new Map(),
			stored: Promise.resolve(),
		};
		links.set(host, link);
		hear(link);
		stamp(host, frame.version);
		say(socket, { type: "linked", hub: "hub", version, protocol: PROTOCOL });
		return link;
	};

	/** Remembers on disk that a host was heard; a hub that is closing has said so already. */
	const stamp = (host: string, hostVersion: string): void => {
		const row = { id: host, version: hostVersion, last_heard: new Date(world.clock.now()).toISOString() };
		database
			.write((tx) => tx.replaceInto("hosts").values(row).execute())
			.catch((error: unknown) => complain(`host ${host} could not be recorded: ${reason(error)}`));
	};

	const take = (link: Link, frame: LinkUp): void => {
		hear(link);
		switch (frame.type) {
			case "link":
				unlink(link.socket, fault("conflict", "This link is open already"));
				break;
			case "heartbeat":
				beat(link, frame.counter);
				break;
			case "answer":
			case "refusal":
				settle(link, frame);
				break;
			default:
				store(link, frame);
		}
	};

	/** A sign of life of the host's lieutenants, too: their claims go on. */
	const beat = (link: Link, counter: number): void => {
		renewClaimsOf(database, link.host, world.clock.now()).catch((error: unknown) =>
			complain(`claims of host ${link.host} were not renewed: ${reason(error)}`),
		);
		// "Kept up to": said only when all that this host reported before is on disk.
		link.stored.then(
			() => say(link.socket, { type: "kept", counter }),
			() => undefined, // what was not kept has ended the link already
		);
	};

	/** Acknowledged after the commit. What was not kept ends the link: the host says it again when it links again. */
	const store = (link: Link, report: Kept): void => {
		if (report.type === "state" && report.lieutenant.host !== link.host) {
			unlink(link.socket, fault("forbidden", "host", `report for host ${report.lieutenant.host}`));
			return;
		}
		link.stored = database.write((tx) => keep(tx, link.host, report));
		link.stored.then(
			() => say(link.socket, { type: "kept", counter: report.counter }),
			(error: unknown) => {
				complain(`a ${report.type} of host ${link.host} was not kept: ${reason(error)}`);
				link.socket.close(1011, "not kept");
			},
		);
	};

	const lose = (link: Link): void => {
		if (links.get(link.host) === link) links.delete(link.host);
		for (const waiting of link.waiting.values()) {
			waiting.timer.cancel();
			waiting.reject(fault("outcome_unknown", link.host));
		}
		link.waiting.clear();
	};

	return {
		accept(socket, caller) {
			let link: Link | undefined;
			socket.on("message", (data) => {
				const frame = parse(String(data));
				if (!isLinkFrame(frame)) unlink(socket, fault("invalid_input", "This is no frame of a link"));
				else if (link !== undefined) take(link, frame);
				else if (frame.type === "link") link = open(socket, caller, frame);
				else unlink(socket, fault("invalid_input", "The first frame must be a link"));
			});
			socket.on("close", () => {
				if (link !== undefined) lose(link);
			});
		},
		async forward(operation, input, caller, key) {
			const target = await targetOf(database.read, operation, input, [...links.keys()]);
			const link = links.get(target.host);
			if (link === undefined) throw fault("host_away", target.host);
			const id = String(++calls);
			const call: Call = {
				type: "call",
				id,
				operation: operation.name,
				input,
				author: { name: caller.name, role: caller.role },
				...(target.lieutenant === undefined ? {} : { target: target.lieutenant }),
				...(key === undefined ? {} : { key }),
			};
			return new Promise((resolve, reject) => {
				const timer = world.clock.after(ANSWER, () => {
					link.waiting.delete(id);
					reject(fault("outcome_unknown", link.host));
				});
				link.waiting.set(id, { resolve, reject, timer });
				say(link.socket, call);
			});
		},
		tell(nudge) {
			for (const link of links.values()) say(link.socket, nudge);
		},
		linked: (host) => links.has(host),
		lastHeard: (host) => heard.get(host)?.at,
		get live() {
			return [...links.keys()];
		},
		revoke(ids) {
			for (const link of links.values()) {
				if (ids.has(link.token)) unlink(link.socket, fault("unauthorized", "The token of this host was revoked"));
			}
		},
		close() {
			for (const link of links.values()) link.socket.close(1001, "the hub closes");
		},
	};
}

/** Answers whoever waits; an answer that nobody waits for any more came too late. */
function settle(link: Link, frame: Answer | Refusal): void {
	const waiting = link.waiting.get(frame.id);
	if (waiting === undefined) return;
	link.waiting.delete(frame.id);
	waiting.timer.cancel();
	if (frame.type === "answer") waiting.resolve(frame.output);
	else waiting.reject(refusalOf(frame));
}

/** A code that only a newer host knows is passed on in that host's words. */
function refusalOf({ error: { error, code, remedy } }: Refusal): Fault {
	const known = Object.hasOwn(errors, code) ? (code as keyof typeof errors) : "conflict";
	return new Fault(known, error, remedy);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// Not a frame either way; the caller says so.
		return undefined;
	}
}
