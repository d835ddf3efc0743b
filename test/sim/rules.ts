/**
 * What must hold of what happened, wherever it happened. The simulation tells of it as it goes, the chaos run reads it from
 * what real processes have left; both are judged by these.
 */

/** A notice as it stands in a conversation of an orchestrator. */
export interface Hearing {
	/** The session whose file it stands in. */
	readonly conversation: string;
	readonly notice: string;
	/** Marked as one that may have been told in another conversation. */
	readonly again: boolean;
}

/** Of any notices, in the order in which they were heard: each once in a conversation, and as new in one alone. */
export function wronglyHeard(hearings: readonly Hearing[]): readonly string[] {
	const first = new Map<string, string>();
	const stands = new Set<string>();
	return hearings.flatMap(({ conversation, notice, again }) => {
		const earlier = first.get(notice);
		const key = `${conversation} ${notice}`;
		const twice = stands.has(key);
		first.set(notice, conversation);
		stands.add(key);
		if (twice) return [`notice ${notice} stands twice in conversation ${conversation}`];
		if (earlier === undefined || again) return [];
		return [`notice ${notice} was told in ${earlier} and comes to ${conversation} as if it were new`];
	});
}

const ENDS: ReadonlySet<string> = new Set(["consumed", "superseded", "rejected", "lost"]);
export const hasEnded = (receipt: string): boolean => ENDS.has(receipt);

/** A message that was accepted, once everything is at rest. */
export interface Delivered {
	readonly id: string;
	readonly receipt: string;
	/** How often it stands in the session's file. */
	readonly times: number;
	/** Its lieutenant was given up while it was on its way. */
	readonly givenUp: boolean;
}

export function wronglyDelivered({ id, receipt, times, givenUp }: Delivered): readonly string[] {
	return [
		...(hasEnded(receipt) ? [] : [`message ${id} rests as ${receipt}`]),
		...(times > 1 ? [`message ${id} stands ${times} times in the file`] : []),
		...(receipt === "consumed" && times === 0 ? [`message ${id} is consumed and stands nowhere`] : []),
		...(receipt === "lost" && !givenUp ? [`message ${id} is lost although its lieutenant lives`] : []),
		...(receipt === "rejected" ? [`message ${id} was rejected, which this pi never does`] : []),
	];
}

/** Id by text of what was acknowledged, and as it is stored. */
export const wronglyKept = (
	acknowledged: ReadonlyMap<string, string>,
	stored: ReadonlyMap<string, string>,
): readonly string[] =>
	[...acknowledged].flatMap(([text, id]) => {
		if (stored.get(id) === text) return [];
		const why = stored.has(id) ? "was acknowledged as another message" : "was acknowledged and is not stored";
		return [`"${text}" ${why}`];
	});

/** `certain`: ends that nobody brought about; `all`: with those that met a signal of the host itself. */
export const wronglyMourned = (who: string, told: number, certain: number, all: number): readonly string[] =>
	told >= certain && told <= all ? [] : [`${who}: ${told} deaths told of ${certain} (${all} ends in all)`];
