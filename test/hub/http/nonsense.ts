/** Requests that nobody should send, and some that are nearly right, made from an operation's declaration. */
import type { TSchema } from "@sinclair/typebox";
import fc from "fast-check";
import type { AnyOperation } from "../../../src/contract/operation.ts";
import { example } from "../../../src/hub/openapi/example.ts";

export interface Nonsense {
	readonly method: string;
	/** With its query. */
	readonly path: string;
	/** Of a token; `none` sends no header, `wrong` one that nobody has. */
	readonly who: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly raw?: string | undefined;
}

export const WHO = ["admin", "host", "orchestrator", "lieutenant", "worker", "viewer", "none", "wrong"] as const;
const METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"] as const;
/** Beyond what is worth sending each time: longer texts are cut to it. */
const LONG = 20_000;

const word = fc.oneof(
	fc.constantFrom(
		...["", " ", "0", "-1", "null", "undefined", "1e400", "NaN", "\u0000", "%", "%00", "*", ".", "..", "../../etc"],
		...["'; drop table tasks; --", '"', "__proto__", "constructor", "toString", "\ud800", "\u202e\u200b", "😀", "Ａ"],
		...["running", "open", "1970-01-01", "+275760-09-13T00:00:00.001Z", "99999999999d", "7d", "x".repeat(1_200)],
	),
	fc.string({ unit: "binary", maxLength: 20 }),
);
const value = fc.oneof(
	{ weight: 3, arbitrary: word },
	fc.constantFrom<unknown>(null, true, -0, 0.1, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, -5, 3.7),
	fc.constantFrom<unknown>([], {}, [[]], [null], { a: null }, Array(300).fill("x"), nested(2_000)),
	fc.jsonValue(),
);

function nested(depth: number): unknown {
	let inside: unknown = 1;
	for (let i = 0; i < depth; i++) inside = [inside];
	return inside;
}

/** What the field takes, what it just does not, and ids of records that are there. */
function near(schema: TSchema, name: string, ids: readonly string[]): fc.Arbitrary<unknown> {
	const { minimum, maximum, minLength, maxLength } = schema as Readonly<Record<string, number | undefined>>;
	const edges: unknown[] = [
		...(Array.isArray(schema.enum) ? schema.enum : []),
		...[minimum, maximum].flatMap((edge) => (edge === undefined ? [] : [edge - 1, edge, edge + 1])),
		...[minLength, maxLength].flatMap((edge) =>
			edge === undefined || edge >= LONG ? [] : ["y".repeat(edge), "😀".repeat(edge + 1)],
		),
	];
	return fc.oneof(
		{ weight: 4, arbitrary: fc.constant(example(schema, name)) },
		{ weight: 2, arbitrary: fc.constantFrom(...ids) },
		...(edges.length === 0 ? [] : [{ weight: 2, arbitrary: fc.constantFrom(...edges) }]),
		{ weight: 3, arbitrary: value },
	);
}

const fieldsOf = ({ input }: AnyOperation): Readonly<Record<string, TSchema>> => input.properties ?? {};

function bodies(operation: AnyOperation, ids: readonly string[]): fc.Arbitrary<string> {
	const fields = Object.entries(fieldsOf(operation)).map(([name, schema]) => [name, near(schema, name, ids)] as const);
	const nearly = fc.record(Object.fromEntries(fields), { requiredKeys: [] });
	const required = example(operation.input) as object;
	return fc.oneof(
		{ weight: 4, arbitrary: nearly.map((body) => JSON.stringify({ ...required, ...body })) },
		{ weight: 3, arbitrary: nearly.map((body) => JSON.stringify(body)) },
		{ weight: 1, arbitrary: value.map((body) => JSON.stringify(body) ?? "") },
		fc.constantFrom("", "{", "\ufeff{}", '{"a":1,"a":2}', '{"title":"\\ud800"}', "[".repeat(5_000), "1e999", "\u0000"),
		fc.string({ maxLength: 20 }),
	);
}

const segment = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : "%ff");

/** Addresses of one of the patterns, with ids and words for what is `:named` in it. */
export function pathsOf(patterns: readonly [string, ...string[]], ids: readonly string[]): fc.Arbitrary<string> {
	const one = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ids) }, word).map(segment);
	return fc
		.tuple(fc.constantFrom(...patterns), one, one)
		.map(([pattern, ...given]) => pattern.replaceAll(/:\w+/g, () => given.shift() ?? ""));
}

function queries(operation: AnyOperation, ids: readonly string[]): fc.Arbitrary<string> {
	const fields = Object.entries(fieldsOf(operation)).map(([name, schema]) =>
		fc.tuple(fc.constant(name), near(schema, name, ids)),
	);
	const others = fc.tuple(fc.oneof(fc.constantFrom("limit", "cursor", "since", "last", "raw"), word), value);
	return fc
		.array(fc.oneof(...fields, others), { maxLength: 4 })
		.map((pairs) =>
			new URLSearchParams(pairs.map(([name, one]): [string, string] => [name.toWellFormed(), textOf(one)])).toString(),
		);
}

const textOf = (given: unknown): string =>
	(typeof given === "string" ? given : (JSON.stringify(given) ?? "")).slice(0, 2_000).toWellFormed();

const headers = fc.oneof(
	{ weight: 6, arbitrary: fc.constant({}) },
	fc.constantFrom<Readonly<Record<string, string>>>(
		{ "x-flagship-protocol": "1" },
		{ "x-flagship-protocol": "2" },
		{ "idempotency-key": "k" },
		{ "idempotency-key": "k".repeat(300) },
		{ "content-type": "multipart/form-data; boundary=x" },
		{ "last-event-id": "nonsense" },
		{ origin: "https://evil.example", cookie: "session=x; session=y", "x-forwarded-for": "::::, <script>" },
	),
);

/** `ids` name records of all kinds that are there. */
export function nonsenseFor(operation: AnyOperation, ids: readonly string[]): fc.Arbitrary<Nonsense> {
	return fc
		.record({
			method: fc.oneof(
				{ weight: 8, arbitrary: fc.constant(operation.method as string) },
				fc.constantFrom<string>(...METHODS),
			),
			path: pathsOf([operation.path, ...(operation.aliases ?? [])], ids),
			query: queries(operation, ids),
			// A role that may not is refused before anything is read: mostly one that may.
			who: fc.oneof({ weight: 4, arbitrary: fc.constantFrom<string>(...operation.allow) }, fc.constantFrom(...WHO)),
			headers,
			raw: bodies(operation, ids),
		})
		.map(({ method, path, query, who, headers, raw }) => ({
			...{ method, path: query === "" ? path : `${path}?${query}`, who, headers },
			...(method === "GET" ? {} : { raw }),
		}));
}
