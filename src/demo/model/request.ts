/** A chat-completions request as the script sees it. */
import { STATE_TAG } from "../../fleet/live-state.ts";

export interface Asked {
	readonly key: string;
	readonly model: string;
	readonly stream: boolean;
	/** False only when the client said that it wants no usage in its stream. */
	readonly wantsUsage: boolean;
	readonly system: string;
	readonly users: readonly string[];
	/** The last user text, the last tool result, the last message of all. */
	readonly user: string;
	readonly lastTool: string;
	readonly last: string;
	/** Assistant messages so far. */
	readonly turns: number;
	/** Roles in order, such as `system,user,assistant,tool`. */
	readonly roles: string;
	/** Names of the tools that are offered. */
	readonly tools: readonly string[];
	readonly toolChoice: unknown;
	/** Length of all messages as JSON, in characters. */
	readonly size: number;
	readonly body: unknown;
}

const MARKER = /\[\[agent:([^\]\s]+)\]\]/g;

const field = (value: unknown, name: string): unknown =>
	typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The text of a message's content, which is a string or a list of parts. */
function contentText(content: unknown): string {
	if (typeof content === "string") return content;
	return list(content)
		.map((part) => (typeof part === "string" ? part : text(field(part, "text"))))
		.join("\n");
}

interface Spoken {
	readonly role: string;
	readonly text: string;
}

const textsOf = (messages: readonly Spoken[], ...roles: string[]): string[] =>
	messages.filter((message) => roles.includes(message.role)).map((message) => message.text);

/** What was said, oldest first. The live state that Flagship adds to a request is nothing that anyone has said. */
const messagesOf = (body: unknown): readonly unknown[] =>
	list(field(body, "messages")).filter((message) => !contentText(field(message, "content")).startsWith(STATE_TAG));

/** The texts of all messages, oldest first. */
export const textsIn = (body: unknown): readonly string[] =>
	messagesOf(body).map((message) => contentText(field(message, "content")));

/** `known`: the agents of the script, for a model id that names one. */
export function describeRequest(body: unknown, known: Readonly<Record<string, unknown>> = {}): Asked {
	const raw = messagesOf(body);
	const messages = raw.map((message) => ({
		role: text(field(message, "role")),
		text: contentText(field(message, "content")),
	}));
	const system = textsOf(messages, "system", "developer").join("\n");
	const users = textsOf(messages, "user");
	const model = text(field(body, "model"));
	const marker = [...[system, ...users].join("\n").matchAll(MARKER)].at(-1)?.[1];
	return {
		key: marker ?? (model in known ? model : "*"),
		model,
		stream: field(body, "stream") === true,
		wantsUsage: field(field(body, "stream_options"), "include_usage") !== false,
		system,
		users,
		user: users.at(-1) ?? "",
		lastTool: textsOf(messages, "tool").at(-1) ?? "",
		last: messages.at(-1)?.text ?? "",
		turns: textsOf(messages, "assistant").length,
		roles: messages.map((message) => message.role).join(","),
		tools: list(field(body, "tools")).map((tool) => text(field(field(tool, "function") ?? tool, "name"))),
		toolChoice: field(body, "tool_choice"),
		size: JSON.stringify(list(field(body, "messages"))).length,
		body,
	};
}
