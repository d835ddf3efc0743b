/**
 * What a lieutenant's session file says, read as it grows. Entries are kept while a run is under way and forgotten when
 * it rests: thirty idle lieutenants should not hold thirty conversations in memory.
 */
import type { Entry } from "../pi/entry.ts";
import type { Cursor } from "../pi/session.ts";
import { EMPTY_TALLY, type Tally, tally } from "../pi/tally.ts";
import { type Ending, endingOf, heldIn, type Output, outputsOf, pathTo } from "../pi/transcript.ts";
import type { Seen, TranscriptEnd } from "./delivery-state.ts";
import type { Place } from "./places/place.ts";

export interface Look {
	readonly seen: Seen;
	readonly ending: Ending;
	readonly tally: Tally;
	/** What was said, oldest first. */
	readonly outputs: readonly Output[];
	/** Id of the last answer. Not of the last entry: extensions note things after it, and a completion would be told again. */
	readonly answer: string | undefined;
	readonly entries: readonly Entry[];
}

const ENDS: Record<Ending["type"], TranscriptEnd> = {
	empty: "empty",
	answered: "answered",
	unanswered: "unanswered",
	dangling: "unanswered",
	failed: "error",
	aborted: "aborted",
};

/** What entries say about messages; the entries need not come from the file. */
export function seenIn(entries: readonly Entry[]): Seen {
	const held = [...heldIn(entries).values()];
	return {
		present: new Set(held.map((message) => message.id)),
		answered: new Set(held.filter((message) => message.answer !== undefined).map((message) => message.id)),
		end: ENDS[endingOf(pathTo(entries)).type],
	};
}

export class Journal {
	readonly #place: Place;
	readonly #lieutenant: string;
	#entries: Entry[] = [];
	#cursor: Cursor | undefined;
	#tally: Tally = EMPTY_TALLY;

	constructor(place: Place, lieutenant: string) {
		this.#place = place;
		this.#lieutenant = lieutenant;
	}

	async look(): Promise<Look> {
		const reading = await this.#place.read(this.#lieutenant, this.#cursor);
		if (reading.from === "start") {
			this.#entries = [...reading.entries];
			this.#tally = tally(reading.entries);
		} else {
			this.#entries.push(...reading.entries);
			this.#tally = tally(reading.entries, this.#tally);
		}
		this.#cursor = reading.cursor;
		const path = pathTo(this.#entries);
		return {
			seen: seenIn(this.#entries),
			ending: endingOf(path),
			tally: this.#tally,
			outputs: outputsOf(path),
			answer: path.findLast((entry) => entry.type === "message" && entry.message.role === "assistant")?.id,
			entries: this.#entries,
		};
	}

	forget(): void {
		this.#entries = [];
		this.#cursor = undefined;
	}
}
