/** What names a share link whose old name was its secret. */
import { encodeTime } from "ulid";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_LENGTH = 10;
const REST_LENGTH = 16;

/** A ULID made of the moment and the hash: the same at every import, and no way back to the address. */
export function linkName(hash: string, at: number): string {
	const bytes = Buffer.from(hash, "hex").subarray(0, REST_LENGTH);
	return encodeTime(Math.max(0, at), TIME_LENGTH) + [...bytes].map((byte) => ALPHABET[byte & 31]).join("");
}
