/** Where the hub is, looked up anew each time: a hub may come back on another port. */
import type { Environment, Home } from "../daemon/home.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import type { World } from "../world.ts";
import type { HubAddress } from "./client.ts";

export interface FindHubOptions {
	readonly world: World;
	readonly home: Home;
	readonly env: Environment;
	/** What the host of this machine gives a session: a token of its own, and the hub that the host knows. */
	given(): { readonly token?: string | undefined; readonly hub?: string | null | undefined } | undefined;
}

/** `VERS_INFRA_URL` is a person's choice and wins; then this home's own hub; then the hub that the host is linked to. */
export function findHub({ world, home, env, given }: FindHubOptions): HubAddress | undefined {
	const { VERS_INFRA_URL: chosen = "", VERS_AUTH_TOKEN: theirs, FLAGSHIP_LIEUTENANT: lieutenant = "" } = env;
	const own = given();
	const addressOf = (url: string, token: string | undefined): HubAddress => ({
		url,
		token,
		introduced: token !== undefined && (token === own?.token || lieutenant !== ""),
	});
	if (chosen !== "") return addressOf(chosen, theirs ?? own?.token);
	// The process is checked: the port of a dead hub may be another program's by now, and it would get our token.
	const url = livingDaemon(world, home, "hub")?.address ?? own?.hub ?? undefined;
	return url === undefined ? undefined : addressOf(url, own?.token ?? theirs);
}
