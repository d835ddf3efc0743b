/**
 * Lets Node run this package's own TypeScript as it is, from a folder, a git clone and an installed tarball alike: Node
 * itself strips types, but refuses files under `node_modules`. Types are replaced by spaces, so that line and column of
 * an error are those of the source. For other processes of the package: `node --import <this file> x.ts`.
 *
 * @typedef {import("node:module").LoadHookSync} LoadHook
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

/** This package as URL, with a slash at the end; only files below it, and no dependency's, are ours to change. */
const own = new URL("../", import.meta.url).href;

/** @param {string} url */
const isOwn = (url) =>
	url.startsWith(own) && !url.slice(own.length).includes("node_modules/") && /\.ts(?:[?#]|$)/.test(url);

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

/** @type {LoadHook} */
function load(url, context, next) {
	if (!isOwn(url)) return next(url, context);
	const source = readFileSync(fileURLToPath(url), "utf8");
	return { format: "module", shortCircuit: true, source: stripTypeScriptTypes(source, { mode: "strip" }) };
}

hideKnownWarnings();
registerHooks({ load });
