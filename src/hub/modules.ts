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
}

export async function loadModules({ files }: Pick<World, "files">): Promise<Modules> {
	const contract = await exportsOf(files, new URL("../contract/", import.meta.url));
	const services = files.list(fileURLToPath(new URL(".", import.meta.url))).filter((name) => !name.includes("."));
	const found = await Promise.all(
		services.map((service) => exportsOf(files, new URL(`./${service}/`, import.meta.url))),
	);
	return {
		operations: contract.filter(isOperation),
		handlers: found.flat().filter(isHandler),
		schemas: found.flat().filter(isSchema),
		chores: found.flat().filter(isChore),
		pages: found.flat().filter(isPage),
	};
}

async function exportsOf(files: World["files"], folder: URL): Promise<unknown[]> {
	const names = files.list(fileURLToPath(folder)).filter((name) => name.endsWith(".ts"));
	const modules: object[] = await Promise.all(names.map((name) => import(new URL(name, folder).href)));
	return modules.flatMap((module) => Object.values(module));
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

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
