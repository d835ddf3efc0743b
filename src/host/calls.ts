/**
 * Calls to this host, from a session's socket or down the hub's link: checked against the contract, done once per key.
 * Who repeats a call whose answer was lost, also over another connection or after a restart of the host, gets the first
 * answer; who repeats it while it runs waits for the same one.
 */
import { type Static, type TSchema, TypeRegistry } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Acting, Call, Launch } from "../contract/link.ts";
import type { AnyOperation, Operation } from "../contract/operation.ts";
import { fault } from "../errors.ts";
import { type Asker, Progress } from "./progress.ts";
import type { Answers } from "./store/answers.ts";

/** What a handler is given besides its input. */
export interface Context {
	/** Who asks: an orchestrator's name, or an author's name that the hub vouches for. */
	readonly caller: string;
	/** With a session's generation; absent for the hub's and the command's calls. */
	readonly acting: Acting | undefined;
	/** Lieutenant id that the caller resolved; wins over a name in the input. */
	readonly target: string | undefined;
	readonly launch: Launch | undefined;
	readonly key: string | undefined;
	/**
	 * Stores the answer under the caller's key; called inside the transaction that makes it true. What never calls it
	 * is kept once the handler is done.
	 */
	keep(output: unknown): void;
	/** Tells whoever asks what is being done, while it takes its time. */
	step(what: string): void;
	/** Aborted when it was called off, with the fault to end with. Only what is declared `revocable` looks at it. */
	readonly signal: AbortSignal;
}

export interface HostHandler<I extends TSchema = TSchema, O extends TSchema = TSchema> {
	readonly operation: Operation<I, O>;
	run(input: Static<I>, context: Context): Promise<Static<O>> | Static<O>;
}

export const handle = <I extends TSchema, O extends TSchema>(
	operation: Operation<I, O>,
	run: HostHandler<I, O>["run"],
): HostHandler<I, O> => ({ operation, run });

/** What does a call elsewhere; undefined for one that is done here. */
export type Route = (operation: AnyOperation, call: Call) => ((context: Context) => Promise<unknown>) | undefined;

interface Running {
	readonly input: string;
	readonly output: Promise<unknown>;
	readonly progress: Progress;
}

export class Calls {
	readonly #handlers: ReadonlyMap<string, HostHandler>;
	readonly #answers: Answers;
	readonly #now: () => number;
	readonly #route: Route;
	readonly #running = new Map<string, Running>();

	constructor(handlers: readonly HostHandler[], answers: Answers, now: () => number, route: Route = () => undefined) {
		this.#handlers = new Map(handlers.map((handler) => [handler.operation.name, handler]));
		this.#answers = answers;
		this.#now = now;
		this.#route = route;
	}

	/** The operation's output; rejects with a `Fault` from the table. */
	async run(call: Call, caller: string, asker?: Asker): Promise<unknown> {
		const handler = this.#handlers.get(call.operation);
		if (handler === undefined) throw fault("not_found", `operation ${call.operation}`);
		check(handler.operation, call.input);
		if (call.key === undefined) {
			if (handler.operation.method !== "GET")
				throw fault("invalid_input", "key is required: every mutation carries one");
			const progress = new Progress();
			const context = this.#context(call, caller, () => undefined, progress);
			return progress.heard(asker, this.#do(handler, call, context));
		}
		return this.#once(handler, call, caller, call.key, asker);
	}

	async #once(handler: HostHandler, call: Call, caller: string, key: string, asker?: Asker): Promise<unknown> {
		const operation = call.operation;
		const input = JSON.stringify(call.input);
		const kept = this.#answers.find(caller, operation, key, input);
		if (kept !== undefined) return kept.output;
		const scope = JSON.stringify([caller, operation, key]);
		const running = this.#running.get(scope);
		if (running !== undefined) {
			if (running.input !== input) throw fault("key_reused");
			if (!running.progress.signal.aborted) return await running.progress.heard(asker, running.output);
			// It was called off: asked for again, it begins anew once what was made has been ended.
			await running.output.catch(() => undefined);
			return await this.#once(handler, call, caller, key, asker);
		}
		const progress = new Progress();
		const keep = (output: unknown) => this.#answers.keep(caller, operation, key, input, output, this.#now());
		const output = Promise.resolve()
			.then(() => this.#do(handler, call, this.#context(call, caller, keep, progress)))
			.then((done) => {
				keep(done);
				return done;
			})
			.finally(() => this.#running.delete(scope));
		this.#running.set(scope, { input, output, progress });
		return await progress.heard(asker, output);
	}

	async #do(handler: HostHandler, call: Call, context: Context): Promise<unknown> {
		const elsewhere = this.#route(handler.operation, call);
		return elsewhere === undefined ? handler.run(call.input, context) : elsewhere(context);
	}

	#context(call: Call, caller: string, keep: (output: unknown) => void, { step, signal }: Progress): Context {
		const { acting, target, launch, key } = call;
		return { caller, acting, target, launch, key, keep, step, signal };
	}
}

// The contract's enums are `Type.Unsafe`, which TypeBox checks only by what it is told of them.
TypeRegistry.Set<{ enum?: readonly unknown[] }>("Unsafe", (schema, value) => schema.enum?.includes(value) ?? true);

/** Refuses what the contract does not allow, naming the field. */
function check(operation: AnyOperation, input: unknown): void {
	if (Value.Check(operation.input, input)) return;
	const first = Value.Errors(operation.input, input).First();
	const field = first?.path.replace(/^\//, "").replaceAll("/", ".") ?? "";
	const value = first?.value;
	if (field === "") throw fault("invalid_input", "The input must be one JSON object.");
	const blank = value === undefined || value === null || (typeof value === "string" && value.trim() === "");
	throw fault("invalid_input", blank ? `${field} is required` : `${field}: ${first?.message ?? "not valid"}`);
}
