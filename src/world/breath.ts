/** Keeping a process answering while it has much to do: work that goes from promise to promise lets no timer and no key in. */

/** ms of work after which the loop gets its turn: a fifth of what a person begins to feel. */
const LONG = 10;

let last = 0;

/** Lets the event loop turn if it has not for a while; one call after another, so that many do not begin as one. */
export async function breathe(): Promise<void> {
	if (performance.now() - last < LONG) return;
	await new Promise((resolve) => setImmediate(resolve));
	last = performance.now();
}
