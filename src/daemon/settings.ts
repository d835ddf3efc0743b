/**
 * What a daemon is started with. Its environment is built here, from a short list of plain variables and from the
 * home's `settings.json`, never copied from the session that happens to start it: that session's keys and tokens would
 * live on in a process that serves everyone (`protocol.md` §3 rule 2).
 */
import { readFileSync } from "node:fs";
import { fault, reason } from "../errors.ts";
import { type Daemon, type Environment, type Home, settingsFile } from "./home.ts";

/** `settings.json` of the home: `{"idleMinutes": 30, "env": {"ANTHROPIC_API_KEY": "…"}, …}`. */
export interface Settings {
	/** A daemon leaves after so many minutes in which nobody needed it. */
	readonly idleMinutes: number;
	/** Added to the environment of both daemons and, but for `VERS_*`, of lieutenants: where a person keeps a key. */
	readonly env: Readonly<Record<string, string>>;
	/** `FLAGSHIP_SET`: one run's exceptions, such as `gates.workLog=warn`. */
	readonly set: string | undefined;
	/** The whole file, for the rooms that have settings of their own. */
	readonly values: Readonly<Record<string, unknown>>;
}

const IDLE_MINUTES = 30;

/**
 * Variables that a daemon takes from whoever starts it. None of them is a secret: they say where things are, in which
 * language and time zone to speak, and which pi configuration is the person's. Listed in `docs/daemons.md`.
 */
export const PASSED = [
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"SHELL",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"TZ",
	"TMPDIR",
	"XDG_RUNTIME_DIR",
	"XDG_CONFIG_HOME",
	"FLAGSHIP_HOME",
	"FLAGSHIP_IDLE_MINUTES",
	"FLAGSHIP_SET",
	"PI_CODING_AGENT_DIR",
	"NODE_EXTRA_CA_CERTS",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
] as const;

/** Reads `settings.json`; missing is empty. Throws `home_unusable` when it is not what it should be. */
export function readSettings(home: Home, env: Environment): Settings {
	const path = settingsFile(home);
	const values = parse(path);
	const idleMinutes = Number(env.FLAGSHIP_IDLE_MINUTES ?? values.idleMinutes ?? IDLE_MINUTES);
	if (!(idleMinutes > 0)) throw fault("home_unusable", path, "idleMinutes must be a number above 0");
	return { idleMinutes, env: strings(path, values.env ?? {}), set: env.FLAGSHIP_SET, values };
}

function parse(path: string): Record<string, unknown> {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
		throw fault("home_unusable", path, reason(error));
	}
	try {
		const value: unknown = JSON.parse(text);
		if (isRecord(value)) return value;
	} catch (error) {
		throw fault("home_unusable", path, `it is not JSON: ${reason(error)}`);
	}
	throw fault("home_unusable", path, "it is not one JSON object");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

function strings(path: string, value: unknown): Record<string, string> {
	if (!isRecord(value)) throw fault("home_unusable", path, "env must be an object of texts");
	const result: Record<string, string> = {};
	for (const [name, text] of Object.entries(value)) {
		if (typeof text !== "string") throw fault("home_unusable", path, `env.${name} must be a text`);
		result[name] = text;
	}
	return result;
}

/**
 * Where a loop and its host have the keys that no file of this machine may hold: in their memory, handed from one to the
 * other at each start (`protocol.md` §3 rule 7).
 */
const KEYS = "FLAGSHIP_KEYS";

/** What a loop gets of whoever starts it, and a host of its loop, besides `daemonEnvironment`. */
export const keysFor = (daemon: Daemon, env: Environment): Record<string, string> =>
	daemon === "host" && env[KEYS] !== undefined ? { [KEYS]: env[KEYS] } : {};

/** Takes them out of the environment, which commands that this process starts would have otherwise. */
export function takeKeys(env: Record<string, string | undefined>): Record<string, string> {
	const text = env[KEYS];
	delete env[KEYS];
	if (text === undefined) return {};
	try {
		const value: unknown = JSON.parse(text);
		return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, key]) => [name, String(key)])) : {};
	} catch {
		// Not as it was given: without keys the host says itself which are missing.
		return {};
	}
}

/** The whole environment of a daemon and of its loop. */
export function daemonEnvironment(home: Home, settings: Settings, env: Environment): Record<string, string> {
	const result: Record<string, string> = {};
	for (const name of PASSED) {
		const value = env[name];
		if (value !== undefined) result[name] = value;
	}
	return { ...result, ...settings.env, FLAGSHIP_HOME: home.root };
}
