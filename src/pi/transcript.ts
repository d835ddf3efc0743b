/** What a session's entries say: which messages they hold, which are answered, how it ends, what was said, what it cost. */
import type { Entry } from "./entry.ts";
import { envelopeOf } from "./envelope.ts";
import { type AssistantMessage, answers, isAborted } from "./message.ts";

/** A message of ours that the entries hold. */
export interface Held {
	readonly id: string;
	/** The highest delivery seen. */
	readonly n: number;
	/** The entry that holds it. */
	readonly entry: string;
	/** The assistant entry that answers it (`stop`, `toolUse` or `length`); an error or an abort is none. */
	readonly answer?: string;
}

/**
 * How the path ends. `unanswered`: something waits for the model. `dangling`: a tool call has no result. `failed` and
 * `aborted`: the last answer is an error or was stopped. pi carries on from none of these by itself.
 */
export type Ending =
	| { readonly type: "empty" }
	| { readonly type: "answered" }
	| { readonly type: "unanswered" }
	| { readonly type: "dangling"; readonly tool: string }
	| { readonly type: "failed"; readonly error: string }
	| { readonly type: "aborted" };

/** What the model said in answer to one message, from that message to the next. */
export interface Output {
	/** Our message that it answers; absent when the words came from a person or an extension. */
	readonly message?: string;
	readonly text: string;
}

/** The entries from the root to a leaf, in order. Without `leaf`, to the last entry, as pi itself takes it on resume. */
export function pathTo(entries: readonly Entry[], leaf?: string | null): readonly Entry[] {
	const byId = new Map(entries.map((entry) => [entry.id, entry]));
	const path: Entry[] = [];
	let at = leaf === undefined || leaf === null ? entries.at(-1) : byId.get(leaf);
	while (at !== undefined && path.length <= entries.length) {
		path.push(at);
		at = at.parentId === null ? undefined : byId.get(at.parentId);
	}
	return path.reverse();
}

/**
 * Every message of ours in the entries, by id. An answer counts on the message's own branch: a person who later goes
 * back in the tree does not undo that it was consumed. Entries that begin in the middle (`get_entries` with `since`)
 * give only what they hold.
 */
export function heldIn(entries: readonly Entry[]): ReadonlyMap<string, Held> {
	const byId = new Map(entries.map((entry) => [entry.id, entry]));
	const answered = new Map<string, string>();
	const held = new Map<string, Held>();
	for (const entry of entries) {
		if (!isAnswer(entry)) continue;
		let at = entry.parentId === null ? undefined : byId.get(entry.parentId);
		while (at !== undefined && !answered.has(at.id)) {
			answered.set(at.id, entry.id);
			at = at.parentId === null ? undefined : byId.get(at.parentId);
		}
	}
	for (const entry of entries) {
		if (entry.type !== "message" || entry.message.role !== "user") continue;
		const envelope = envelopeOf(entry.message.text);
		if (envelope === undefined) continue;
		const known = held.get(envelope.id);
		const answer = known?.answer ?? answered.get(entry.id);
		const newest = known === undefined || envelope.n >= known.n ? { n: envelope.n, entry: entry.id } : known;
		held.set(envelope.id, {
			id: envelope.id,
			n: newest.n,
			entry: newest.entry,
			...(answer === undefined ? {} : { answer }),
		});
	}
	return held;
}

/** An answer of the model is a turn; an error or an abort is none. */
export const isAnswer = (entry: Entry): boolean =>
	entry.type === "message" && entry.message.role === "assistant" && answers(entry.message);

/** How a path ends, seen from its leaf. */
export function endingOf(path: readonly Entry[]): Ending {
	const results = new Set<string>();
	for (const entry of path.toReversed()) {
		if (entry.type === "custom_message") return { type: "unanswered" };
		if (entry.type !== "message") continue;
		const message = entry.message;
		switch (message.role) {
			case "user":
			case "custom":
				return { type: "unanswered" };
			case "toolResult":
				results.add(message.toolCallId);
				break;
			case "assistant":
				return endingAt(message, results);
		}
	}
	return { type: "empty" };
}

function endingAt(message: AssistantMessage, results: ReadonlySet<string>): Ending {
	if (isAborted(message)) return { type: "aborted" };
	if (!answers(message)) return { type: "failed", error: message.error ?? message.stopReason };
	const dangling = message.toolCalls.find((call) => !results.has(call.id));
	if (dangling !== undefined) return { type: "dangling", tool: dangling.name };
	return message.toolCalls.length > 0 ? { type: "unanswered" } : { type: "answered" };
}

/** What was said along a path, oldest first, one per message that got words. */
export function outputsOf(path: readonly Entry[]): readonly Output[] {
	const outputs: { message?: string; text: string }[] = [{ text: "" }];
	for (const entry of path) {
		if (entry.type !== "message") continue;
		const { message } = entry;
		if (message.role === "user") {
			const envelope = envelopeOf(message.text);
			outputs.push(envelope === undefined ? { text: "" } : { message: envelope.id, text: "" });
		} else if (message.role === "assistant" && message.text !== "") {
			const last = outputs.at(-1);
			if (last !== undefined) last.text += last.text === "" ? message.text : `\n\n${message.text}`;
		}
	}
	return outputs.filter((output) => output.text !== "");
}
