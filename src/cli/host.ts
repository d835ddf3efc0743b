/** `flagship host run`: the host in this process, typed by a person or started by its loop. */
import { readdirSync } from "node:fs";
import { runDaemon } from "../daemon/frame.ts";
import { logFile } from "../daemon/home.ts";
import { complainer } from "../daemon/log.ts";
import { onStopSignal, runAsProcess } from "../daemon/process.ts";
import { daemonEnvironment, readSettings, takeKeys } from "../daemon/settings.ts";
import { packageFolder } from "../daemon/version.ts";
import { contractFolder, loadOperations } from "../fleet/catalog.ts";
import { startHost } from "../host/host.ts";
import { machineSettings } from "../host/machines/settings.ts";
import { bySsh } from "../host/machines/ssh-carrier.ts";
import { vmSettings } from "../host/machines/vm-settings.ts";
import { versAccount } from "../vers/key.ts";
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
	const node = { path: process.execPath, platform: process.platform, arch: process.arch };
	const config = machineSettings(settings.values).settings.sshConfig;
	const vms = vmSettings(settings.values).settings;
	const carry = bySsh({ world, home, packageFolder, node, config, vms, env: daemonEnvironment(home, settings, env) });
	const keys = takeKeys(process.env);
	const vers = () => versAccount(world.files, { HOME: env.HOME, ...readSettings(home, env).env });
	return await runDaemon({
		...{ world, home, speaks, manner, daemon: "host", folder: home.host, onStop: onStopSignal },
		idleMinutes: settings.idleMinutes,
		start: () =>
			startHost({
				world,
				home,
				version: speaks.version,
				settings,
				operations,
				packageFolder,
				complain,
				carry,
				vers,
				keys,
			}),
		ready({ address }) {
			if (manner === "foreground") out(`Flagship host at ${address}, data in ${home.host}.`);
		},
	});
}
