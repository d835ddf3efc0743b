/**
 * read, bash, edit and write in pi's own words and with pi's own manners, for wherever their call is routed. They take the
 * place of pi's tools only once a session has put a VM at hand; before that nothing of pi is touched.
 */

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, posix } from "node:path";
import {
	createBashToolDefinition,
	createEditToolDefinition,
	createReadToolDefinition,
	createWriteToolDefinition,
	detectSupportedImageMimeTypeFromFile,
	type ExtensionAPI,
	type ExtensionContext,
	SettingsManager,
	type ToolDefinition,
} from "@earendil-works/pi-coding-agent";
import type { TSchema } from "@sinclair/typebox";
import { sentence } from "../../src/fleet/tools.ts";
import { type Route, type Routes, routeOf } from "../../src/pi/route.ts";
import { remoteOperations } from "./operations.ts";
import type { Remote } from "./remote.ts";

type Tool = ToolDefinition<TSchema, unknown, unknown>;
/** Makes one of pi's tools: for a folder here, or with a VM's operations. */
type Make = (cwd: string, route: Route | undefined, signal: AbortSignal | undefined) => Tool;

/** How pi itself makes them: by the person's settings here; a prefix for this machine's shell is none for a VM's. */
function makers(remote: Remote, settings: () => SettingsManager): Readonly<Record<string, Make>> {
	const ops = (route: Route, signal: AbortSignal | undefined) =>
		remoteOperations(remote, route, detectSupportedImageMimeTypeFromFile, signal);
	const all = {
		read: (cwd: string, route: Route | undefined, signal: AbortSignal | undefined) =>
			createReadToolDefinition(cwd, {
				autoResizeImages: settings().getImageAutoResize(),
				...(route === undefined ? {} : { operations: ops(route, signal).read }),
			}),
		edit: (cwd: string, route: Route | undefined, signal: AbortSignal | undefined) =>
			createEditToolDefinition(cwd, route === undefined ? {} : { operations: ops(route, signal).edit }),
		write: (cwd: string, route: Route | undefined, signal: AbortSignal | undefined) =>
			createWriteToolDefinition(cwd, route === undefined ? {} : { operations: ops(route, signal).write }),
		bash: (cwd: string, route: Route | undefined, signal: AbortSignal | undefined) => {
			const prefix = settings().getShellCommandPrefix();
			const shell = settings().getShellPath();
			return createBashToolDefinition(
				cwd,
				route === undefined
					? {
							...(prefix === undefined ? {} : { commandPrefix: prefix }),
							...(shell === undefined ? {} : { shellPath: shell }),
						}
					: { operations: ops(route, signal).bash },
			);
		},
	};
	return all as unknown as Readonly<Record<string, Make>>;
}

/** Once for each session that puts a VM at hand. */
export function registerRouted(pi: ExtensionAPI, all: Routes, remote: Remote, ctx: ExtensionContext): void {
	let settings: SettingsManager | undefined;
	const made = makers(remote, () => {
		settings ??= SettingsManager.create(ctx.cwd);
		return settings;
	});
	for (const make of Object.values(made)) {
		const own = make(ctx.cwd, undefined, undefined);
		pi.registerTool({
			...own,
			async execute(id, params, signal, onUpdate, context) {
				const route = routeOf(all, id);
				all.settled.delete(id);
				const there = own.name === "read" && isOutput(params) ? undefined : route;
				const cwd = there?.folder ?? context.cwd;
				const given = there === undefined ? params : placed(params, there);
				try {
					return await make(cwd, there, signal).execute(id, given, signal, onUpdate, within(context, cwd));
				} catch (thrown) {
					throw new Error(sentence(thrown), { cause: thrown });
				}
			},
		});
	}
}

/** The context of a session says this machine's folder; pi's tools take that before what they were made with. */
const within = (context: ExtensionContext, cwd: string): ExtensionContext =>
	Object.create(context, { cwd: { value: cwd, enumerable: true } }) as ExtensionContext;

/** `~` is the home of the VM, not of this machine; pi would take it for this one's. */
function placed(params: unknown, route: Route): unknown {
	const path = pathOf(params);
	if (path === undefined) return params;
	const bare = path.startsWith("@") ? path.slice(1) : path;
	if (isAbsolute(bare)) return { ...(params as object), path: bare };
	const home = bare === "~" || bare.startsWith("~/") ? posix.join(route.home, bare.slice(1)) : undefined;
	return { ...(params as object), path: home ?? posix.join(route.folder, bare) };
}

/** What bash has left of a long output lies here, wherever the command ran: the answer names it for `read`. */
function isOutput(params: unknown): boolean {
	const path = pathOf(params);
	return path?.startsWith(tmpdir()) === true && /^pi-bash-/.test(posix.basename(path)) && existsSync(path);
}

const pathOf = (params: unknown): string | undefined => {
	const path: unknown = typeof params === "object" && params !== null ? Reflect.get(params, "path") : undefined;
	return typeof path === "string" ? path : undefined;
};
