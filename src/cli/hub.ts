/** `flagship hub run`: the hub in this process, typed by a person or started by its loop. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type FrameOptions, idleLook, type Running, runDaemon } from "../daemon/frame.ts";
import { logFile, settingsFile } from "../daemon/home.ts";
import { complainer } from "../daemon/log.ts";
import { onStopSignal, runAsProcess } from "../daemon/process.ts";
import { readSettings } from "../daemon/settings.ts";
import { makeAdminToken, renewAdminToken } from "../daemon/token.ts";
import { fault, reason } from "../errors.ts";
import { gateSettings } from "../gates/settings.ts";
import { type BudgetSettings, budgetSettings } from "../host/budgets/settings.ts";
import { type BackupRules, backupSettings } from "../hub/backups/rules.ts";
import { type Kinds, kindSettings } from "../hub/board/kinds.ts";
import type { Rules } from "../hub/context.ts";
import { type Limits, limitSettings } from "../hub/http/limits.ts";
import { startHub } from "../hub/hub.ts";
import type { Context } from "./context.ts";

interface Place {
	readonly manner: FrameOptions["manner"];
	readonly folder: string;
	readonly host: string;
	readonly port: number;
	/** `VERS_AUTH_TOKEN`, for a hub that a person typed; never for one that was started on demand. */
	readonly token: string | undefined;
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
const DEFAULT_PORT = "3000";

/** Does not return: the process ends with the hub. */
export async function run(context: Context, args: readonly string[]): Promise<number> {
	const background = daemonFlag(args);
	if (!background) return await serve(context, typed(context));
	const { home } = context;
	const place = { manner: "background", folder: home.hub, host: "127.0.0.1", port: 0, token: undefined } as const;
	return await runAsProcess("hub", () => serve(context, place));
}

/** `--daemon` is how a loop starts it; anything else is a mistake. */
export function daemonFlag(args: readonly string[]): boolean {
	try {
		return parseArgs({ args: [...args], options: { daemon: { type: "boolean" } } }).values.daemon === true;
	} catch (error) {
		throw fault("usage", reason(error));
	}
}

/** What the environment of a person's terminal says. Throws `hub_unprotected` beyond loopback without a token. */
function typed({ env, home }: Context): Place {
	const host = env.HOST === undefined || env.HOST === "" ? "127.0.0.1" : env.HOST;
	const token = env.VERS_AUTH_TOKEN === "" ? undefined : env.VERS_AUTH_TOKEN;
	if (token === undefined && !LOOPBACK.has(host)) throw fault("hub_unprotected", host);
	const port = env.PORT === undefined || env.PORT === "" ? DEFAULT_PORT : env.PORT;
	if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
		throw fault("usage", `PORT is '${port}'; it must be 0 to 65535.`);
	const folder = env.DATA_DIR === undefined || env.DATA_DIR === "" ? home.hub : env.DATA_DIR;
	const manner = folder === home.hub ? "foreground" : "apart";
	return { manner, folder, host, port: Number(port), token };
}

async function serve(context: Context, place: Place): Promise<number> {
	const { world, home, speaks, env } = context;
	const settings = readSettings(home, env);
	const { idleMinutes } = settings;
	const budgets = budgetSettings(settings.values, settingsFile(home));
	const limits = limitSettings(settings.values, settingsFile(home));
	const kinds = kindSettings(settings.values, settingsFile(home));
	const backups = backupSettings(settings.values, settingsFile(home));
	const { board, review } = gateSettings(settings.values, { FLAGSHIP_SET: settings.set });
	return await runDaemon({
		...{ world, home, speaks, idleMinutes, daemon: "hub", onStop: onStopSignal },
		folder: place.folder,
		manner: place.manner,
		start: () => startIn(context, place, { idleMinutes, rules: { board, review }, budgets, kinds, limits, backups }),
		ready: (running) => announce(context, place, running),
	});
}

/** `PUBLIC_URL`: where people reach this hub, such as behind a proxy. Throws `usage` for what is no address. */
export function publicUrlOf({ PUBLIC_URL: text = "" }: Context["env"]): { readonly publicUrl?: string } {
	if (text === "") return {};
	const url = URL.parse(text);
	const plain =
		url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
	if (!plain) throw fault("usage", `PUBLIC_URL is '${text}'; it must be an address such as https://hub.example.org.`);
	return { publicUrl: url.href.replace(/\/+$/, "") };
}

async function startIn(
	{ world, home, speaks, env, complain: say }: Context,
	place: Place,
	{
		idleMinutes,
		backups,
		...rules
	}: { readonly idleMinutes: number; readonly kinds: Kinds; readonly limits: Limits; readonly backups: BackupRules } & {
		readonly rules: Rules;
		readonly budgets: BudgetSettings;
	},
): Promise<Running> {
	const { folder, host, port, manner } = place;
	// Sessions of this home know the file. On other data nobody does: there the person's token counts, or loopback.
	const own = manner === "apart" ? undefined : makeAdminToken(world, folder);
	const homeToken =
		own === undefined ? {} : { homeToken: { secret: own, renew: () => renewAdminToken(world, folder) } };
	const complain = manner === "background" ? complainer(world, logFile(home, "hub"), "hub") : say;
	const hub = await startHub({
		world,
		dataFolder: folder,
		host,
		port,
		adminTokens: place.token === undefined ? [] : [place.token],
		...homeToken,
		version: speaks.version,
		...publicUrlOf(env),
		...rules,
		backups: manner === "apart" ? ownFolder(backups) : backups,
		skills: fileURLToPath(new URL("../../skills", import.meta.url)),
		complain,
	}).catch((error: unknown) => {
		throw taken(error)
			? fault("cannot_listen", `${host}:${port}`, "another program listens there; PORT names another")
			: error;
	});
	return { address: reachable(hub.address), close: () => hub.close(), idle: () => isIdle(hub.activity(), idleMinutes) };
}

/** The settings' folder is for the home's hub: two hubs in one would remove each other's. */
const ownFolder = ({ folder: _homes, ...rules }: BackupRules): BackupRules => rules;

const taken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE";

/** A host keeps its link for as long as it has a session or a lieutenant; then it leaves, and the hub after it. */
function isIdle(
	activity: { idleFor: number; streams: number; links: number; schedules: number },
	minutes: number,
): boolean {
	const { idleFor, streams, links, schedules } = activity;
	return streams === 0 && links === 0 && schedules === 0 && idleFor >= idleLook(minutes);
}

/** Where this machine reaches a hub that listens on all addresses. */
export const reachable = (address: string): string =>
	address.replace(/^http:\/\/(0\.0\.0\.0|\[::\])(?=:|$)/, "http://127.0.0.1");

function announce({ out }: Context, { manner, folder, token }: Place, { address }: Running): void {
	if (manner === "background") return;
	out(`Flagship hub at ${address}, data in ${folder}.`);
	if (manner === "foreground")
		out(`Admin token: ${folder}/admin.token${token === undefined ? "" : ", and VERS_AUTH_TOKEN"}.`);
	else if (token === undefined)
		out("No token is set: every program of this machine may use it. VERS_AUTH_TOKEN sets one.");
}
