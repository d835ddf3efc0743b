import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Frames } from "../../src/pi/frames.ts";

const encoder = new TextEncoder();
const lines = (values: readonly unknown[]): Uint8Array =>
	encoder.encode(values.map((value) => `${JSON.stringify(value)}\n`).join(""));

/** The bytes in pieces whose lengths repeat. */
function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
	for (let at = 0, i = 0; at < bytes.length; i += 1) {
		const length = lengths[i % lengths.length] ?? 1;
		yield bytes.subarray(at, at + length);
		at += length;
	}
}

const anyText = fc.string({ unit: "binary" });

describe("frames", () => {
	it("give back every record, wherever the bytes were cut", () => {
		const records = fc.array(
			fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.constant("a\u2028b\u2029c\n\r"))),
		);
		const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
		fc.assert(
			fc.property(records, lengths, (values, sizes) => {
				const frames = new Frames();
				const got = [...cut(lines(values), sizes)].flatMap((piece) => frames.push(piece));
				expect(got).toEqual(JSON.parse(JSON.stringify(values)));
				expect(frames.spoiled).toBe(0);
			}),
		);
	});

	it("keep no hold of the reader's buffer", () => {
		const frames = new Frames();
		const buffer = encoder.encode('{"a":');
		frames.push(buffer);
		buffer.fill(0);
		expect(frames.push(encoder.encode("1}\n"))).toEqual([{ a: 1 }]);
	});

	it("drop a first line that an earlier reader began, and count any later one that is no JSON", () => {
		const frames = new Frames();
		expect(frames.push(encoder.encode('l","x":1}\n{"a":1}\nnonsense\n\n{"a":2}\r\n'))).toEqual([{ a: 1 }, { a: 2 }]);
		expect(frames.spoiled).toBe(1);
	});

	it("throw a record away that is longer than allowed, and go on with the next", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 40 }), (size) => {
				const frames = new Frames(32);
				const bytes = lines([1, "x".repeat(100), { after: true }]);
				expect([...cut(bytes, [size])].flatMap((piece) => frames.push(piece))).toEqual([1, { after: true }]);
				expect(frames.spoiled).toBe(1);
			}),
		);
	});
});
