/** A machine of the simulator as a person reaches it: by a name in an ssh configuration, with pi set up there. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "./folder.ts";
import type { Home } from "./home.ts";
import { type Model, piModels } from "./model.ts";
import type { Pi } from "./pis.ts";
import type { VersSim } from "./vers-sim/sim.ts";
import { Visitor } from "./vers-sim/visitor.ts";

export interface SshMachine {
	/** VM id. */
	readonly id: string;
	/** `ssh:<name>` */
	readonly place: string;
	/** `HOME` there. */
	readonly home: string;
	/** File of the ssh configuration that knows it. */
	readonly config: string;
}

export interface MachineOptions {
	readonly model: Pick<Model, "url">;
	/** Installed there; absent: no pi, and only the system's Node. */
	readonly pi?: Pi;
	/** This Node is installed there, as it is with pi. */
	readonly node?: true;
	readonly name?: string;
}

/** Boots one, and tells `home`'s Flagship how it is reached. */
export async function sshMachine(
	sim: VersSim,
	home: Pick<Home, "flagship">,
	options: MachineOptions,
): Promise<SshMachine> {
	const { name = "box", model, pi } = options;
	const visitor = new Visitor(sim);
	const id = await visitor.boot();
	const { folder } = sim.vms.get(id).machine;
	const there = join(folder, "root");
	write(join(there, ".pi/agent/settings.json"), { defaultProvider: "fake", defaultModel: "fake" });
	write(join(there, ".pi/agent/models.json"), piModels(model.url, ["fake"]));
	const bin = join(there, "bin");
	mkdirSync(bin);
	if (pi !== undefined || options.node === true) symlinkSync(process.execPath, join(bin, "node"));
	if (pi !== undefined) symlinkSync(pi.cli, join(bin, "pi"));
	writeFileSync(join(there, ".profile"), `export PATH="${folder}/bin:${bin}:/usr/bin:/bin"\n`);
	const config = join(makeFolder(), "config");
	const lines = [
		`Host ${name}`,
		`HostName ${sim.hostOf(id)}`,
		"User root",
		`IdentityFile ${await visitor.keyFile(id)}`,
		"IdentitiesOnly yes",
		`ProxyCommand ${sim.proxyCommand}`,
	];
	writeFileSync(config, `${lines.join("\n")}\n`);
	write(join(home.flagship, "settings.json"), {
		machines: { sshConfig: config, env: ["PI_OFFLINE", "PI_TELEMETRY"] },
	});
	return { id, place: `ssh:${name}`, home: there, config };
}

function write(path: string, content: unknown): void {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
}
