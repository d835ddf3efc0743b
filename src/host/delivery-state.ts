/** What is known of the delivery to one lieutenant, what can happen to it, and what can be done. `delivery.ts` says when. */
import type { Message } from "../contract/lieutenants.ts";
import type { Receipt } from "./receipt.ts";

/** A message that has not ended, with what this life of pi is known to have done with it. */
export interface Open {
	readonly id: string;
	readonly n: number;
	readonly mode: Message["mode"];
	readonly text: string;
	readonly receipt: Receipt;
	/** What was asked of a hard steer: durable, so that a new host carries it out. */
	readonly hard?: { readonly supersedes: readonly string[] };
	/** Where `n` is in this life: not written yet; written and unanswered or unseen; in pi's queue; in the transcript. */
	readonly at: "outbox" | "pipe" | "queue" | "transcript";
}

export type Flight =
	| { readonly type: "message"; readonly id: string; readonly n: number }
	| { readonly type: "clear" }
	| { readonly type: "abort" }
	/** Entries asked for to prove absence; void when a run began after the question. */
	| { readonly type: "proof"; readonly epoch: number };

export interface Delivery {
	/** Which life of pi; 0 when there is none that takes commands. */
	readonly life: number;
	readonly streaming: boolean;
	readonly compacting: boolean;
	/** Counted up at each sign of a run, so that a proof of absence knows that it is stale. */
	readonly epoch: number;
	/** Messages in pi's queue by its own count; queued ones that are not ours count too. */
	readonly pending: number;
	readonly flight: Flight | undefined;
	/** A hard steer under way: which one, and how far. */
	readonly hard: { readonly id: string; readonly step: "clear" | "abort" | "settle" | "proof" } | undefined;
	/** In the order in which they were asked. */
	readonly open: readonly Open[];
	/** How the transcript ends, as last read. */
	readonly end: TranscriptEnd;
	/** Set when this life began in the middle of something: a new life whose transcript ends unanswered, or an error. */
	readonly resumeDue: "restart" | "error" | undefined;
	/** Its provider asks for less: nothing but steers goes out. */
	readonly held: boolean;
	/** The run under way was ended by us: its error is no reason to resume. */
	readonly aborting: boolean;
}

export type TranscriptEnd = "empty" | "answered" | "unanswered" | "error" | "aborted";

/** What a look at the transcript found, restricted to ids that are open. */
export interface Seen {
	readonly present: ReadonlySet<string>;
	readonly answered: ReadonlySet<string>;
	readonly end: TranscriptEnd;
}

export type DeliveryEvent =
	| { readonly type: "asked"; readonly message: Omit<Open, "at"> }
	/** Pi answers commands. `fresh`: a new process; else this host found it running. */
	| {
			readonly type: "up";
			readonly life: number;
			readonly fresh: boolean;
			readonly streaming: boolean;
			readonly compacting: boolean;
			readonly pending: number;
			readonly seen: Seen;
			/** Its process was ended by us in the middle of a run: the abort in its transcript is ours, and it goes on. */
			readonly interrupted?: boolean;
	  }
	| { readonly type: "down" }
	| { readonly type: "hold"; readonly on: boolean }
	/** A steer was not consumed in time. */
	| { readonly type: "harden"; readonly id: string; readonly because: string }
	| { readonly type: "run"; readonly on: boolean }
	| { readonly type: "compaction"; readonly on: boolean }
	/** Pi's queue changed: ids of ours in it, and how many there are in all. */
	| { readonly type: "queue"; readonly ids: ReadonlySet<string>; readonly count: number }
	/** A user message with this id entered the run. */
	| { readonly type: "entered"; readonly id: string }
	| { readonly type: "transcript"; readonly seen: Seen }
	/** The answer to the command in flight; `unclear` covers "already processing", "compaction in progress". */
	| { readonly type: "taken" }
	| { readonly type: "unclear" }
	| { readonly type: "refused"; readonly because: string }
	/** The command in flight never reached pi, whose pipe took nothing: some time ago, so that it is worth another try. */
	| { readonly type: "unwritten"; readonly flight: Flight }
	| { readonly type: "cleared"; readonly ids: ReadonlySet<string> }
	| { readonly type: "aborted" }
	| { readonly type: "proof"; readonly seen: Seen }
	/** Pi was idle for the whole patience while something was unclear. */
	| { readonly type: "patience" }
	/** A hard steer's `clear_queue` or `abort` had no answer in time. */
	| { readonly type: "abort-overdue" }
	| { readonly type: "resume-due" }
	/** Its pi has ended for good. */
	| { readonly type: "over"; readonly because: string };

export type DeliveryEffect =
	| {
			readonly type: "write";
			readonly id: string;
			readonly n: number;
			readonly mode: Message["mode"];
			readonly text: string;
	  }
	| { readonly type: "clear-queue" }
	| { readonly type: "abort" }
	| { readonly type: "get-entries" }
	| { readonly type: "receipt"; readonly id: string; readonly receipt: Receipt; readonly because?: string }
	| { readonly type: "harden"; readonly id: string; readonly receipt: Receipt; readonly because: string }
	| { readonly type: "attempt"; readonly id: string; readonly n: number }
	/** Start, or start anew, the wait after which `patience` comes. */
	| { readonly type: "await-patience" }
	| { readonly type: "await-abort" }
	/** A run ended in an error of the provider: go on after a pause, within a cap. */
	| { readonly type: "await-resume" }
	/** A message of the host's own: go on where you were. */
	| { readonly type: "ask-resume"; readonly because: "restart" | "error" }
	| { readonly type: "kill" };

export const NOTHING: Delivery = {
	life: 0,
	streaming: false,
	compacting: false,
	epoch: 0,
	pending: 0,
	flight: undefined,
	hard: undefined,
	open: [],
	end: "empty",
	resumeDue: undefined,
	held: false,
	aborting: false,
};
