/**
 * The records of `pi --mode rpc` that Flagship uses, as pi 0.87 and 1.5 write them. Whatever pi sends beyond these
 * passes as `{type: "other"}`, so that a newer pi breaks nothing.
 */
import { type Entry, parseEntry } from "./entry.ts";
import { type Message, parseMessage } from "./message.ts";
import { count, isShape, list, optionalText, type Shape, shape, text, texts } from "./shape.ts";

export type ThinkingLevel = "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** What a host asks of pi. Without its `id`, which the life of the process gives. */
export type RpcCommand =
	/** Always with `streamingBehavior`: without it a busy pi refuses. Idle, it starts a run either way. */
	| { readonly type: "prompt"; readonly message: string; readonly streamingBehavior: "steer" | "followUp" }
	| { readonly type: "abort" }
	/** Ends the pause before pi asks its provider again, and the run with it. */
	| { readonly type: "abort_retry" }
	| { readonly type: "clear_queue" }
	| { readonly type: "get_state" }
	/** Entries after `since`, or all; an unknown id is refused with "Entry not found". */
	| { readonly type: "get_entries"; readonly since?: string }
	| { readonly type: "get_session_stats" }
	| { readonly type: "set_model"; readonly provider: string; readonly modelId: string }
	| { readonly type: "set_thinking_level"; readonly level: ThinkingLevel }
	| { readonly type: "compact"; readonly customInstructions?: string };

export interface RpcResponse {
	readonly type: "response";
	readonly id?: string;
	readonly command: string;
	readonly success: boolean;
	readonly data: unknown;
	readonly error?: string;
}

export type CompactionReason = "manual" | "threshold" | "overflow";

export type RpcRecord =
	| RpcResponse
	| { readonly type: "agent_start" }
	| { readonly type: "agent_end"; readonly willRetry: boolean }
	/** pi goes on by itself no more: no retry, no queued message, no gate. */
	| { readonly type: "agent_settled" }
	| { readonly type: "turn_end"; readonly message: Message; readonly toolResults: readonly Message[] }
	| { readonly type: "message_start"; readonly message: Message }
	/** Something of an answer was streamed; `delta` is its text, empty for thinking and tool calls; `length` of all three. */
	| { readonly type: "message_update"; readonly delta: string; readonly length: number }
	| { readonly type: "message_end"; readonly message: Message }
	/** Both lists whole, in order. Queued custom messages are in neither. */
	| { readonly type: "queue_update"; readonly steering: readonly string[]; readonly followUp: readonly string[] }
	| { readonly type: "entry_appended"; readonly entry: Entry }
	| { readonly type: "compaction_start"; readonly reason: string }
	| { readonly type: "compaction_end"; readonly reason: string; readonly aborted: boolean; readonly error?: string }
	| { readonly type: "auto_retry_start"; readonly attempt: number; readonly delayMs: number; readonly error: string }
	| { readonly type: "auto_retry_end"; readonly success: boolean; readonly error?: string }
	| { readonly type: "tool_execution_start"; readonly call: string; readonly tool: string; readonly input: unknown }
	| { readonly type: "tool_execution_update"; readonly call: string; readonly tool: string }
	| { readonly type: "tool_execution_end"; readonly call: string; readonly tool: string; readonly isError: boolean }
	| { readonly type: "extension_error"; readonly extension: string; readonly event: string; readonly error: string }
	| {
			readonly type: "extension_ui_request";
			readonly id: string;
			readonly method: string;
			/** True for dialogs: pi waits for an `extension_ui_response`. */
			readonly asks: boolean;
			readonly title: string;
			readonly message: string;
	  }
	| { readonly type: "other"; readonly name: string };

/** `data` of a `get_state` answer. */
export interface RpcState {
	readonly isStreaming: boolean;
	readonly isCompacting: boolean;
	readonly pendingMessageCount: number;
	readonly messageCount: number;
	readonly sessionId: string;
	/** Named before it exists: pi writes it with the first assistant message. */
	readonly sessionFile?: string;
	/** `provider/id`; absent when pi has no model. */
	readonly model?: string;
	readonly thinkingLevel: string;
}

/** `data` of a `get_entries` answer. */
export interface RpcEntries {
	readonly entries: readonly Entry[];
	readonly leafId: string | null;
}

/** `data` of a `clear_queue` answer: what was taken out. Queued custom messages are dropped without a word. */
export interface RpcQueue {
	readonly steering: readonly string[];
	readonly followUp: readonly string[];
}

const optional = <K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } =>
	(value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };

const DIALOGS = ["select", "confirm", "input", "editor"];

const readers: { readonly [type: string]: (value: Shape) => RpcRecord } = {
	response: (value) => ({
		type: "response",
		...optional("id", optionalText(value.id)),
		command: text(value.command),
		success: value.success === true,
		data: value.data,
		...optional("error", optionalText(value.error)),
	}),
	agent_start: () => ({ type: "agent_start" }),
	agent_end: (value) => ({ type: "agent_end", willRetry: value.willRetry === true }),
	agent_settled: () => ({ type: "agent_settled" }),
	turn_end: (value) => ({
		type: "turn_end",
		message: parseMessage(value.message),
		toolResults: list(value.toolResults).map(parseMessage),
	}),
	message_start: (value) => ({ type: "message_start", message: parseMessage(value.message) }),
	message_update: (value) => {
		const event = shape(value.assistantMessageEvent);
		const delta = text(event.delta);
		return { type: "message_update", delta: event.type === "text_delta" ? delta : "", length: delta.length };
	},
	message_end: (value) => ({ type: "message_end", message: parseMessage(value.message) }),
	queue_update: (value) => ({ type: "queue_update", ...parseQueue(value) }),
	entry_appended: (value) => {
		const entry = parseEntry(value.entry);
		return entry === undefined ? { type: "other", name: "entry_appended" } : { type: "entry_appended", entry };
	},
	compaction_start: (value) => ({ type: "compaction_start", reason: text(value.reason) }),
	compaction_end: (value) => ({
		type: "compaction_end",
		reason: text(value.reason),
		aborted: value.aborted === true,
		...optional("error", optionalText(value.errorMessage)),
	}),
	auto_retry_start: (value) => ({
		type: "auto_retry_start",
		attempt: count(value.attempt),
		delayMs: count(value.delayMs),
		error: text(value.errorMessage),
	}),
	auto_retry_end: (value) => ({
		type: "auto_retry_end",
		success: value.success === true,
		...optional("error", optionalText(value.finalError)),
	}),
	tool_execution_start: (value) => ({
		type: "tool_execution_start",
		call: text(value.toolCallId),
		tool: text(value.toolName),
		input: value.args,
	}),
	tool_execution_update: (value) => ({
		type: "tool_execution_update",
		call: text(value.toolCallId),
		tool: text(value.toolName),
	}),
	tool_execution_end: (value) => ({
		type: "tool_execution_end",
		call: text(value.toolCallId),
		tool: text(value.toolName),
		isError: value.isError === true,
	}),
	extension_error: (value) => ({
		type: "extension_error",
		extension: text(value.extensionPath),
		event: text(value.event),
		error: text(value.error),
	}),
	extension_ui_request: (value) => ({
		type: "extension_ui_request",
		id: text(value.id),
		method: text(value.method),
		asks: DIALOGS.includes(text(value.method)),
		title: text(value.title),
		message: text(value.message),
	}),
};

/** A parsed line of pi's stdout; `undefined` for what is no record at all. */
export function parseRecord(value: unknown): RpcRecord | undefined {
	if (!isShape(value) || typeof value.type !== "string") return undefined;
	const read = Object.hasOwn(readers, value.type) ? readers[value.type] : undefined;
	return read === undefined ? { type: "other", name: value.type } : read(value);
}

export function parseState(data: unknown): RpcState {
	const value = shape(data);
	const model = shape(value.model);
	const named = typeof model.provider === "string" && typeof model.id === "string";
	return {
		isStreaming: value.isStreaming === true,
		isCompacting: value.isCompacting === true,
		pendingMessageCount: count(value.pendingMessageCount),
		messageCount: count(value.messageCount),
		sessionId: text(value.sessionId),
		...optional("sessionFile", optionalText(value.sessionFile)),
		...optional("model", named ? `${text(model.provider)}/${text(model.id)}` : undefined),
		thinkingLevel: text(value.thinkingLevel),
	};
}

export function parseEntries(data: unknown): RpcEntries {
	const value = shape(data);
	return {
		entries: list(value.entries)
			.map(parseEntry)
			.filter((entry) => entry !== undefined),
		leafId: optionalText(value.leafId) ?? null,
	};
}

export const parseQueue = (data: unknown): RpcQueue => ({
	steering: texts(shape(data).steering),
	followUp: texts(shape(data).followUp),
});
