/** ULIDs that never go back, also when the machine's clock does. */
import { decodeTime, monotonicFactory } from "ulid";
import type { World } from "../world.ts";
import type { Store } from "./store/store.ts";

/** Ids above every id given out before: the greatest is kept, coarsely, in the store. */
export function idMaker(world: World, store: Store): () => string {
	const make = monotonicFactory(() => world.random.fraction());
	let latest = Number(store.meta("latest-id-time") ?? 0);
	let written = latest;
	return () => {
		latest = Math.max(latest, world.clock.now());
		const id = make(latest);
		latest = Math.max(latest, decodeTime(id));
		if (latest >= written) {
			// Written ahead by a minute: one write a minute instead of one an id.
			written = latest + 60_000;
			store.setMeta("latest-id-time", String(written));
		}
		return id;
	};
}
