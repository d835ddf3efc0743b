/** One operation of the contract as OpenAPI has it. */
import { type AnyOperation, EVERYONE, verbOf } from "../../contract/operation.ts";
import { example } from "./example.ts";
import { refusedWith } from "./refusals.ts";
import type { Schemas } from "./schemas.ts";

type Fields = Readonly<Record<string, unknown>>;

const PLAIN = [400, 401, 403, 404, 409, 503] as const;
const TOO_LARGE = 413;
const DISK_FULL = 507;

const serviceOf = ({ name }: AnyOperation): string => name.split(".", 1)[0] ?? name;

/** `alias`: the path by which old clients reach it, where that is another. */
export function describeOperation(operation: AnyOperation, schemas: Schemas, alias?: string): Fields {
	const { name, summary, tool, allow } = operation;
	const verb = verbOf(operation);
	return {
		operationId: alias === undefined ? name : `${name}:${alias}`,
		summary,
		description: description(operation),
		tags: [serviceOf(operation)],
		...(alias === undefined ? {} : { deprecated: true }),
		parameters: parameters(operation, schemas),
		...(takesBody(operation) ? { requestBody: body(operation, schemas) } : {}),
		responses: { ...answers(operation, schemas), ...refusedWith(statuses(operation)) },
		"x-flagship-roles": allow,
		...(verb === undefined ? {} : { "x-flagship-command": `flagship ${verb}` }),
		...(tool === undefined ? {} : { "x-flagship-tool": tool }),
	};
}

function description(operation: AnyOperation): string {
	const { allow, at, tool } = operation;
	const verb = verbOf(operation);
	const who = allow.length === EVERYONE.length ? "every role" : allow.join(", ");
	const forwarded = at === "host" ? " Forwarded to the host that holds the lieutenant." : "";
	return `For ${who}.${forwarded} Tool: ${tool ?? "none"}. Command: ${verb === undefined ? "none" : `\`flagship ${verb}\``}.`;
}

const takesBody = ({ method }: AnyOperation): boolean => method === "POST" || method === "PATCH";

const inPath = ({ path }: AnyOperation): readonly string[] =>
	[...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");

const isRequired = ({ input }: AnyOperation, name: string): boolean =>
	Array.isArray(input.required) && input.required.includes(name);

function parameters(operation: AnyOperation, schemas: Schemas): readonly unknown[] {
	const fields: Fields = operation.input.properties ?? {};
	const path = inPath(operation);
	const asked = Object.entries(fields).filter(([name]) => path.includes(name) || !takesBody(operation));
	return [
		...asked.map(([name, schema]) => ({
			name,
			in: path.includes(name) ? "path" : "query",
			required: path.includes(name) || isRequired(operation, name),
			schema: schemas.of(schema),
		})),
		...(operation.method === "GET" ? [] : [{ $ref: "#/components/parameters/IdempotencyKey" }]),
		...(operation.answers === "stream" ? [{ $ref: "#/components/parameters/LastEventId" }] : []),
		{ $ref: "#/components/parameters/Protocol" },
	];
}

function body(operation: AnyOperation, schemas: Schemas): Fields {
	const fields: Fields = operation.input.properties ?? {};
	const names = Object.keys(fields).filter((name) => !inPath(operation).includes(name));
	const required = names.filter((name) => isRequired(operation, name));
	const schema = {
		type: "object",
		properties: Object.fromEntries(names.map((name) => [name, fields[name]])),
		...(required.length === 0 ? {} : { required }),
	};
	const content = { schema: schemas.of(schema), example: example(schema) };
	return { required: required.length > 0, content: { "application/json": content } };
}

function answers({ answers: how, status, output }: AnyOperation, schemas: Schemas): Fields {
	if (how === "text") {
		return { [status]: { description: "Text.", content: { "text/plain": { schema: { type: "string" } } } } };
	}
	if (how === "file") {
		const content = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
		return {
			[status]: { description: "The file.", content },
			206: { description: "Its end, from where the header Range says.", content },
			416: { description: "The file is not as long as that." },
		};
	}
	const schema = schemas.of(output);
	const json = { "application/json": { schema } };
	if (how !== "stream") return { [status]: { description: "Done.", content: { ...json, ...plain(output) } } };
	return {
		101: {
			description: "Asked to upgrade to WebSocket: one text frame per event, which is the JSON alone.",
			content: json,
		},
		[status]: {
			description:
				"Server-sent events without end: `id: <event id>`, `data: <JSON>`; a comment every 15 seconds. " +
				"`x-flagship-event` is the schema of the JSON.",
			content: {
				"text/event-stream": { schema: { type: "string" }, "x-flagship-event": schema },
			},
		},
	};
}

/** An answer that may also be text travels as text. */
const plain = ({ anyOf }: Fields): Fields =>
	Array.isArray(anyOf) && anyOf.some((one: Fields) => one.type === "string")
		? { "text/plain": { schema: { type: "string" } } }
		: {};

const statuses = (operation: AnyOperation): readonly number[] => [
	...PLAIN,
	...(takesBody(operation) ? [TOO_LARGE] : []),
	...(operation.at === "host" ? [DISK_FULL] : []),
];
