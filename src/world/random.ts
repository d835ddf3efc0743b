/** Strong randomness for tokens and ids; jitter may have it too. */
import { randomBytes } from "node:crypto";
import type { Random } from "../world.ts";

export const random: Random = {
	bytes: (count) => new Uint8Array(randomBytes(count)),
	fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
