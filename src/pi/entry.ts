/** One entry of a pi session: a node of a tree whose children are appended; only what Flagship reads of it. */
import { contentText, type Message, parseMessage, parseUsage, type Usage } from "./message.ts";
import { isShape, optionalText, shape, text } from "./shape.ts";

interface Node {
	readonly id: string;
	readonly parentId: string | null;
	/** ISO 8601. */
	readonly timestamp: string;
}

export type Entry = Node &
	(
		| { readonly type: "message"; readonly message: Message }
		| {
				readonly type: "custom_message";
				readonly customType: string;
				readonly text: string;
				readonly details: unknown;
		  }
		| { readonly type: "custom"; readonly customType: string; readonly data: unknown }
		| { readonly type: "compaction"; readonly usage?: Usage }
		| { readonly type: "branch_summary"; readonly usage?: Usage }
		/** Model work outside of any message, such as keeping a cache warm. */
		| { readonly type: "usage"; readonly kind: string; readonly usage: Usage }
		| { readonly type: "other"; readonly name: string }
	);

/** `undefined` for what is no entry: a torn line, or the header of the file. */
export function parseEntry(raw: unknown): Entry | undefined {
	const value = shape(raw);
	const id = optionalText(value.id);
	if (!isShape(raw) || id === undefined || value.type === "session" || typeof value.type !== "string") return undefined;
	const node = { id, parentId: optionalText(value.parentId) ?? null, timestamp: text(value.timestamp) };
	const usage = parseUsage(value.usage);
	switch (value.type) {
		case "message":
			return { ...node, type: "message", message: parseMessage(value.message) };
		case "custom_message":
			return {
				...node,
				type: "custom_message",
				customType: text(value.customType),
				text: contentText(value.content),
				details: value.details,
			};
		case "custom":
			return { ...node, type: "custom", customType: text(value.customType), data: value.data };
		case "compaction":
		case "branch_summary":
			return { ...node, type: value.type, ...(usage === undefined ? {} : { usage }) };
		case "usage":
			if (usage !== undefined) return { ...node, type: "usage", kind: text(value.kind), usage };
			break;
	}
	return { ...node, type: "other", name: value.type };
}
