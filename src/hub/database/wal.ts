/**
 * What of a write-ahead log can be read back. SQLite takes what is whole before the first damage and says nothing of the
 * rest; a person whose disk lost records should hear of it. Format: https://www.sqlite.org/fileformat2.html#walformat
 */

/** The last byte tells the order of bytes in checksums: 1 is big-endian. */
const MAGIC = 0x377f0682;
const HEADER = 32;
const FRAME_HEADER = 24;

export interface Wal {
	/** Where what can be read back ends, in bytes. */
	readonly end: number;
	/** Commits of the same log behind that; each holds one write or several. */
	readonly lost: number;
}

type Sum = readonly [number, number];

/** Reads nothing but checksums, salts and marks of commits: 4 MiB take some 30 ms, and only after a crash. */
export function readWal(bytes: Uint8Array): Wal {
	if (bytes.length < HEADER) return { end: 0, lost: 0 };
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const word = (at: number): number => view.getUint32(at);
	const isLittle = (word(0) & 1) === 0;
	const add = ([first, second]: Sum, from: number, to: number): Sum => {
		let [a, b] = [first, second];
		for (let at = from; at < to; at += 8) {
			a = (a + view.getUint32(at, isLittle) + b) >>> 0;
			b = (b + view.getUint32(at + 4, isLittle) + a) >>> 0;
		}
		return [a, b];
	};
	const holds = ([a, b]: Sum, at: number): boolean => a === word(at) && b === word(at + 4);
	const saltsAt = (at: number): string => `${word(at)} ${word(at + 4)}`;

	const page = word(8);
	const sane = (word(0) & ~1) >>> 0 === MAGIC && page >= 512 && page <= 65_536 && (page & (page - 1)) === 0;
	let sum = add([0, 0], 0, 24);
	let whole = sane && holds(sum, 24);
	const size = FRAME_HEADER + (sane ? page : 4_096);
	// Of a damaged head the salts may be the damage; those of the first frame are as good.
	const salts = saltsAt(whole || bytes.length < HEADER + size ? 16 : HEADER + 8);
	let end = whole ? HEADER : 0;
	let lost = 0;
	for (let at = HEADER; at + size <= bytes.length; at += size) {
		// What an earlier round of the log has left behind is in the database already.
		const isOfThis = saltsAt(at + 8) === salts;
		if (whole) {
			sum = add(add(sum, at, at + 8), at + FRAME_HEADER, at + size);
			whole = isOfThis && holds(sum, at + 16);
		}
		const commits = word(at + 4) !== 0;
		if (whole && commits) end = at + size;
		if (!whole && isOfThis && commits) lost++;
	}
	return { end, lost };
}
