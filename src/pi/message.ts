/** Messages as pi keeps them in its transcript and sends them over RPC; only what Flagship reads of them. */
import { count, isShape, list, optionalText, shape, text } from "./shape.ts";

/** Tokens as the provider counted them, cost in US dollars. */
export interface Usage {
	readonly input: number;
	readonly output: number;
	readonly cacheRead: number;
	readonly cacheWrite: number;
	readonly totalTokens: number;
	readonly cost: number;
	/** What `cost` consists of. */
	readonly costs: Costs;
}

export interface Costs {
	readonly input: number;
	readonly output: number;
	readonly cacheRead: number;
	readonly cacheWrite: number;
}

export interface ToolCall {
	readonly id: string;
	readonly name: string;
	readonly input: unknown;
}

/** `error` and `aborted` are no answers; an abort inside a tool is `error` on pi 0.87 and `aborted` on 1.5. */
export type StopReason = "stop" | "toolUse" | "length" | "error" | "aborted" | "deferred" | "pending" | "unknown";

export type Message =
	| { readonly role: "user"; readonly text: string }
	| { readonly role: "custom"; readonly customType: string; readonly text: string }
	| {
			readonly role: "assistant";
			readonly text: string;
			readonly toolCalls: readonly ToolCall[];
			readonly stopReason: StopReason;
			readonly error?: string;
			readonly provider: string;
			readonly model: string;
			readonly usage: Usage;
	  }
	| {
			readonly role: "toolResult";
			readonly toolCallId: string;
			readonly toolName: string;
			readonly text: string;
			readonly isError: boolean;
			/** Model work that the tool did itself. */
			readonly usage?: Usage;
	  }
	| { readonly role: "other"; readonly name: string };

export type AssistantMessage = Extract<Message, { role: "assistant" }>;

const STOP_REASONS = ["stop", "toolUse", "length", "error", "aborted", "deferred", "pending"] as const;

/** The text blocks of a content, which is a string or a list of blocks; images and thinking are left out. */
export const contentText = (content: unknown): string =>
	typeof content === "string"
		? content
		: list(content)
				.map(shape)
				.filter((block) => block.type === "text")
				.map((block) => text(block.text))
				.join("\n");

export function parseUsage(value: unknown): Usage | undefined {
	if (!isShape(value)) return undefined;
	const [input, output] = [count(value.input), count(value.output)];
	const [cacheRead, cacheWrite] = [count(value.cacheRead), count(value.cacheWrite)];
	const cost = shape(value.cost);
	return {
		input,
		output,
		cacheRead,
		cacheWrite,
		totalTokens: count(value.totalTokens) || input + output + cacheRead + cacheWrite,
		cost: count(cost.total),
		costs: {
			input: count(cost.input),
			output: count(cost.output),
			cacheRead: count(cost.cacheRead),
			cacheWrite: count(cost.cacheWrite),
		},
	};
}

const NOTHING = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
export const NO_USAGE: Usage = { ...NOTHING, totalTokens: 0, cost: 0, costs: NOTHING };

function parseAssistant(value: Readonly<Record<string, unknown>>): Message {
	const error = optionalText(value.errorMessage);
	return {
		role: "assistant",
		text: contentText(value.content),
		toolCalls: list(value.content)
			.map(shape)
			.filter((block) => block.type === "toolCall")
			.map((block) => ({ id: text(block.id), name: text(block.name), input: block.arguments })),
		stopReason: STOP_REASONS.find((known) => known === value.stopReason) ?? "unknown",
		...(error === undefined ? {} : { error }),
		provider: text(value.provider),
		model: text(value.model),
		usage: parseUsage(value.usage) ?? NO_USAGE,
	};
}

export function parseMessage(raw: unknown): Message {
	const value = shape(raw);
	switch (value.role) {
		case "user":
			return { role: "user", text: contentText(value.content) };
		case "custom":
			return { role: "custom", customType: text(value.customType), text: contentText(value.content) };
		case "assistant":
			return parseAssistant(value);
		case "toolResult": {
			const usage = parseUsage(value.usage);
			return {
				role: "toolResult",
				toolCallId: text(value.toolCallId),
				toolName: text(value.toolName),
				text: contentText(value.content),
				isError: value.isError === true,
				...(usage === undefined ? {} : { usage }),
			};
		}
		default:
			return { role: "other", name: text(value.role) };
	}
}

/** True when it answers what stands before it; an error or an abort does not. */
export const answers = (message: AssistantMessage): boolean =>
	["stop", "toolUse", "length"].includes(message.stopReason);

/** A person or a host stopped it; pi 0.87 writes an abort inside a tool as an error. */
export const isAborted = (message: AssistantMessage): boolean =>
	message.stopReason === "aborted" ||
	(message.stopReason === "error" && /\b(operation|request) was aborted\b/i.test(message.error ?? ""));
