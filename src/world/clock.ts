/** The real clock. Every timer is unref'd: a forgotten one must not keep `pi -p` from ending. */
import type { Clock, Timer } from "../world.ts";

export const clock: Clock = {
	now: () => Date.now(),
	elapsed: () => performance.now(),
	after(ms, run): Timer {
		const timer = setTimeout(run, ms).unref();
		return { cancel: () => clearTimeout(timer) };
	},
	every(ms, run): Timer {
		const timer = setInterval(run, ms).unref();
		return { cancel: () => clearInterval(timer) };
	},
	// Not unref'd: what has gathered for a batch must still be written when nothing else is left to do.
	soon: (run) => void setImmediate(run),
};
