/**
 * `flagship open`: lets a browser in. What a browser is started with can be read by everyone on the machine, so it gets
 * the path of a private file that leads on to the link, never the link.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as access from "../contract/access.ts";
import type { Environment } from "../daemon/home.ts";
import { fault, reason } from "../errors.ts";
import type { Context } from "./context.ts";
import { openHub } from "./operate.ts";

/** Resolves to the exit code. */
export async function open(context: Context, args: readonly string[]): Promise<number> {
	const { viewer, print, json } = flags(args);
	const hub = openHub(context);
	try {
		const made = await hub.call(access.link, viewer ? { role: "viewer" } : {});
		if (json) {
			context.out(JSON.stringify(made, null, 2));
			return 0;
		}
		context.out(`${made.url}\nGood once, until ${made.expiresAt}.`);
		const program = print ? undefined : browser(context);
		if (program !== undefined) await show(context, program, made.url);
		return 0;
	} finally {
		hub.close();
	}
}

function flags(args: readonly string[]) {
	const flag = { type: "boolean", default: false } as const;
	try {
		return parseArgs({ args: [...args], options: { viewer: flag, print: flag, json: flag } }).values;
	} catch (error) {
		throw fault("usage", reason(error));
	}
}

/** The program that opens a file in the person's browser; undefined where nobody would see it. */
function browser({ terminal, env }: Context): string | undefined {
	if (!terminal) return undefined;
	if (process.platform === "darwin") return "open";
	return hasScreen(env) ? "xdg-open" : undefined;
}

const hasScreen = ({ DISPLAY = "", WAYLAND_DISPLAY = "" }: Environment): boolean => DISPLAY + WAYLAND_DISPLAY !== "";

async function show({ world, home, out }: Context, program: string, url: string): Promise<void> {
	// Always the same file: the next link takes the place of the last one, which is void by then.
	const file = join(home.run, "open.html");
	world.files.write(file, leadingTo(url));
	const failure = await started(program, pathToFileURL(file).href);
	out(
		failure === undefined ? "Your browser opens it." : `${program} did not start (${failure}); open the link yourself.`,
	);
}

/** The page says to nobody where it came from. */
export const leadingTo = (url: string): string =>
	`<!doctype html><meta name="referrer" content="no-referrer">` +
	`<meta http-equiv="refresh" content="0;url=${url.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">\n`;

/** The failure to start it, if any: what it then does is the person's to see. */
const started = (program: string, argument: string): Promise<string | undefined> =>
	new Promise((resolve) => {
		const child = spawn(program, [argument], { stdio: "ignore", detached: true });
		child.once("error", (error) => resolve(error.message));
		child.once("spawn", () => {
			child.unref();
			resolve(undefined);
		});
	});
