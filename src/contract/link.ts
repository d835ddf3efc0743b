/**
 * The frames on a host's unix socket and on the link from a host to the hub: one JSON object per WebSocket text frame.
 * The first frame each way is a `Hello`; whoever hears another protocol number says what to update and closes
 * (`protocol.md` §2 rule 3).
 */

import type { Budget } from "./budgets.ts";
import type { Cause } from "./cause.ts";
import type { Lieutenant, Message } from "./lieutenants.ts";

export const PROTOCOL = 1;

/** Who a connection to a host's socket is. The process is named so that the host sees its death at once. */
export type Caller =
	| {
			readonly type: "orchestrator";
			/** `FLAGSHIP_ORCHESTRATOR`, or `<user>@<machine>:<git root or folder>`. */
			readonly name: string;
			readonly session: string;
			readonly pid: number;
			readonly started: string;
	  }
	| {
			/** The pack inside a lieutenant's pi; proven by the lieutenant's own token. */
			readonly type: "pack";
			readonly lieutenant: string;
			readonly token: string;
	  }
	| {
			/** A person's command line. `name` is the orchestrator whose folder it was typed in. */
			readonly type: "command";
			readonly name?: string;
	  }
	| {
			/** The host of another machine, which passes on what its orchestrators ask, and takes over what they are told. */
			readonly type: "host";
			/** Host id. */
			readonly host: string;
	  };

export interface Hello {
	readonly type: "hello";
	readonly protocol: number;
	readonly version: string;
	readonly caller?: Caller;
	/** In a host's answer. */
	readonly host?: string;
	/** In a host's answer to another host: the hash of its hub token, which the asker makes known to its hub. */
	readonly tokenHash?: string;
}

/** Who acts: an orchestrator's name and its generation; an old generation is refused with `lease_lost`. */
export interface Acting {
	readonly name: string;
	readonly generation: number;
}

/** What a new lieutenant takes over from the session that creates it. */
export interface Launch {
	/** How the session's pi was started: the interpreter and pi's own script, or a compiled pi alone; absolute paths. */
	readonly pi: readonly string[];
	/** The session's folder, where `cwd` is not given. */
	readonly cwd: string;
	/** What an agent needs of the session's environment: the model provider's keys, pi's own folders. */
	readonly env: Readonly<Record<string, string>>;
	/** Variables that it needs besides and that this machine keeps in memory alone: they come by a word of the host that asks. */
	readonly keys?: readonly string[];
	readonly model?: string;
	readonly thinking?: string;
	/** Of a call that another machine's host passes on: which host that is, and what it calls this machine. */
	readonly from?: { readonly host: string; readonly place: string };
}

export interface Call {
	readonly type: "call";
	/** Unique per connection. */
	readonly id: string;
	readonly operation: string;
	/** Lieutenant id, resolved by the caller from a name; repeats of a call carry the same. */
	readonly target?: string;
	readonly input: unknown;
	/** Idempotency key: present on every mutation. */
	readonly key?: string;
	readonly acting?: Acting;
	/** With what starts agents (`Operation.launches`). */
	readonly launch?: Launch;
	/** Set by whoever forwards it: the hub, or another machine's host. */
	readonly author?: { readonly name: string; readonly role: string };
}

export interface Answer {
	readonly type: "answer";
	readonly id: string;
	readonly output: unknown;
}

export interface Refusal {
	readonly type: "refusal";
	readonly id: string;
	readonly error: { readonly error: string; readonly code: string; readonly remedy: string };
}

/**
 * To whoever waits for an answer: what was done of the call so far. All of it each time, so that one which is lost or comes
 * twice does no harm. Somebody older passes it over.
 */
export interface Steps {
	readonly type: "steps";
	/** Of the call. */
	readonly id: string;
	readonly steps: readonly string[];
}

/** `machine`: of the machine or a provider, for all lieutenants of an owner; it names one of them. */
export type NoticeType = "completion" | "death" | "stall" | "limit" | "question" | "collision" | "machine" | "budget";

/** What a host tells an orchestrator; kept until acknowledged (`protocol.md` §7). */
export interface Notice {
	/** ULID, made where the event happened. */
	readonly id: string;
	readonly type: NoticeType;
	readonly owner: string;
	readonly lieutenant: { readonly id: string; readonly name: string };
	/** The sentence for the conversation. */
	readonly text: string;
	/** Of a death or a stall, of a limit of the machine's. */
	readonly cause?: Cause;
	readonly at: string;
	/** Handed to an earlier session of this owner whose acknowledgement was lost. */
	readonly again?: true;
}

/** What the host pushes to an orchestrator's session. */
export type Push =
	| {
			/** After `hello`, and whenever it changes. `own` is false for an observer (`…#n`). */
			readonly type: "lease";
			readonly name: string;
			readonly generation: number;
			readonly own: boolean;
			/** This session's own hub token and the hub's address, when a hub is known. */
			readonly token: string;
			readonly hub: string | null;
	  }
	| { readonly type: "notice"; readonly notice: Notice }
	/** How this fleet's money stands. */
	| { readonly type: "budget"; readonly budget: Budget }
	/** Whole rows of lieutenants that changed; on connecting, all of them. */
	| { readonly type: "lieutenants"; readonly lieutenants: readonly Lieutenant[] };

/** From an orchestrator's session, without an answer. `beat` at least every 10 s. */
export type Word =
	| { readonly type: "beat" }
	| { readonly type: "acknowledge"; readonly notices: readonly string[] }
	| { readonly type: "release" }
	/** The call of this id is not wanted any more: one that is `revocable` ends what it has made, and is refused. */
	| { readonly type: "cancel"; readonly id: string }
	/** From another machine's host: under which address its hub is reached from here. */
	| { readonly type: "hub"; readonly url: string }
	/** From another machine's host: what opens models for those it has made here. Kept in memory alone. */
	| { readonly type: "keys"; readonly env: Readonly<Record<string, string>> };

/** From a host up its link. `counter` is the host's stored counter: the hub ignores only an older word on the same thing. */
export type Report =
	| {
			readonly type: "link";
			readonly protocol: number;
			readonly version: string;
			readonly host: string;
			/** ULID of this start of the host. */
			readonly start: string;
			readonly link: number;
	  }
	| { readonly type: "heartbeat"; readonly counter: number }
	| { readonly type: "state"; readonly counter: number; readonly lieutenant: Lieutenant }
	| { readonly type: "receipt"; readonly counter: number; readonly message: Omit<Message, "text"> }
	| { readonly type: "notice"; readonly counter: number; readonly notice: Notice };

/** From the hub down the link: an acknowledgement of reports up to a counter, or a refusal of the link itself. */
export type Verdict =
	| { readonly type: "linked"; readonly hub: string; readonly version: string; readonly protocol: number }
	| { readonly type: "kept"; readonly counter: number }
	| { readonly type: "unlinked"; readonly code: string; readonly error: string };

/** From the hub down the link: a word that something changed, which the host then reads. An older host passes it over. */
export interface Nudge {
	readonly type: "skills";
}

export type HostFrame = Hello | Call | Word;
export type HostAnswer = Hello | Answer | Refusal | Steps | Push;
export type LinkUp = Report | Answer | Refusal;
export type LinkDown = Verdict | Call | Nudge;
