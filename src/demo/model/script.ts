/**
 * What a scripted model is told to say: an OpenAI-compatible server that drives a real pi without a provider. The tour
 * and the tests use it.
 *
 * A request belongs to an agent by its key: the last marker `[[agent:KEY]]` in the system or user texts; else the model
 * id, when the script has an agent of that name; else `*`.
 */

export interface ToolCall {
	readonly name: string;
	/** Text is sent as it is, also when it is no JSON. */
	readonly arguments?: Readonly<Record<string, unknown>> | string;
	readonly id?: string;
}

export interface ScriptedError {
	/** Default 500. */
	readonly status?: number;
	readonly message?: string;
	readonly type?: string;
	readonly code?: string;
	/** Seconds, sent as `Retry-After`. */
	readonly retryAfter?: number;
}

/**
 * One answer. In its texts `${last}`, `${lastTool}` and `${n}` are filled in, and `${/regex/}` with the first group of
 * its last match in the request's texts: an id that a tool has answered earlier.
 */
export interface Step {
	readonly text?: string;
	readonly thinking?: string;
	readonly toolCalls?: readonly ToolCall[];
	/** Before the first byte. */
	readonly delayMs?: number;
	/** Answers only once `Model.release` was called with this name. */
	readonly hold?: string;
	/** Between the chunks of the stream. */
	readonly chunkMs?: number;
	/** Characters of a chunk; default 40. */
	readonly chunkChars?: number;
	/** Sends the headers, then nothing until the client goes. */
	readonly hang?: boolean;
	/** Ends the connection in mid stream, after the text. */
	readonly cut?: boolean;
	readonly error?: ScriptedError;
	/** In place of the finish reason that follows from the rest. */
	readonly finish?: string;
	readonly usage?: { readonly prompt?: number; readonly completion?: number; readonly cached?: number };
	/** Serves this step so many times. */
	readonly repeat?: number | "forever";
	/** Recorded as `expectOk`: does the last message of the request hold this text? */
	readonly expect?: string;
}

export interface Agent {
	readonly steps?: readonly Step[];
	/** What it says once its steps are used up; without it, what the script says by default. */
	readonly after?: Step;
	/**
	 * `calls` (default): the next step for each request, retries included. `turns`: the step whose number is the count of
	 * assistant messages in the request, which survives restarts of pi and of this server.
	 */
	readonly cursor?: "calls" | "turns";
}

/** Tried before any agent's steps, and never used up. Each pattern is a substring, or `/regex/flags`. */
export interface Rule extends Step {
	readonly key?: string;
	readonly model?: string;
	readonly system?: string;
	/** The last user text. */
	readonly user?: string;
	/** The last message of all: also a tool's result. */
	readonly last?: string;
	/** System text, all user texts and the last tool result together. */
	readonly any?: string;
}

export interface Script {
	readonly agents?: Readonly<Record<string, readonly Step[] | Agent>>;
	readonly rules?: readonly Rule[];
	/** When nothing else answers; without it the model echoes. */
	readonly default?: Step;
}

/** Answers pi's summarizer, whose request would otherwise use up a step of the agent that is summarized. */
export const summarizer = (text: string): Rule => ({ system: "context summarization assistant", text });
