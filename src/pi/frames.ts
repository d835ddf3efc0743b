/**
 * pi's stdout cut into records: one JSON value per line, lines end at LF and nowhere else. Cutting is done on bytes, so
 * a character that arrives in two pieces is whole again before it is decoded, and U+2028 or U+2029 inside a string,
 * where a general line reader would cut, stay what they are.
 */

/** Longest record that is kept, in bytes. The longest honest one is a whole session in an answer to `get_entries`. */
export const RECORD_MAX = 256 * 1024 * 1024;

const LF = 10;

export class Frames {
	readonly #max: number;
	#pieces: Uint8Array[] = [];
	#length = 0;
	/** In the middle of a record that was too long: everything up to its end is thrown away. */
	#skipping = false;
	#first = true;
	#spoiled = 0;

	constructor(max = RECORD_MAX) {
		this.#max = max;
	}

	/**
	 * Records lost so far: no JSON, or longer than allowed. The very first line does not count when it is no JSON: an
	 * earlier reader of the same FIFO may have taken its beginning with it.
	 */
	get spoiled(): number {
		return this.#spoiled;
	}

	/** The records that these bytes complete, parsed, in order. */
	push(bytes: Uint8Array): unknown[] {
		const records: unknown[] = [];
		let from = 0;
		for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
			this.#keep(bytes.subarray(from, end));
			this.#complete(records);
			from = end + 1;
		}
		this.#keep(bytes.subarray(from));
		return records;
	}

	#keep(piece: Uint8Array): void {
		if (this.#skipping || piece.length === 0) return;
		this.#length += piece.length;
		if (this.#length > this.#max) {
			this.#skipping = true;
			this.#pieces = [];
			return;
		}
		// A copy: the reader may use its buffer again.
		this.#pieces.push(piece.slice());
	}

	#complete(records: unknown[]): void {
		const [pieces, skipped, first] = [this.#pieces, this.#skipping, this.#first];
		const length = this.#length;
		this.#pieces = [];
		this.#length = 0;
		this.#skipping = false;
		if (skipped) {
			this.#first = false;
			this.#spoiled += 1;
			return;
		}
		const text = decode(pieces, length).trim();
		if (text === "") return;
		this.#first = false;
		try {
			records.push(JSON.parse(text));
		} catch (thrown) {
			if (!(thrown instanceof SyntaxError)) throw thrown;
			if (!first) this.#spoiled += 1;
		}
	}
}

function decode(pieces: readonly Uint8Array[], length: number): string {
	const [only] = pieces;
	if (only !== undefined && pieces.length === 1) return new TextDecoder().decode(only);
	const whole = new Uint8Array(length);
	let at = 0;
	for (const piece of pieces) {
		whole.set(piece, at);
		at += piece.length;
	}
	return new TextDecoder().decode(whole);
}
