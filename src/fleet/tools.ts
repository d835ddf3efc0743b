/** Operations as pi tools. No tool is written by hand: name, schema and words come from the contract. */
import type { ExtensionAPI, ToolDefinition } from "@earendil-works/pi-coding-agent";
import type { TSchema } from "@sinclair/typebox";
import { isMutation, isRecord } from "../client/request.ts";
import type { Outcome } from "../client/spool.ts";
import type { AnyOperation, Role } from "../contract/operation.ts";
import { Fault, reason } from "../errors.ts";
import type { ToolCard } from "./card.ts";
import { withoutAuthors } from "./schema.ts";

/** The operation of this name, loaded when it is first called. */
export type FindOperation = (name: string) => Promise<AnyOperation>;

export interface ToolCallOptions {
	readonly signal: AbortSignal | undefined;
	/** Of a mutation: kept while its result is unknown, so that a model that asks again does not do it twice. */
	readonly key: string | undefined;
	/** What was done so far, all of it each time, where it takes its time. */
	readonly onSteps?: ((steps: readonly string[]) => void) | undefined;
}

/** Asks hub or host. Throws a `Fault`. */
export type ToolCall = (operation: AnyOperation, input: unknown, options: ToolCallOptions) => Promise<Outcome<unknown>>;

/** pi shows the last of these while the tool runs. */
type OnUpdate = (partial: {
	readonly content: { type: "text"; text: string }[];
	readonly details: Outcome<unknown> | { readonly type: "steps"; readonly steps: readonly string[] };
}) => void;

export interface ToolOptions {
	/** Makes idempotency keys. */
	newKey(): string;
	/** Found and switched on when wanted, on a pi that knows `exposure`. */
	readonly deferred?: boolean;
}

/** Entries of a list, where the model asks for no number: a thousand tasks would fill its context. */
const PAGE = 50;
/** Characters of a result; the rest is left out and said so. */
const RESULT_MAX = 24_000;

/** The tools that an agent of this role has. */
export const toolsFor = (role: Role, cards: readonly ToolCard[]): readonly ToolCard[] =>
	cards.filter((card) => card.allow.includes(role));

/** Registers one tool; its operation is loaded when it is called. It fails by throwing, which pi hands to the model as an error result. */
export function registerOperationTool(
	pi: Pick<ExtensionAPI, "registerTool">,
	card: ToolCard,
	find: FindOperation,
	call: ToolCall,
	{ newKey, deferred = false }: ToolOptions,
): void {
	const unanswered = new Map<string, string>();
	const paged = isRecord(card.parameters.properties) && "cursor" in card.parameters.properties;

	const ask = async (operation: AnyOperation, input: unknown, heard: Omit<ToolCallOptions, "key">) => {
		if (!isMutation(operation)) return call(operation, input, { ...heard, key: undefined });
		const asked = JSON.stringify(input);
		const key = unanswered.get(asked) ?? newKey();
		unanswered.set(asked, key);
		try {
			const outcome = await call(operation, input, { ...heard, key });
			unanswered.delete(asked);
			return outcome;
		} catch (error) {
			if (error instanceof Fault && !isUnanswered(error)) unanswered.delete(asked);
			throw error;
		}
	};

	const tool = {
		...describeTool(card),
		label: card.cli,
		async execute(_id: string, params: unknown, signal: AbortSignal | undefined, onUpdate?: OnUpdate) {
			const operation = await find(card.name);
			const given = withoutAuthors(operation, params);
			const input = paged && isRecord(given) ? { limit: PAGE, ...given } : given;
			const onSteps = (steps: readonly string[]) =>
				onUpdate?.({ content: [{ type: "text", text: steps.join("\n") }], details: { type: "steps", steps } });
			const outcome = await ask(operation, input, { signal, onSteps }).catch((error: unknown) => {
				throw new Error(sentence(error), { cause: error });
			});
			const text = outcome.type === "kept" ? keptText(outcome.waiting) : operation.tell(outcome.output, input);
			return { content: [{ type: "text" as const, text: bounded(text) }], details: outcome };
		},
		...(deferred ? { exposure: "deferred" } : {}),
	} satisfies ToolDefinition & { exposure?: string };
	pi.registerTool(tool);
}

/** What of a tool is sent to the model: this is what the schema budget counts. */
export function describeTool(card: ToolCard): Pick<ToolDefinition, "name" | "description" | "parameters"> {
	// Plain JSON schema: newer versions of pi check arguments by nothing else.
	return { name: card.tool, description: card.summary, parameters: card.parameters as unknown as TSchema };
}

const isUnanswered = (error: Fault): boolean => error.code === "hub_away" || error.code === "host_silent";

/** What is, and what to do next. */
export const sentence = (error: unknown): string =>
	error instanceof Fault ? `${error.message} ${error.remedy}` : reason(error);

const keptText = (waiting: number): string =>
	`Kept here, not yet in the hub, which is away (${waiting} waiting). It is sent when the hub is back; do not send it again.`;

function bounded(text: string): string {
	if (text.length <= RESULT_MAX) return text;
	return `${text.slice(0, RESULT_MAX)}\n[${text.length - RESULT_MAX} characters left out: ask for less, with limit or a filter]`;
}
