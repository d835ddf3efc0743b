/** The way to machines of a simulated platform, as a host opens it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Ssh } from "../../src/host/machines/ssh.ts";
import { vmWay } from "../../src/host/machines/vm-way.ts";
import { VersClient } from "../../src/vers/client.ts";
import { realWorld } from "../../src/world/real.ts";
import { atEnd } from "./cleanup.ts";
import { makeFolder } from "./folder.ts";
import { API_KEY } from "./vers-sim/fixture.ts";
import type { VersSim } from "./vers-sim/sim.ts";

/** Opens ways with keys and sockets in a folder of their own. */
export function wayTo(sim: VersSim): (vm: string, signal?: AbortSignal) => Promise<Ssh> {
	const folder = makeFolder();
	mkdirSync(join(folder, "s"), { mode: 0o700 });
	const world = realWorld();
	const client = new VersClient({ world, account: () => ({ key: API_KEY, url: sim.baseUrl }) });
	atEnd(() => client.close());
	return async (vm, signal = AbortSignal.timeout(20_000)) => {
		const parts = {
			...{ world, sockets: join(folder, "s"), folder, env: { PATH: process.env.PATH ?? "", HOME: folder } },
			settings: { domain: sim.domain, connect: `127.0.0.1:${sim.sshPort}`, authority: sim.authority },
			platform: async () => ({ client, url: sim.baseUrl }),
		};
		const ssh = await vmWay(parts, vm, { signal });
		atEnd(() => ssh.close());
		return ssh;
	};
}
