/**
 * The calls of one session that have no answer yet. While no host is there they wait, each as long as its patience
 * lasts; when one is there they go out, those that went out before once more with the same key.
 */
import type { Acting, Call, Launch } from "../contract/link.ts";
import type { AnyOperation } from "../contract/operation.ts";
import { type Fault, fault } from "../errors.ts";
import type { Timer, World } from "../world.ts";
import { newKey } from "./client.ts";
import { isMutation } from "./request.ts";

export interface HostCallOptions {
	/** Lieutenant id, resolved once by the caller: a repeat never reaches a namesake made later. */
	readonly target?: string | undefined;
	/** Idempotency key of a mutation; one is made when absent. */
	readonly key?: string | undefined;
	/** With `lieutenants.create`: what the new one takes over from this session. */
	readonly launch?: Launch | undefined;
	/** Of a call passed on for somebody else: who asks, as whom. */
	readonly acting?: Acting | undefined;
	readonly author?: Call["author"] | undefined;
	/** Gives it up at once; one that is `revocable` is called off, too. */
	readonly signal?: AbortSignal | undefined;
	/** Calls it off and waits for what becomes of it: the answer, where it came too late, else a refusal. */
	readonly off?: AbortSignal | undefined;
	/** What was done so far, all of it each time. */
	readonly onSteps?: ((steps: readonly string[]) => void) | undefined;
	/** Milliseconds for the answer of a host that is there; default 90,000, longer than any wait a host grants. */
	readonly timeout?: number | undefined;
	/** Milliseconds to wait for a host that is not there; default 10,000, longer than its restart. */
	readonly patience?: number | undefined;
}

export interface Calls {
	make(operation: AnyOperation, input: unknown, options: HostCallOptions): Promise<unknown>;
	/** A host is there and knows us: everything open goes out. */
	begin(): void;
	/** The host is gone: everything open waits. */
	pause(): void;
	answer(id: string, output: unknown): void;
	steps(id: string, steps: readonly string[]): void;
	refuse(id: string, error: unknown): void;
	refuseAll(error: Fault): void;
}

interface CallsOptions {
	readonly world: World;
	/** Returns false when there is no connection. */
	send(frame: Call | { readonly type: "cancel"; readonly id: string }): boolean;
	acting(): Acting | undefined;
	/** Why there is no host now. */
	why(): Fault;
}

interface Open {
	readonly call: Call;
	readonly patience: number;
	readonly off: AbortSignal | undefined;
	readonly onSteps: ((steps: readonly string[]) => void) | undefined;
	/** Was handed to a host at least once: it may have been done. */
	sent: boolean;
	/** Runs while no host is there. */
	grace: Timer | undefined;
	settle(how: { readonly output: unknown } | { readonly error: unknown }): void;
}

export function createCalls({ world, send, acting, why }: CallsOptions): Calls {
	const open = new Map<string, Open>();
	let count = 0;
	let there = false;

	/** What a call without an answer ends with: it may have been done, or no host has seen it. */
	const ending = (one: Open): Fault =>
		one.sent && one.call.key !== undefined ? fault("host_silent", one.call.operation) : why();

	const wait = (one: Open): void => {
		one.grace ??= world.clock.after(one.patience, () => one.settle({ error: ending(one) }));
	};

	const goOut = (one: Open): void => {
		const who = one.call.acting ?? acting();
		if (!there || !send(who === undefined ? one.call : { ...one.call, acting: who })) {
			wait(one);
			return;
		}
		one.sent = true;
		one.grace?.cancel();
		one.grace = undefined;
		// Asked again of a host that has restarted, it would be done after all.
		if (one.off?.aborted === true) send({ type: "cancel", id: one.call.id });
	};

	return {
		make: (
			operation,
			input,
			{ target, key, launch, acting: of, author, signal, off, onSteps, timeout = 90_000, patience = 10_000 },
		) =>
			new Promise((resolve, reject) => {
				signal?.throwIfAborted();
				const id = String(++count);
				const cancel = () => {
					if (operation.revocable === true && one.sent) send({ type: "cancel", id });
				};
				const stop = () => {
					cancel();
					one.settle({ error: signal?.reason });
				};
				const callOff = () => (one.sent ? cancel() : one.settle({ error: off?.reason }));
				const late = world.clock.after(timeout, () => one.settle({ error: ending(one) }));
				const one: Open = {
					call: {
						type: "call",
						id,
						operation: operation.name,
						input,
						...(target === undefined ? {} : { target }),
						...(launch === undefined ? {} : { launch }),
						...(of === undefined ? {} : { acting: of }),
						...(author === undefined ? {} : { author }),
						...(isMutation(operation) ? { key: key ?? newKey(world) } : {}),
					},
					...{ patience, off, onSteps },
					sent: false,
					grace: undefined,
					settle(how) {
						open.delete(id);
						late.cancel();
						one.grace?.cancel();
						signal?.removeEventListener("abort", stop);
						off?.removeEventListener("abort", callOff);
						if ("output" in how) resolve(how.output);
						else reject(how.error);
					},
				};
				signal?.addEventListener("abort", stop, { once: true });
				off?.addEventListener("abort", callOff, { once: true });
				open.set(id, one);
				goOut(one);
			}),
		begin() {
			there = true;
			for (const one of [...open.values()]) goOut(one);
		},
		pause() {
			there = false;
			for (const one of open.values()) wait(one);
		},
		// An id that is not open belongs to a caller that has left: its answer has nowhere to go.
		answer: (id, output) => open.get(id)?.settle({ output }),
		steps: (id, steps) => open.get(id)?.onSteps?.(steps),
		refuse: (id, error) => open.get(id)?.settle({ error }),
		refuseAll(error) {
			for (const one of [...open.values()]) one.settle({ error });
		},
	};
}
