/**
 * Where the provider's prompt cache ends. The live state is the last message of a request and never the same for long,
 * so everything before it stays as it was cached: providers that find the longest common beginning by themselves need
 * no more. Anthropic's API and Bedrock keep only what ends at a marker, and pi marks the last message: the marker moves
 * to the message before the state, or each request would write a cache that no later one could read.
 */
import { STATE_TAG } from "./live-state.ts";

type Fields = Record<string, unknown>;

const isRecord = (value: unknown): value is Fields =>
	typeof value === "object" && value !== null && !Array.isArray(value);

const recordsIn = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** A message's parts; a content that is plain text has none, and carries no marker. */
const partsOf = (message: Fields | undefined): readonly Fields[] => recordsIn(message?.content);

/** The provider's request with its marker before the live state; undefined where there is none to move. */
export function cacheBeforeState(payload: unknown): Fields | undefined {
	if (!isRecord(payload)) return undefined;
	const messages = recordsIn(payload.messages);
	const at = messages.findLastIndex((message) =>
		partsOf(message).some((part) => typeof part.text === "string" && part.text.startsWith(STATE_TAG)),
	);
	const [state, before] = [messages[at], messages[at - 1]];
	if (state === undefined || before === undefined) return undefined;
	const marker = markerOf(state);
	const marked = marker && markedWith(before, marker);
	if (marked === undefined) return undefined;
	return { ...payload, messages: messages.with(at - 1, marked).with(at, unmarked(state)) };
}

type Marker = { readonly type: "field"; readonly value: unknown } | { readonly type: "part"; readonly value: Fields };

/** Anthropic's is a field of a part, Bedrock's a part of its own. */
function markerOf(message: Fields): Marker | undefined {
	for (const part of partsOf(message)) {
		if ("cache_control" in part) return { type: "field", value: part.cache_control };
		if ("cachePoint" in part) return { type: "part", value: part };
	}
	return undefined;
}

function unmarked(message: Fields): Fields {
	const content = partsOf(message)
		.filter((part) => !("cachePoint" in part))
		.map(({ cache_control: _, ...part }) => part);
	return { ...message, content };
}

/** Undefined where it can bear none: it is then left where it was. */
function markedWith(message: Fields, marker: Marker): Fields | undefined {
	const { content } = message;
	const parts = typeof content === "string" ? [{ type: "text", text: content }] : partsOf(message);
	if (marker.type === "part") return { ...message, content: [...parts, marker.value] };
	// Thinking cannot bear it, and an empty text is refused.
	const at = parts.findLastIndex(
		(part) => part.type !== "thinking" && part.type !== "redacted_thinking" && part.text !== "",
	);
	if (at === -1) return undefined;
	return { ...message, content: parts.map((part, n) => (n === at ? { ...part, cache_control: marker.value } : part)) };
}
