/** Shapes that several services share. */
import { type TSchema, Type } from "@sinclair/typebox";

/** A string out of a fixed list. `Type.Unsafe`, because TypeBox's own enum differs between the versions we run on. */
export const oneOf = <const V extends readonly string[]>(values: V, description?: string) =>
	Type.Unsafe<V[number]>({ type: "string", enum: [...values], ...(description === undefined ? {} : { description }) });

/** A string with something in it. */
export const text = (maxLength: number, description?: string) =>
	Type.String({ minLength: 1, maxLength, pattern: "\\S", ...(description === undefined ? {} : { description }) });

/** Who did it, in the words of the old API. Left out, it is the token's own name. */
export const authorName = Type.Optional(
	Type.String({
		minLength: 1,
		maxLength: 200,
		pattern: "\\S",
		description: "only an admin or host token may name another",
	}),
);

/** The same where the old API takes a blank one for none. */
export const blankableAuthor = Type.Optional(
	Type.String({ maxLength: 200, description: "only an admin or host token may name another" }),
);

/** Entries of an unpaged list, and the most that one page holds. */
export const PAGE_MAX = 1_000;

/** Input of every list that can grow. */
export const paging = {
	limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
	cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "`next` of the page before" })),
};

/** Output of every list that can grow: `count` is what this page holds, `next` is there when more follows. */
export const page = {
	count: Type.Integer(),
	next: Type.Optional(Type.String({ description: "cursor of the next page; absent on the last" })),
};

export const Deleted = Type.Object({ deleted: Type.Literal(true) });

/** A value that JSON can hold: kept and given back as it came. */
export const anything = (description: string): TSchema => Type.Unknown({ description });

/** One line of a list for a model. */
export const more = (next: string | undefined): string => (next === undefined ? "" : `\nMore: cursor ${next}`);
