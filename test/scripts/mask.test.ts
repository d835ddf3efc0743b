import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mask } from "../../scripts/check/mask.ts";

/** What is left, with runs of blanks written as one `_`. */
const left = (text: string): string => mask(text).replace(/ +/g, "_");

describe("masking", () => {
	test.each([
		["a // b 'c\nd", "a_\nd"],
		['a /* b\n " */ c', "a_\n_c"],
		["f('x\\'y', \"z\")", "f('_',_\"_\")"],
		["`a ${b + `c ${d} e` + {f: 1}} g`", "`_${b_+_`_${d}_`_+_{f:_1}}_`"],
		['x = /[/"]\\// ; y', "x_=_/_/_;_y"],
		["return /'/.test(a / b / c)", "return_/_/.test(a_/_b_/_c)"],
		["(a) / 2 // '\nb", "(a)_/_2_\nb"],
		["'unfinished\nnext", "'_\nnext"],
	])("%j leaves %j", (text, expected) => {
		expect(left(text)).toBe(expected);
	});

	test("every position and every line stays where it was, whatever the text", () => {
		const piece = fc.constantFrom("/", "*", "'", '"', "`", "${", "}", "{", "\\", "\n", "a", " ", "[", "]", "return ");
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
				const text = pieces.join("");
				const masked = mask(text);
				expect(masked).toHaveLength(text.length);
				expect(masked.split("\n").map((line) => line.length)).toEqual(text.split("\n").map((line) => line.length));
			}),
		);
	});
});
