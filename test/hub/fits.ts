/** Whether what a hub answers is what its OpenAPI document says: every answer that a test of the hub gets is judged. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { loadModules } from "../../src/hub/modules.ts";
import { openApi } from "../../src/hub/openapi/document.ts";
import { realWorld } from "../../src/world/real.ts";

type Json = ReturnType<typeof JSON.parse>;

export interface Answered {
	readonly method: string;
	readonly path: string;
	readonly status: number;
	readonly contentType: string;
	readonly body: unknown;
}

interface Judge {
	readonly document: Json;
	readonly ajv: Ajv2020;
	/** As the router has it: what has no parameter goes before what has. */
	readonly paths: readonly (readonly [path: string, form: RegExp])[];
}

let judge: Promise<Judge> | undefined;

/** What is wrong with an answer: not declared, not of the declared form, or with a field that is not declared. */
export async function misfit({ method, path, status, contentType, body }: Answered): Promise<string | undefined> {
	judge ??= makeJudge();
	const { document, ajv, paths } = await judge;
	// `.` and `..` are gone before it is sent.
	const asked = new URL(path, "http://hub").pathname;
	// What a host answers is the host's: tests of the hub play hosts.
	if (asked.startsWith("/lieutenants/") || (asked === "/lieutenants" && method === "POST")) return undefined;
	const [found] = paths.find(([one, form]) => form.test(asked) && method.toLowerCase() in document.paths[one]) ?? [];
	const response = responseOf(document, found && document.paths[found][method.toLowerCase()].responses, status);
	const said = `${method} ${asked} ${status} ${JSON.stringify(body)}`;
	if (response === undefined) return `${said}: no such status is declared`;
	if (response.content === undefined) return undefined;
	const content = response.content[contentType.split(";", 1)[0] ?? ""] ?? response.content["*/*"];
	if (content === undefined) return `${said}: ${contentType} is not declared`;
	const validate = ajv.compile(content.schema);
	return validate(body) ? undefined : `${said}: ${ajv.errorsText(validate.errors)}`;
}

/** `default` stands for the refusals of what is not listed; an address that is not there is refused like all. */
function responseOf({ components }: Json, responses: Json, status: number): Json {
	const found =
		responses?.[status] ?? (status >= 400 ? (responses?.default ?? components.responses.Refusal) : undefined);
	return typeof found?.$ref === "string" ? components.responses[found.$ref.split("/").at(-1)] : found;
}

async function makeJudge(): Promise<Judge> {
	const { operations, pages, names } = await loadModules(realWorld());
	const routes = [
		...operations.flatMap((operation) =>
			[operation.path, ...(operation.aliases ?? [])].map((url) => ({ method: operation.method, url, operation })),
		),
		...pages.map(({ path: url, method = "GET" }) => ({ method, url })),
		...["/health", "/openapi.json"].map((url) => ({ method: "GET", url })),
	];
	const document = strict(JSON.parse(openApi({ version: "0", server: "http://hub", routes, names })));
	const ajv = new Ajv2020({ strict: false });
	ajv.addSchema({ $id: "hub", components: { schemas: document.components.schemas } });
	const paths = Object.keys(document.paths)
		.sort((a, b) => parameters(a) - parameters(b))
		.map((path) => [path, new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]*")}$`)] as const);
	return { document, ajv, paths };
}

const parameters = (path: string): number => path.split("{").length;

/** Objects have no fields but the declared ones; schemas refer to the ones that the judge knows. */
export function strict(value: Json): Json {
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map(strict);
	const inside = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strict(one)]));
	if (typeof value.$ref === "string" && value.$ref.includes("/schemas/")) return { $ref: `hub${value.$ref}` };
	const isOpen = value.type !== "object" || value.properties === undefined || "additionalProperties" in value;
	return isOpen ? inside : { ...inside, additionalProperties: false };
}
