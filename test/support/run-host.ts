/** A host of its own process, so that a test can kill it: environment in, one line with its address out. */

import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { homeOf, makeHome, makeSocketFolder } from "../../src/daemon/home.ts";
import { readSettings } from "../../src/daemon/settings.ts";
import { packageFolder } from "../../src/daemon/version.ts";
import { loadOperations } from "../../src/fleet/catalog.ts";
import { startHost } from "../../src/host/host.ts";
import { realWorld } from "../../src/world/real.ts";

const home = homeOf(process.env, { uid: process.getuid?.() ?? 0, folder: homedir() });
makeHome(home);
makeSocketFolder(home);
const host = await startHost({
	world: realWorld(),
	home,
	version: "0.1.0",
	settings: readSettings(home, process.env),
	operations: await loadOperations(readdirSync(new URL("../../src/contract/", import.meta.url))),
	packageFolder,
	complain: (what) => process.stderr.write(`${what}\n`),
});
process.stdout.write(`${host.address}\n`);
process.on("SIGTERM", () => void host.close().then(() => process.exit(0)));
