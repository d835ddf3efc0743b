/** A person's Flagship with an account at the simulated platform, and a golden snapshot with pi in it. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Home } from "./home.ts";
import { type Model, piModels } from "./model.ts";
import type { Pi } from "./pis.ts";
import { API_KEY } from "./vers-sim/fixture.ts";
import type { VersSim } from "./vers-sim/sim.ts";
import { Visitor } from "./vers-sim/visitor.ts";

/** A key that every lieutenant on a VM needs, and that no disk of a VM may hold. */
export const MODEL_KEY = { name: "FAKE_MODEL_KEY", value: "sk-only-in-memory-7731" } as const;

export interface FleetOptions {
	readonly model: Pick<Model, "url">;
	readonly pi: Pi;
	/** Further sections of `settings.json`. */
	readonly settings?: Readonly<Record<string, unknown>>;
}

/** The golden snapshot, its machine ended again; `settings.json` of `home` names it. */
export async function versFleet(sim: VersSim, home: Home, options: FleetOptions): Promise<string> {
	const golden = await makeGolden(sim, options.model.url, options.pi.cli);
	write(join(home.flagship, "settings.json"), { ...fleetSettings(sim, golden), ...options.settings });
	return golden;
}

/** What a person with this golden snapshot has in `settings.json`. */
export const fleetSettings = (sim: VersSim, golden: string) => ({
	env: { VERS_API_KEY: API_KEY, VERS_BASE_URL: sim.baseUrl, [MODEL_KEY.name]: MODEL_KEY.value },
	machines: { env: ["PI_OFFLINE", "PI_TELEMETRY", MODEL_KEY.name] },
	vms: { golden, domain: sim.domain, connect: `127.0.0.1:${sim.sshPort}`, authority: sim.authority },
});

/** A snapshot of a machine where pi is set up with the scripted model. */
export async function makeGolden(sim: VersSim, modelUrl: string, piCli: string): Promise<string> {
	const visitor = new Visitor(sim);
	const id = await visitor.boot();
	const { folder } = sim.vms.get(id).machine;
	const there = join(folder, "root");
	write(join(there, ".pi/agent/settings.json"), { defaultProvider: "fake", defaultModel: "fake" });
	write(join(there, ".pi/agent/models.json"), piModels(modelUrl, ["fake"]));
	mkdirSync(join(there, "bin"));
	symlinkSync(process.execPath, join(there, "bin", "node"));
	symlinkSync(piCli, join(there, "bin", "pi"));
	writeFileSync(join(there, ".profile"), 'export PATH="$HOME/bin:$HOME/../bin:/usr/bin:/bin"\n');
	const golden = await visitor.commit(id);
	await visitor.call("DELETE", `/vm/${id}`);
	return golden;
}

function write(path: string, content: unknown): void {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
}
