/** Long pages as they are answered: read and written piece by piece. */
import { paging } from "../../contract/shapes.ts";
import type { Reads } from "../database/reads.ts";
import type { ReadCall, ReadHandler } from "../handle.ts";
import { type Asked, limitOf, PIECE, pieces } from "../page.ts";

type Node = Readonly<Record<string, unknown>>;
type Answer = (call: ReadCall<unknown>) => Promise<unknown>;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

/** Answers as `run` does, or with the JSON text of the same; undefined for what is not a page of rows. */
export function inPieces(handler: ReadHandler, together: Reads): Answer | undefined {
	const { operation, run } = handler;
	const field = rowsOf(operation.input, operation.output);
	if (field === undefined) return undefined;
	const rowsIn = (piece: Node): readonly unknown[] => piece[field] as readonly unknown[];
	return async (call) => {
		const asked = call.input as Asked;
		if (limitOf(asked.limit) <= PIECE || handler.whole?.(call.input) === true) return together(() => run(call));
		const texts: string[] = [];
		let count = 0;
		let last: Node = {};
		const read = (input: Asked) => together(() => run({ ...call, input })) as Promise<Node>;
		for await (const piece of pieces(asked, (one) => rowsIn(one).length, read)) {
			last = piece;
			count += rowsIn(piece).length;
			if (rowsIn(piece).length > 0) texts.push(JSON.stringify(rowsIn(piece)).slice(1, -1));
		}
		const next = last.next === undefined ? "" : `,"next":${JSON.stringify(last.next)}`;
		return `{${JSON.stringify(field)}:[${texts.join(",")}],"count":${count}${next}}`;
	};
}

/** Of an answer that may be a text instead, too. */
function fieldsOf(output: unknown): Node {
	if (!isNode(output)) return {};
	const forms: readonly unknown[] = Array.isArray(output.anyOf) ? output.anyOf : [output];
	const form = forms.filter(isNode).find(({ properties }) => isNode(properties));
	return isNode(form?.properties) ? form.properties : {};
}

/** The field that holds the rows, where an operation is a page of rows and nothing else. */
function rowsOf(input: unknown, output: unknown): string | undefined {
	const asked = isNode(input) && isNode(input.properties) ? input.properties : {};
	const answered = fieldsOf(output);
	if (asked.limit !== paging.limit || asked.cursor !== paging.cursor) return undefined;
	const { count, next, ...others } = answered;
	const [first, ...more] = Object.entries(others);
	const isPage = count !== undefined && next !== undefined && first !== undefined && more.length === 0;
	return isPage && isNode(first[1]) && first[1].type === "array" ? first[0] : undefined;
}
