import type { Rule } from "./source.ts";

const LONGEST = 600;

/** A longer file holds more than one thing. */
export const lengthRule: Rule = (sources) =>
	sources.flatMap(({ path, text }) => {
		const lines = text.replace(/\n$/, "").split("\n").length;
		if (lines <= LONGEST) return [];
		return [{ path, line: LONGEST + 1, message: `has ${lines} lines; none may be longer than ${LONGEST}` }];
	});
