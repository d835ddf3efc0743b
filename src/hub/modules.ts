/**
 * What the folders hold: operations of the contract, handlers and schemas of the services. All of it is imported when
 * the hub starts, because an update replaces files under a running daemon.
 */
import { fileURLToPath } from "node:url";
import type { AnyOperation } from "../contract/operation.ts";
import type { World } from "../world.ts";
import type { Schema } from "./database/schema.ts";
import type { Chore, Handler, Page } from "./handle.ts";

export interface Modules {
	readonly operations: readonly AnyOperation[];
	readonly handlers: readonly Handler[];
	readonly schemas: readonly Schema[];
	readonly chores: readonly Chore[];
	readonly pages: readonly Page[];
	/** Schemas of objects that the contract exports, and their names. */
	readonly names: ReadonlyMap<unknown, string>;
}

export async function loadModules({ files }: Pick<World, "files">): Promise<Modules> {
	const declared = await modulesIn(files, new URL("../contract/", import.meta.url));
	const contract = declared.flatMap(([, module]) => Object.values(module));
	const services = files.list(fileURLToPath(new URL(".", import.meta.url))).filter((name) => !name.includes("."));
	const found = await Promise.all(
		services.map(async (service) =>
			(await modulesIn(files, new URL(`./${service}/`, import.meta.url))).flatMap(([, module]) =>
				Object.values(module),
			),
		),
	);
	return {
		operations: contract.filter(isOperation),
		handlers: found.flat().filter(isHandler),
		schemas: found.flat().filter(isSchema),
		chores: found.flat().filter(isChore),
		pages: found.flat().filter(isPage),
		names: namesOf(declared),
	};
}

type Named = readonly [name: string, module: object];

function modulesIn(files: World["files"], folder: URL): Promise<readonly Named[]> {
	const names = files.list(fileURLToPath(folder)).filter((name) => name.endsWith(".ts"));
	return Promise.all(names.map(async (name): Promise<Named> => [name, await import(new URL(name, folder).href)]));
}

/** Two files may have the same name for different things: the later one's carries its file's. */
function namesOf(modules: readonly Named[]): ReadonlyMap<unknown, string> {
	const names = new Map<unknown, string>();
	const taken = new Set<string>(["Error"]);
	for (const [file, module] of modules) {
		for (const [name, value] of Object.entries(module)) {
			if (!isObjectSchema(value) || names.has(value)) continue;
			const own = taken.has(name) ? `${name}.${file.replace(/\.ts$/, "")}` : name;
			taken.add(own);
			names.set(value, own);
		}
	}
	return names;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isObjectSchema = (value: unknown): boolean =>
	isObject(value) && "type" in value && value.type === "object" && "properties" in value;

const isOperation = (value: unknown): value is AnyOperation =>
	isObject(value) && "at" in value && "path" in value && "tell" in value;

const isHandler = (value: unknown): value is Handler =>
	isObject(value) && "type" in value && "operation" in value && isOperation(value.operation);

const isSchema = (value: unknown): value is Schema =>
	isObject(value) && "type" in value && value.type === "schema" && "steps" in value;

const isChore = (value: unknown): value is Chore =>
	isObject(value) && "type" in value && value.type === "chore" && "every" in value && "run" in value;

const isPage = (value: unknown): value is Page =>
	isObject(value) && "type" in value && value.type === "page" && "path" in value && "run" in value;
