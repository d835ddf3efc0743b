/** The records of a chat completion, whole or as a stream, made from a step. */
import { type Asked, textsIn } from "./request.ts";
import type { Step, ToolCall } from "./script.ts";

interface Call {
	readonly index: number;
	readonly id: string;
	readonly type: "function";
	readonly function: { readonly name: string; readonly arguments: string };
}

/** A step with its texts filled in, ready to be sent. */
export interface Answer {
	readonly n: number;
	readonly model: string;
	readonly text: string;
	readonly thinking: string;
	readonly calls: readonly Call[];
	readonly finish: string;
	readonly usage: Usage;
}

/** As the provider's API tells it. */
export interface Usage {
	readonly prompt_tokens: number;
	readonly completion_tokens: number;
	readonly total_tokens: number;
	readonly prompt_tokens_details: { readonly cached_tokens: number };
}

/** Four characters a token: near enough for prices in a test. */
const tokens = (text: number): number => Math.max(1, Math.ceil(text / 4));

/** Empty where nothing matches. */
const foundIn = (asked: Asked, source: string): string =>
	[...textsIn(asked.body).join("\n").matchAll(new RegExp(source, "g"))].at(-1)?.[1] ?? "";

function fill(value: unknown, asked: Asked, n: number): unknown {
	if (typeof value === "string")
		return value
			.replaceAll("${last}", asked.last)
			.replaceAll("${lastTool}", asked.lastTool)
			.replaceAll("${n}", String(n))
			.replace(/\$\{\/(.+?)\/\}/g, (_whole, source: string) => foundIn(asked, source));
	if (Array.isArray(value)) return value.map((each) => fill(each, asked, n));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, asked, n)]));
}

function callOf(call: ToolCall, index: number, asked: Asked, n: number): Call {
	const given = call.arguments ?? {};
	const text = typeof given === "string" ? given : JSON.stringify(fill(given, asked, n));
	return {
		index,
		id: call.id ?? `call_${n}_${index}`,
		type: "function",
		function: { name: call.name, arguments: text },
	};
}

export function answerOf(step: Step, asked: Asked, n: number): Answer {
	const text = String(fill(step.text ?? "", asked, n));
	const thinking = String(fill(step.thinking ?? "", asked, n));
	const calls = (step.toolCalls ?? []).map((call, index) => callOf(call, index, asked, n));
	const written = calls.reduce((sum, call) => sum + call.function.arguments.length, text.length + thinking.length);
	const prompt = step.usage?.prompt ?? tokens(asked.size);
	const completion = step.usage?.completion ?? tokens(written);
	return {
		n,
		model: asked.model,
		text,
		thinking,
		calls,
		finish: step.finish ?? (calls.length > 0 ? "tool_calls" : "stop"),
		usage: {
			prompt_tokens: prompt,
			completion_tokens: completion,
			total_tokens: prompt + completion,
			prompt_tokens_details: { cached_tokens: step.usage?.cached ?? 0 },
		},
	};
}

const head = (answer: Answer, object: string) => ({
	id: `chatcmpl-${answer.n}`,
	created: Math.floor(Date.now() / 1000),
	model: answer.model,
	object,
});

export function whole(answer: Answer): unknown {
	const calls = answer.calls.map(({ index: _, ...call }) => call);
	const message = {
		role: "assistant",
		content: answer.text || null,
		...(calls.length > 0 ? { tool_calls: calls } : {}),
	};
	const choices = [{ index: 0, message, finish_reason: answer.finish }];
	return { ...head(answer, "chat.completion"), choices, usage: answer.usage };
}

/** Never cuts a character that takes two code units. */
function pieces(text: string, size: number): string[] {
	const characters = [...text];
	const count = Math.ceil(characters.length / size);
	return Array.from({ length: count }, (_, n) => characters.slice(n * size, (n + 1) * size).join(""));
}

const chunk = (answer: Answer, delta: unknown, finish: string | null = null): unknown => ({
	...head(answer, "chat.completion.chunk"),
	choices: [{ index: 0, delta, finish_reason: finish }],
});

/** The stream up to the end of the text. */
export function* spoken(answer: Answer, size: number): Generator<unknown> {
	yield chunk(answer, { role: "assistant", content: "" });
	for (const piece of pieces(answer.thinking, size)) yield chunk(answer, { reasoning_content: piece });
	for (const piece of pieces(answer.text, size)) yield chunk(answer, { content: piece });
}

/** The tool calls after it, and the end. */
export function* called(answer: Answer, size: number): Generator<unknown> {
	for (const call of answer.calls) {
		yield chunk(answer, { tool_calls: [{ ...call, function: { name: call.function.name, arguments: "" } }] });
		for (const piece of pieces(call.function.arguments, size))
			yield chunk(answer, { tool_calls: [{ index: call.index, function: { arguments: piece } }] });
	}
	yield chunk(answer, {}, answer.finish);
}

export const usageChunk = (answer: Answer): unknown => ({
	...head(answer, "chat.completion.chunk"),
	choices: [],
	usage: answer.usage,
});
