/** A host of its own process, so that a test can kill it: environment in, one line with its address out. */

import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { homeOf, makeHome, makeSocketFolder } from "../../src/daemon/home.ts";
import { daemonEnvironment, readSettings } from "../../src/daemon/settings.ts";
import { packageFolder } from "../../src/daemon/version.ts";
import { fault } from "../../src/errors.ts";
import { loadOperations } from "../../src/fleet/catalog.ts";
import { startHost } from "../../src/host/host.ts";
import type { Carried, Carrier } from "../../src/host/machines/carrier.ts";
import { machineSettings } from "../../src/host/machines/settings.ts";
import { bySsh } from "../../src/host/machines/ssh-carrier.ts";
import { vmSettings } from "../../src/host/machines/vm-settings.ts";
import { versAccount } from "../../src/vers/key.ts";
import { realWorld } from "../../src/world/real.ts";

/** Other machines of a test: a file of `{place: Carried}`, read at each attempt to reach one. */
const machines = process.env.TEST_MACHINES;
const told = (place: string): Carrier => ({
	async open() {
		const known = JSON.parse(readFileSync(machines ?? "", "utf8")) as Record<
			string,
			Omit<Carried, "closed" | "close" | "bring" | "volatile" | "put" | "fetch" | "halt">
		>;
		const found = known[place];
		if (found === undefined) throw fault("machine_unreachable", place, "no such machine");
		const [closed, close] = [new Promise<string>(() => undefined), async () => undefined];
		const [put, fetch, halt] = [async () => undefined, async () => undefined, async () => undefined];
		return { ...found, closed, close, put, fetch, halt, volatile: false, bring: async (url) => url };
	},
});

const home = homeOf(process.env, { uid: process.getuid?.() ?? 0, folder: homedir() });
makeHome(home);
makeSocketFolder(home);
const world = realWorld();
const settings = readSettings(home, process.env);
const host = await startHost({
	world,
	home,
	version: "0.1.0",
	settings,
	operations: await loadOperations(readdirSync(new URL("../../src/contract/", import.meta.url))),
	packageFolder,
	vers: () => versAccount(world.files, { HOME: homedir(), ...settings.env }),
	carry:
		machines === undefined
			? bySsh({
					...{ world, home, packageFolder, config: machineSettings(settings.values).settings.sshConfig },
					vms: vmSettings(settings.values).settings,
					node: { path: process.execPath, platform: process.platform, arch: process.arch },
					env: daemonEnvironment(home, settings, process.env),
				})
			: told,
	complain: (what) => process.stderr.write(`${what}\n`),
});
process.stdout.write(`${host.address}\n`);
process.on("SIGTERM", () => void host.close().then(() => process.exit(0)));
