/** Waiting with an end, on the clock of a `World`. */
import type { World } from "../world.ts";

/** The reason of a signal whose time is over. */
export class DeadlinePassed extends Error {
	override readonly name = "DeadlinePassed";
}

export interface Deadline {
	readonly signal: AbortSignal;
	/** Must be called when the wait is over: ends the timer and lets go of `also`. */
	cancel(): void;
}

/** A signal that aborts after `ms` with `DeadlinePassed`, or with `also`, by its reason. */
export function startDeadline(world: World, ms: number, also?: AbortSignal): Deadline {
	const controller = new AbortController();
	const follow = () => controller.abort(also?.reason);
	const timer = world.clock.after(ms, () => controller.abort(new DeadlinePassed(`${ms} ms have passed`)));
	if (also?.aborted === true) follow();
	also?.addEventListener("abort", follow, { once: true });
	return {
		signal: controller.signal,
		cancel() {
			timer.cancel();
			also?.removeEventListener("abort", follow);
		},
	};
}

/** Resolves after `ms`; rejects with the signal's reason when that comes first. */
export function sleep(world: World, ms: number, signal: AbortSignal): Promise<void> {
	return untilAborted(new Promise<void>((resolve) => world.clock.after(ms, resolve)), signal);
}

/** `work`, unless the signal aborts first: then its reason. `work` goes on unheard. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise<T>((resolve, reject) => {
		const stop = () => reject(signal.reason);
		if (signal.aborted) stop();
		signal.addEventListener("abort", stop, { once: true });
		work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
	});
}
