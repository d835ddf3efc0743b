/** The sources of this repository, or of a folder laid out like it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Source, sourceOf } from "./source.ts";

const FOLDERS = ["bin", "extensions", "scripts", "src", "test"];
const isSource = (name: string): boolean => /\.(?:ts|mts|mjs|js)$/.test(name);

function walk(root: string, folder: string): string[] {
	return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		const path = `${folder}/${entry.name}`;
		if (entry.isDirectory()) return entry.name === "node_modules" ? [] : walk(root, path);
		return isSource(entry.name) ? [path] : [];
	});
}

export const readTree = (root: string): readonly Source[] =>
	FOLDERS.filter((folder) => existsSync(join(root, folder)))
		.flatMap((folder) => walk(root, folder))
		.map((path) => sourceOf(path, readFileSync(join(root, path), "utf8")));
