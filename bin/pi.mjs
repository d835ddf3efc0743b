/**
 * Flagship's modules inside pi, loaded by Node itself. pi loads an extension through a transpiler that evaluates a
 * module anew for each extension that imports it and, in a lieutenant, whose `TMPDIR` is its own, finds no cache: that
 * made a lieutenant's start five times as long as pi's own. Here every module is loaded once, and only stripped.
 *
 * @typedef {import("node:module").ResolveHookSync} ResolveHook
 * @typedef {import("node:module").LoadHookSync} LoadHook
 */
import * as nodeModule from "node:module";

const own = new URL("../", import.meta.url).href;
const SCHEME = "flagship-given:";
const SLOT = Symbol.for("flagship.given");

/**
 * Modules that pi has in memory and Node does not find, by specifier. On `globalThis`, where their stand-ins look.
 *
 * @type {Map<string, object>}
 */
const given = new Map();

/** @type {ResolveHook} */
function resolve(specifier, context, next) {
	const ours = given.has(specifier) && context.parentURL?.startsWith(own) === true;
	return ours ? { url: `${SCHEME}${specifier}`, format: "module", shortCircuit: true } : next(specifier, context);
}

/** @type {LoadHook} */
function load(url, context, next) {
	if (!url.startsWith(SCHEME)) return next(url, context);
	const specifier = url.slice(SCHEME.length);
	const names = Object.keys(given.get(specifier) ?? {}).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
	// Under names of our own: TypeBox exports a `Symbol` and an `Object`.
	const lines = names.map((name, i) => `const n${i} = given.${name};\nexport { n${i} as ${name} };`);
	const source = `const given = globalThis[Symbol.for("flagship.given")].get("${specifier}");\n${lines.join("\n")}`;
	return { format: "module", shortCircuit: true, source };
}

let hooked = false;

/**
 * An `import` for modules of this package, by URL; undefined where pi runs on something that has no such hooks.
 *
 * @param {Iterable<readonly [string, object]>} modules what pi gives, by specifier
 * @returns {Promise<((url: string) => Promise<unknown>) | undefined>}
 */
export async function nativeImport(modules) {
	if (typeof nodeModule.registerHooks !== "function") return undefined;
	for (const [specifier, module] of modules) given.set(specifier, module);
	if (!hooked) {
		hooked = true;
		Reflect.set(globalThis, SLOT, given);
		await import("./strip.mjs");
		nodeModule.registerHooks({ resolve, load });
	}
	return (url) => import(url);
}
