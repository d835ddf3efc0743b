/** Keeping a process alive while it waits. Timers of a `World` do not, so a wait with nothing else open would just end. */

/** Longest delay that a timer takes, ms. */
const LONG = 2 ** 31 - 1;

/** `work`, with the process alive until it settles. */
export async function holding<T>(work: Promise<T>): Promise<T> {
	const hold = setInterval(() => undefined, LONG);
	try {
		return await work;
	} finally {
		clearInterval(hold);
	}
}
