/** `flagship host run`: the host in this process, typed by a person or started by its loop. */
import { readdirSync } from "node:fs";
import { runDaemon } from "../daemon/frame.ts";
import { logFile } from "../daemon/home.ts";
import { complainer } from "../daemon/log.ts";
import { onStopSignal, runAsProcess } from "../daemon/process.ts";
import { readSettings } from "../daemon/settings.ts";
import { packageFolder } from "../daemon/version.ts";
import { contractFolder, loadOperations } from "../fleet/catalog.ts";
import { startHost } from "../host/host.ts";
import type { Context } from "./context.ts";
import { daemonFlag } from "./hub.ts";

export async function run(context: Context, args: readonly string[]): Promise<number> {
	if (!daemonFlag(args)) return await serve(context, "foreground");
	return await runAsProcess("host", () => serve(context, "background"));
}

async function serve(context: Context, manner: "foreground" | "background"): Promise<number> {
	const { world, home, speaks, env, out } = context;
	const settings = readSettings(home, env);
	const operations = await loadOperations(readdirSync(contractFolder));
	const complain = manner === "background" ? complainer(world, logFile(home, "host"), "host") : context.complain;
	return await runDaemon({
		...{ world, home, speaks, manner, daemon: "host", folder: home.host, onStop: onStopSignal },
		idleMinutes: settings.idleMinutes,
		start: () => startHost({ world, home, version: speaks.version, settings, operations, packageFolder, complain }),
		ready({ address }) {
			if (manner === "foreground") out(`Flagship host at ${address}, data in ${home.host}.`);
		},
	});
}
