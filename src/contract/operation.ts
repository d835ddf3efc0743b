/**
 * One thing that the hub or a host can do, declared once as data. Route, validation, pi tool, client call, CLI verb and
 * OpenAPI entry are all made from the declaration, so they cannot drift apart. Files beside this one hold one service
 * each and are found by folder: a new service edits no list.
 */
import type { Static, TSchema } from "@sinclair/typebox";

export type Role = "admin" | "host" | "orchestrator" | "lieutenant" | "worker" | "viewer";

/** Everyone who may change records; a viewer only looks. */
export const WRITERS = ["admin", "host", "orchestrator", "lieutenant", "worker"] as const satisfies readonly Role[];
export const EVERYONE = [...WRITERS, "viewer"] as const satisfies readonly Role[];

export interface Operation<Input extends TSchema = TSchema, Output extends TSchema = TSchema> {
	/** `service.verb`, unique. The scope of idempotency keys and the name on a socket: `log.append`. */
	readonly name: `${string}.${string}`;
	/** Who does it: the hub, or the host that holds the lieutenant (the hub forwards such a call by host id). */
	readonly at: "hub" | "host";
	/** The pi tool's name, as agents already know it: `board_create_task`. Absent: no tool. */
	readonly tool?: string;
	/** The command's words after `flagship`: `board create`; or why nobody could type it. */
	readonly cli: string | { readonly none: string };
	/** One line that lets a model choose this over its neighbours. */
	readonly summary: string;
	readonly method: "GET" | "POST" | "PATCH" | "DELETE";
	/** Path with `:params`; each is a key of `input`. The rest of `input` is query (GET, DELETE) or body. */
	readonly path: `/${string}`;
	/** Other paths by which old clients reach the same; they carry the same `:params`. */
	readonly aliases?: readonly `/${string}`[];
	/** Status of success. */
	readonly status: 200 | 201;
	/** How the answer travels; `json` when absent. `stream` is SSE, or WebSocket when asked to upgrade. `file` is bytes. */
	readonly answers?: "json" | "text" | "stream" | "file";
	readonly input: Input;
	readonly output: Output;
	readonly allow: readonly Role[];
	/** Always in an agent's hands. The rest is deferred: found when wanted, so that schemas stay small. */
	readonly core?: true;
	/** Milliseconds that a caller waits for it, where that is longer than usual. */
	readonly patience?: number;
	/** Starts agents: a session, or a person's shell, says with the call how its own pi was started (`Launch`). */
	readonly launches?: true;
	/** May be called off while it runs: what was made by then is ended, or listed as not ended. */
	readonly revocable?: true;
	/** May wait on disk for a hub that is away. Never for what is decided in one place: claims, reservations, verdicts. */
	readonly spool?: true;
	/**
	 * The sentence for a bad field where it is not the usual one (`<field> is required`, `invalid <field>: <value>`).
	 * Keyed by the field's path, list positions left out: `artifacts.url`. `{value}` stands for what was sent.
	 */
	readonly sentences?: Readonly<Record<string, string>>;
	/**
	 * The input field by which old clients name the author. `needed`: an old client that leaves it out is refused; one
	 * that shakes hands knows that the author comes from its token.
	 */
	readonly author?: { readonly field: string; readonly needed?: true };
	/**
	 * What a run that called this has to account for in the work log; undefined when this input leaves nothing. Absent:
	 * nothing, because reading leaves no trace and the hub's records are their own account.
	 */
	effect?(input: Static<Input>): string | undefined;
	/** How the result reads to a model: short, ids whole, the next step named. */
	tell(output: Static<Output>, input: Static<Input>): string;
	/** The answer is a no: a shell hears that as exit code 1. */
	failed?(output: Static<Output>): boolean;
	/** How it reads to a person at a shell, where a model is told less: words of a stranger are no reading for it. */
	print?(output: Static<Output>, input: Static<Input>): string;
}

/** Declares an operation and keeps its types. */
export function operation<I extends TSchema, O extends TSchema>(declared: Operation<I, O>): Operation<I, O> {
	return Object.freeze(declared);
}

/** The words of its command; undefined where there is none. */
export const verbOf = ({ cli }: Pick<Operation, "cli">): string | undefined =>
	typeof cli === "string" ? cli : undefined;

/** Any operation, where only its data matters; `tell` is a method, hence bivariant, so every operation fits. */
export type AnyOperation = Operation<TSchema, TSchema>;
