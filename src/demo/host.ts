/** The host that runs now, asked as the command line asks it. */
import { createHostClient, type HostClient } from "../client/host.ts";
import type { EnsureOptions } from "../daemon/ensure.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { fault } from "../errors.ts";

/** It is begun again by itself after each end of the host; calls meanwhile throw `host_unreachable`. */
export function connectHost({ world, home, speaks }: Pick<EnsureOptions, "world" | "home" | "speaks">): HostClient {
	const host = createHostClient({
		world,
		version: speaks.version,
		caller: { type: "command" },
		async findHost() {
			const found = livingDaemon(world, home, "host");
			if (found === undefined) throw fault("host_unreachable", "it is not running");
			return found.address;
		},
	});
	host.connect();
	return host;
}
