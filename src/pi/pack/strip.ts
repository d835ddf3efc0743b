/** Takes the envelope out of what the model sees: it is between host and pi, and a model would begin to write its own. */
import { unwrap } from "../envelope.ts";
import { isShape } from "../shape.ts";

/** The messages with the envelopes of user messages taken out; the same array when there was none. */
export function withoutEnvelopes<M>(messages: readonly M[]): readonly M[] {
	const stripped = messages.map(strip);
	return stripped.some((message, i) => message !== messages[i]) ? stripped : messages;
}

function strip<M>(message: M): M {
	if (!isShape(message) || message.role !== "user") return message;
	const { content } = message;
	if (typeof content === "string") {
		const { envelope, text } = unwrap(content);
		return envelope === undefined ? message : { ...message, content: text };
	}
	if (!Array.isArray(content)) return message;
	// Only the first text block can begin with it.
	const at = content.findIndex((block) => isShape(block) && block.type === "text");
	const block: unknown = content[at];
	if (!isShape(block) || typeof block.text !== "string") return message;
	const { envelope, text } = unwrap(block.text);
	return envelope === undefined ? message : { ...message, content: content.with(at, { ...block, text }) };
}
