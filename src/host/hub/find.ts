/** Where the hub is, and what lets this host in: that of the settings, else the one of this home. */
import type { Home } from "../../daemon/home.ts";
import { livingDaemon } from "../../daemon/run-file.ts";
import type { Settings } from "../../daemon/settings.ts";
import { readAdminToken } from "../../daemon/token.ts";
import type { World } from "../../world.ts";
import type { HubPlace } from "./access.ts";

/**
 * Undefined while there is none. `told` is the address that the host of another machine gave: that one has made this
 * host's token known already.
 */
export function findHub(
	world: World,
	home: Home,
	{ values, env }: Settings,
	told: string | undefined,
): HubPlace | undefined {
	const authority = env.VERS_AUTH_TOKEN;
	if (typeof values.hub === "string" && authority !== undefined) return { url: values.hub, authority };
	const run = livingDaemon(world, home, "hub");
	const admin = readAdminToken(world, home.hub);
	if (run !== undefined && admin !== undefined) return { url: run.address, authority: admin };
	return told === undefined ? undefined : { url: told };
}
