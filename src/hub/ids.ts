/**
 * ULIDs that only grow: within one millisecond, when the clock is set back, and across restarts. Old clients compare
 * them as text to resume.
 */
import { encodeTime, incrementBase32, MIN_ULID } from "ulid";
import type { World } from "../world.ts";

const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface Ids {
	next(): string;
}

/** `greatest`: the greatest id ever stored, or undefined for an empty hub. */
export function createIds(world: Pick<World, "clock" | "random">, greatest: string | undefined): Ids {
	let last = greatest ?? MIN_ULID;
	return {
		next() {
			const time = encodeTime(Math.max(0, world.clock.now()), TIME_LENGTH);
			last = time > last.slice(0, TIME_LENGTH) ? time + randomPart(world) : incrementBase32(last);
			return last;
		},
	};
}

function randomPart(world: Pick<World, "random">): string {
	let part = "";
	for (const byte of world.random.bytes(RANDOM_LENGTH)) part += ALPHABET[byte & 31];
	return part;
}
