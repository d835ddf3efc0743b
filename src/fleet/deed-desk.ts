/**
 * What a person did on the dashboard, in the orchestrator's conversation: each deed once, in order, before the next
 * request to the model. The transcript itself says which were told. pi may drop a queued message without a word (Escape,
 * a hard steer), so what was sent and does not stand there when pi settles is sent again.
 */
import type { FeedEvent } from "../contract/feed.ts";

/** The custom message's type; its `details.event` is the event's id. */
export const DEED = "flagship-person";

/** What of a session entry is looked at. */
export interface EntryLike {
	readonly type: string;
	readonly timestamp?: string;
	readonly customType?: string;
	readonly details?: unknown;
}

export interface DeedDeskOptions {
	entries(): readonly EntryLike[];
	/** Into the conversation: now when idle, else with the next request. Begins no run. */
	send(text: string, event: string): void;
	/** The orchestrator's name, as far as it is known. */
	owner(): string | undefined;
}

const eventOf = ({ type, customType, details }: EntryLike): string | undefined => {
	const event: unknown = type === "custom_message" && customType === DEED ? Object(details).event : undefined;
	return typeof event === "string" ? event : undefined;
};

/** Where the feed is read on: after the last deed that stands in the session, else from its last entry's time. */
export function readFrom(entries: readonly EntryLike[]): string | undefined {
	const told = entries.flatMap((entry) => eventOf(entry) ?? []);
	return told.at(-1) ?? entries.at(-1)?.timestamp;
}

export class DeedDesk {
	readonly #options: DeedDeskOptions;
	readonly #sent = new Map<string, string>();

	constructor(options: DeedDeskOptions) {
		this.#options = options;
	}

	arrived({ id, summary, timestamp, detail }: FeedEvent): void {
		const { owner }: { readonly owner?: unknown } = Object(detail);
		const own = this.#options.owner();
		// Another orchestrator's lieutenant is its own affair.
		if (typeof owner === "string" && own !== undefined && owner !== own) return;
		if (this.#sent.has(id) || this.#told().has(id)) return;
		const text = `The person did this on the dashboard at ${timestamp}: ${summary}`;
		this.#sent.set(id, text);
		this.#options.send(text, id);
	}

	/** pi is idle: what it dropped is sent again, and what stands in the transcript needs no keeping. */
	settled(): void {
		const told = this.#told();
		for (const [id, text] of this.#sent) {
			if (told.has(id)) this.#sent.delete(id);
			else this.#options.send(text, id);
		}
	}

	#told(): ReadonlySet<string> {
		return new Set(this.#options.entries().flatMap((entry) => eventOf(entry) ?? []));
	}
}
