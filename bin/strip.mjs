/**
 * Lets Node run this package's own TypeScript as it is, from a folder, a git clone and an installed tarball alike: Node
 * itself strips types, but refuses files under `node_modules`. Types are replaced by spaces, so that line and column of
 * an error are those of the source. For other processes of the package: `node --import <this file> x.ts`.
 *
 * @typedef {import("node:module").ResolveHookSync} ResolveHook
 * @typedef {import("node:module").LoadHookSync} LoadHook
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { CodeCache, cacheFolder } from "./cache.mjs";

/** This package as URL, with a slash at the end; only files below it, and no dependency's, are ours to change. */
const own = new URL("../", import.meta.url).href;
const ownFolder = fileURLToPath(own);

/** @param {string | undefined} url */
const isOwn = (url) =>
	url?.startsWith(own) === true && !url.includes("/node_modules/", own.length - 1) && /\.ts(?:[?#]|$)/.test(url);

/** Parts of Node that Flagship builds on and that still call themselves experimental on every start. */
const known = ["stripTypeScriptTypes", "Type Stripping", "SQLite"];

function hideKnownWarnings() {
	const emit = process.emitWarning;
	/** @type {(...args: unknown[]) => void} */
	const chosen = (...args) => {
		const [text, type] = args;
		if (type === "ExperimentalWarning" && known.some((name) => String(text).includes(name))) return;
		Reflect.apply(emit, process, args);
	};
	process.emitWarning = chosen;
}

const cache = new CodeCache(cacheFolder("strip"), `${own} ${process.versions.amaro ?? process.version}`);

/**
 * Our modules name each other by whole relative paths. Node's own way to a URL looks at the disk for each of them, which
 * costs more than loading the file.
 *
 * @type {ResolveHook}
 */
function resolve(specifier, context, next) {
	const whole = /^\.\.?\/[\w./-]+\.ts$/.test(specifier) && isOwn(context.parentURL);
	const url = whole ? new URL(specifier, context.parentURL).href : "";
	return isOwn(url) ? { url, format: "module", shortCircuit: true } : next(specifier, context);
}

/** @type {LoadHook} */
function load(url, context, next) {
	if (!isOwn(url)) return next(url, context);
	const name = decodeURIComponent(url.slice(own.length).replace(/[?#].*$/, ""));
	const source = readFileSync(ownFolder + name, "utf8");
	const code = cache.get(name, source, () => stripTypeScriptTypes(source, { mode: "strip" }));
	return { format: "module", shortCircuit: true, source: code };
}

hideKnownWarnings();
registerHooks({ resolve, load });
