/** What to do when a run is about to settle. Work never passes unlogged: the model logs it, or the gate does. */
import { describe, type Found, isNothing } from "./facts.ts";

/** Counted per run, never reset by more work: a model that answers each refusal with another edit must not loop. */
export const REFUSALS_PER_RUN = 2;

export type Mode = "off" | "warn" | "enforce";

export interface Ending {
	readonly mode: Mode;
	/** Changes that no log entry covers. */
	readonly unlogged: Found;
	/** Refusals of this run so far. */
	readonly refusals: number;
	/** `error`: the provider failed for good, so asking the model again would only fail again. */
	readonly outcome: "completed" | "aborted" | "error";
}

export type Settle =
	| { readonly type: "pass" }
	/** Left for the next prompt: somebody stopped this run on purpose. */
	| { readonly type: "wait" }
	| { readonly type: "warn"; readonly text: string }
	| { readonly type: "refuse"; readonly refusal: number; readonly text: string }
	| { readonly type: "write"; readonly entry: string };

export function settle({ mode, unlogged, refusals, outcome }: Ending): Settle {
	if (mode === "off" || isNothing(unlogged)) return { type: "pass" };
	if (mode === "warn") return { type: "warn", text: `${missing(unlogged)}\n(gates.workLog is set to warn.)` };
	if (outcome === "aborted") return { type: "wait" };
	if (outcome === "error" || refusals >= REFUSALS_PER_RUN) return { type: "write", entry: autoEntry(unlogged) };
	const refusal = refusals + 1;
	return {
		type: "refuse",
		refusal,
		text: `Not finished: ${missing(unlogged)}\nCall log_append with what and why. Refusal ${refusal} of ${REFUSALS_PER_RUN}; then I write it, marked auto.`,
	};
}

function missing(unlogged: Found): string {
	const { count, text } = describe(unlogged);
	return `${count === 1 ? "one change is" : `${count} changes are`} not in the work log: ${text}.`;
}

/** For the prompt after a run that was stopped before it could log. */
export const reminder = (unlogged: Found): string =>
	`From an earlier run that was stopped: ${missing(unlogged)}\nCall log_append with what and why, then go on.`;

/** The entry that the gate writes itself; also used by a host for an agent that was killed. */
export const autoEntry = (unlogged: Found): string => `[auto] Changed without an entry: ${describe(unlogged).text}`;
