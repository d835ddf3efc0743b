/**
 * The dashboard's files: its modules as they are written, and the libraries that they use, out of their own packages. No
 * build step stands between, so what is installed is what is served. All are read at the first request for one: a page
 * must not be put together from two versions while an update replaces files.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { World } from "../../world.ts";

export interface Asset {
	readonly type: string;
	readonly body: Buffer;
	readonly zipped: Buffer;
	/** Changes with the content. */
	readonly tag: string;
}

const TYPES: Readonly<Record<string, string>> = {
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
	html: "text/html; charset=utf-8",
	svg: "image/svg+xml",
};

const folder = fileURLToPath(new URL("../../ui/", import.meta.url));
const typeOf = (name: string): string | undefined => TYPES[name.slice(name.lastIndexOf(".") + 1)];

const pathOf = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));
const beside = (specifier: string, file: string): string => join(dirname(pathOf(specifier)), file);

/** By the name that the modules import it with. */
const libraries = (): ReadonlyMap<string, string> =>
	new Map([
		["lib-preact.js", pathOf("preact")],
		["lib-hooks.js", pathOf("preact/hooks")],
		["lib-htm.js", beside("htm", "htm.module.js")],
		["lib-uplot.js", beside("uplot/package.json", "dist/uPlot.esm.js")],
		["lib-uplot.css", beside("uplot/package.json", "dist/uPlot.min.css")],
	]);

/** A browser knows no packages, only addresses; and a map beside a library is not served. */
const addressed = (text: string): string =>
	text.replace(/(from\s*)"preact"/g, '$1"./lib-preact.js"').replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");

/** Every file by its name. */
export function readAssets({ files, hash }: { readonly files: World["files"]; hash(text: string): string }) {
	const own = files.list(folder).flatMap((name) => (typeOf(name) === undefined ? [] : [[name, join(folder, name)]]));
	return new Map<string, Asset>(
		[...own, ...libraries()].map(([name = "", path = ""]): [string, Asset] => {
			const text = addressed(files.read(path) ?? "");
			const body = Buffer.from(text);
			return [name, { type: typeOf(name) ?? "", body, zipped: gzipSync(body, { level: 9 }), tag: `"${hash(text)}"` }];
		}),
	);
}
