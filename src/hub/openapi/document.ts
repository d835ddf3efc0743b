/** `GET /openapi.json`: the routes as they are, described from the contract; so that no route is missing in it. */
import { Health } from "../../contract/hub.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { describeOperation } from "./operation.ts";
import { ErrorSchema, refusals, refusedWith } from "./refusals.ts";
import { createSchemas, type Schemas } from "./schemas.ts";

/** What answers at an address. */
export interface Route {
	readonly method: string;
	/** With `:params`. */
	readonly url: string;
	/** Absent: a page, or what the hub says of itself; that needs no token. */
	readonly operation?: AnyOperation;
	/** What it shows, where it is no operation. */
	readonly about?: string;
}

export interface DocumentOptions {
	readonly version: string;
	/** Where people reach the hub. */
	readonly server: string;
	readonly routes: readonly Route[];
	/** Schemas that the contract exports, and their names. */
	readonly names: ReadonlyMap<unknown, string>;
}

type Fields = Readonly<Record<string, unknown>>;

const ABOUT = `What the hub answers, made from the declarations that its routes are made from.

A client that sends no \`x-flagship-protocol\` is an old one and is served in the old words; docs/compatibility.md says
where the hub is stricter. A list that can grow comes in pages: \`next\` of one is \`cursor\` of the next. A change sent
again with the same \`Idempotency-Key\` is not made twice. Unknown fields are passed over.`;

const PARAMETERS = {
	IdempotencyKey: {
		name: "Idempotency-Key",
		in: "header",
		required: false,
		description: "A change asked again with it, and the same body, has the first answer.",
		schema: { type: "string", minLength: 1, maxLength: 200 },
	},
	LastEventId: {
		name: "Last-Event-ID",
		in: "header",
		required: false,
		description: "Goes on after this event; newer than `since`, it counts more.",
		schema: { type: "string" },
	},
	Protocol: {
		name: "x-flagship-protocol",
		in: "header",
		required: false,
		description: "What the client speaks; another than the hub's is refused with `update_needed`.",
		schema: { type: "string", enum: ["1"] },
	},
};

/** How hosts hold on to the hub: no route, because it is never answered as HTTP. */
const LINK = {
	operationId: "hosts.link",
	summary: "A host's own link: WebSocket frames up and down, see docs/protocol.md. For a host's token alone.",
	tags: ["hosts"],
	responses: { 101: { description: "Upgraded to WebSocket." }, ...refusedWith([401, 403, 409]) },
};

/** OpenAPI 3.1 as text: made once, it does not change while the hub runs. */
export function openApi({ version, server, routes, names }: DocumentOptions): string {
	const schemas = createSchemas(names);
	const paths: Record<string, Record<string, unknown>> = { "/hosts/link": { get: LINK } };
	for (const route of routes) {
		const path = route.url.replaceAll(/:(\w+)/g, "{$1}");
		paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route, schemas) };
	}
	return JSON.stringify({
		openapi: "3.1.0",
		info: { title: "Flagship hub", version, description: ABOUT, license: { name: "MIT", identifier: "MIT" } },
		servers: [{ url: server }],
		security: [{ token: [] }],
		tags: tagsOf(routes),
		paths,
		components: {
			schemas: { Error: ErrorSchema, ...schemas.named() },
			responses: refusals(),
			parameters: PARAMETERS,
			securitySchemes: {
				token: {
					type: "http",
					scheme: "bearer",
					description: "A token of this hub. One on loopback without any token asks for none.",
				},
			},
		},
	});
}

function describe(route: Route, schemas: Schemas): Fields {
	const { operation, url } = route;
	if (operation === undefined) return describeOther(route, schemas);
	return describeOperation(operation, schemas, operation.path === url ? undefined : url);
}

function describeOther({ url, about, method }: Route, schemas: Schemas): Fields {
	const parameters = [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
		name,
		in: "path",
		required: true,
		schema: { type: "string" },
	}));
	const json = url === "/health" ? { "application/json": { schema: schemas.of(Health) } } : undefined;
	const content = json ?? { [url.endsWith(".json") ? "application/json" : "*/*"]: { schema: {} } };
	return {
		operationId: `${method.toLowerCase()}:${url}`,
		summary: about ?? "A page for people.",
		tags: ["open"],
		security: [],
		parameters,
		responses: { 200: { description: "There it is.", content }, default: { description: "Not there." } },
	};
}

const tagsOf = (routes: readonly Route[]): readonly Fields[] => {
	const services = routes.flatMap(({ operation }) =>
		operation === undefined ? [] : [operation.name.split(".", 1)[0]],
	);
	return [...new Set([...services, "open"])].sort().map((name) => ({ name }));
};
