/**
 * The key of the Vers platform, and where it answers. Looked up anew for each use: a key that a person puts down while the
 * fleet runs holds at once. Everywhere that one of the platform's own programs looks, in the same order.
 */
import { join } from "node:path";
import { fault } from "../errors.ts";
import type { Files } from "../world.ts";

export interface VersAccount {
	readonly key: string;
	/** With `/api/v1`, without a slash at its end. */
	readonly url: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = "https://api.vers.sh/api/v1";
const PREFIX = "/api/v1";
/** The platform's keys have no blanks; a file that somebody wrote by hand may end in one. */
const KEY = /^\S{8,500}$/;

/** The platform's id of whose key it is: the part before the secret one; undefined for a key of another form. */
export const ownerOf = ({ key }: VersAccount): string | undefined =>
	/^((?:[0-9a-f]+-){4}[0-9a-f]{12})[0-9a-f]{64}$/i.exec(key)?.[1];

/** Throws `vers_no_key` when there is none, and `vers_address` for an address that is none. */
export function versAccount(files: Pick<Files, "read">, env: Environment): VersAccount {
	const key = keyOf(files, env);
	if (key === undefined) throw fault("vers_no_key");
	return { key, url: urlOf(env) };
}

/** `VERS_BASE_URL` means the whole prefix to the extensions, and the bare origin to the SDK: both are understood. */
function urlOf(env: Environment): string {
	const said = env.VERS_BASE_URL || env.VERS_URL;
	if (said === undefined || said === "") return DEFAULT_URL;
	if (!/^https?:\/\/[^\s/]+/.test(said)) throw fault("vers_address", said);
	const url = said.replace(/\/+$/, "");
	return url.endsWith(PREFIX) ? url : `${url}${PREFIX}`;
}

function keyOf(files: Pick<Files, "read">, env: Environment): string | undefined {
	const home = env.HOME ?? "";
	const folders = [env.VERS_HOME, home === "" ? undefined : join(home, ".vers")].filter(
		(folder) => folder !== undefined,
	);
	const candidates = [
		() => env.VERS_API_KEY,
		...folders.map((folder) => () => within(files.read(join(folder, "keys.json")), "keys", "VERS_API_KEY")),
		...folders.map((folder) => () => {
			const text = files.read(join(folder, "config.json"));
			return within(text, "versApiKey") ?? within(text, "api_key");
		}),
		() => (home === "" ? undefined : versrc(files.read(join(home, ".versrc")))),
	];
	for (const candidate of candidates) {
		const key = candidate()?.trim();
		if (key !== undefined && KEY.test(key)) return key;
	}
	return undefined;
}

/** The command line writes JSON, its skill the bare key. */
const versrc = (text: string | undefined): string | undefined =>
	text?.trimStart().startsWith("{") === true ? within(text, "apiKey") : text;

function within(text: string | undefined, ...path: readonly string[]): string | undefined {
	if (text === undefined) return undefined;
	try {
		let value: unknown = JSON.parse(text);
		for (const name of path) value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
		return typeof value === "string" ? value : undefined;
	} catch {
		// Not JSON, so not the platform's: the next place may have one.
		return undefined;
	}
}
