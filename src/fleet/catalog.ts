/** Everything that can be asked for, found by folder: a new service file in `src/contract/` edits no list. */
import type { AnyOperation } from "../contract/operation.ts";
import { breathe } from "../world/breath.ts";

/** The folder of the declarations. */
export const contractFolder = new URL("../contract/", import.meta.url);

/** All operations of the given files of `src/contract/`, by name. Files without any (shapes, frames) give none. */
export async function loadOperations(files: readonly string[]): Promise<readonly AnyOperation[]> {
	const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
	const modules: Readonly<Record<string, unknown>>[] = [];
	for (const file of sources) {
		// All at once they are found and read in one go, while a person types.
		await breathe();
		modules.push(await import(new URL(file, contractFolder).href));
	}
	return modules
		.flatMap((module) => Object.values(module))
		.filter(isOperation)
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isOperation = (value: unknown): value is AnyOperation =>
	typeof value === "object" && value !== null && "tell" in value && "path" in value && "name" in value;

/** Looks operations up by name; all are loaded at the first question. */
export function operationsIn(files: () => readonly string[]): (name: string) => Promise<AnyOperation> {
	let loaded: Promise<ReadonlyMap<string, AnyOperation>> | undefined;
	return async (name) => {
		loaded ??= loadOperations(files()).then((all) => new Map(all.map((operation) => [operation.name, operation])));
		const found = (await loaded).get(name);
		if (found === undefined) throw new Error(`no operation is named ${name}: reinstall the package`);
		return found;
	};
}
