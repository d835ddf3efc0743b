/**
 * A full disk must not end the host: it would take the fleet's supervisor away when it is needed most, and the loop could
 * only start it into the same disk. What a timer could not store it does again a moment later; a message's sender says it
 * again, as after any lost message.
 */
import { isDiskFull, reason } from "../errors.ts";
import type { Connection, Timer, World } from "../world.ts";

/** ms after which what could not be stored is stored again. */
const AGAIN_MS = 1_000;

/** The world as it is, except that a full disk ends nothing. Every other failure passes. */
export function sheltered(world: World, complain: (what: string) => void): World {
	/** False when the disk was full. */
	const tried = (run: () => void): boolean => {
		try {
			run();
			return true;
		} catch (thrown) {
			if (!isDiskFull(thrown)) throw thrown;
			complain(`the disk is full: ${reason(thrown)}`);
			return false;
		}
	};
	const { clock, sockets } = world;
	const after = (ms: number, run: () => void): Timer => {
		const attempt = (): void => {
			if (!tried(run)) timer = clock.after(AGAIN_MS, attempt);
		};
		let timer = clock.after(ms, attempt);
		return { cancel: () => timer.cancel() };
	};
	const calm = (connection: Connection): Connection => ({
		send: (text) => connection.send(text),
		onMessage: (run) => connection.onMessage((text) => void tried(() => run(text))),
		onClose: (run) => connection.onClose((why) => void tried(() => run(why))),
		close: (why) => connection.close(why),
		get buffered() {
			return connection.buffered;
		},
	});
	return {
		...world,
		clock: {
			...clock,
			after,
			every: (ms, run) => clock.every(ms, () => void tried(run)),
			soon: (run) =>
				clock.soon(() => {
					if (!tried(run)) after(AGAIN_MS, run);
				}),
		},
		sockets: {
			...sockets,
			listen: (path, accept) => sockets.listen(path, (connection) => accept(calm(connection))),
			connect: async (address, options) => calm(await sockets.connect(address, options)),
		},
	};
}
