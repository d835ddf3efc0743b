/** What a silence is, in words, and what to do about it. */
import type { Cause } from "../../contract/cause.ts";

export function stallText(cause: Cause): string {
	switch (cause.type) {
		case "frozen":
			return `its process ${cause.pid} is frozen, stopped by a signal`;
		case "unresponsive":
			return `its process runs but answers no probe for ${cause.seconds} s`;
		case "silent-stream":
			return `nothing came from the model for ${cause.seconds} s; pi itself answers`;
		case "provider-error":
			return `${cause.runs} runs in a row ended in an error of the provider`;
		default:
			return "it does not move";
	}
}

const SHOWS = "vers_lt_status shows when it moves.";
const INTERRUPTS = "vers_lt_send with mode steer and hard interrupts it";

export function stallRemedy(cause: Cause): string {
	switch (cause.type) {
		case "frozen":
			return `Nothing is lost and nothing was ended. Next: \`kill -CONT ${cause.pid}\` lets it go on; vers_lt_pause and vers_lt_resume start it anew from its session.`;
		case "unresponsive":
			return `Next: wait, if the machine is busy; ${INTERRUPTS}, and starts it anew from its session when it does not hear. ${SHOWS}`;
		case "silent-stream":
			return `Its host ends a stream that stays silent and asks anew. Next: nothing, or ${INTERRUPTS} now. ${SHOWS}`;
		case "provider-error":
			return "It is not asked again by itself. Next: look at the provider (keys, limits, an outage), then vers_lt_send.";
		default:
			return `Next: ${INTERRUPTS}. ${SHOWS}`;
	}
}
