/** The life of one message as its receipt (`docs/protocol.md` §6). */
import type { Receipt } from "../contract/lieutenants.ts";

export type { Receipt };

/** What can happen to a message, as the host observes it. */
export type Sighting =
	| "held" // its id was seen in pi's queue or in the transcript; pi's `success` alone proves neither
	| "answered" // an assistant message that is neither error nor abort follows it in the transcript
	| "forgotten" // proven no longer held: pi restarted without it, or a cleared queue gave it back
	| "refused" // pi or a rule said no; proven absent from the transcript
	| "replaced" // a hard steer named it; proven absent from the transcript
	| "given-up"; // its limit ran out, or its pi has ended for good

const next: Record<Receipt, Partial<Record<Sighting, Receipt>>> = {
	// straight to consumed: the host may have been away while pi took and answered it
	queued: { held: "accepted", answered: "consumed", refused: "rejected", replaced: "superseded", "given-up": "lost" },
	accepted: { answered: "consumed", forgotten: "queued", replaced: "superseded", "given-up": "lost" },
	consumed: {},
	superseded: {},
	rejected: {},
	lost: {},
};

/** The receipt after a sighting. A sighting that does not apply changes nothing: reports may repeat and come late. */
export const after = (receipt: Receipt, sighting: Sighting): Receipt => next[receipt][sighting] ?? receipt;

export const ended = (receipt: Receipt): boolean => Object.keys(next[receipt]).length === 0;
