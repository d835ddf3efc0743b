/**
 * ULIDs that only grow: within one millisecond, when the clock is set back, and across restarts. Old clients compare
 * them as text to resume.
 */
import { encodeTime, incrementBase32, MIN_ULID } from "ulid";
import type { World } from "../world.ts";

const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;
/** Bytes: the random parts of 64 ids. */
const POOL = 64 * RANDOM_LENGTH;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface Ids {
	next(): string;
}

/** `greatest`: the greatest id ever stored, or undefined for an empty hub. */
export function createIds(world: Pick<World, "clock" | "random">, greatest: string | undefined): Ids {
	const randomPart = randomParts(world);
	let last = greatest ?? MIN_ULID;
	return {
		next() {
			const time = encodeTime(Math.max(0, world.clock.now()), TIME_LENGTH);
			last = time > last.slice(0, TIME_LENGTH) ? time + randomPart() : incrementBase32(last);
			return last;
		},
	};
}

/** Asks for many bytes at once: the way to the system's generator is long, and every write makes an id. */
function randomParts(world: Pick<World, "random">): () => string {
	let pool: Uint8Array = new Uint8Array(0);
	let taken = 0;
	return () => {
		if (taken === pool.length) [pool, taken] = [world.random.bytes(POOL), 0];
		let part = "";
		for (const byte of pool.subarray(taken, taken + RANDOM_LENGTH)) part += ALPHABET[byte & 31];
		taken += RANDOM_LENGTH;
		return part;
	};
}
