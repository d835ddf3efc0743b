/**
 * The simulator by itself: `npm run sim:vers -- [--seed 1] [--slots 6] [--api-port N] [--ssh-port N] [--disk-mib N]`. Prints
 * one line of JSON with what a client needs, then runs until SIGINT or SIGTERM, and leaves nothing behind.
 */
import { parseArgs } from "node:util";
import { API_KEY } from "./fixture.ts";
import { VersSim } from "./sim.ts";

const { values } = parseArgs({
	options: {
		seed: { type: "string", default: "1" },
		slots: { type: "string", default: "6" },
		"api-port": { type: "string", default: "0" },
		"ssh-port": { type: "string", default: "0" },
		"disk-mib": { type: "string", default: "0" },
	},
});

const sim = await VersSim.start({
	seed: Number(values.seed),
	slots: Number(values.slots),
	apiPort: Number(values["api-port"]),
	sshPort: Number(values["ssh-port"]),
	diskMib: Number(values["disk-mib"]),
});
const { baseUrl, sshPort, domain, authority, proxyCommand, folder } = sim;
console.log(JSON.stringify({ baseUrl, key: API_KEY, sshPort, domain, authority, proxyCommand, folder }));

let ending = false;
const end = (): void => {
	if (ending) return;
	ending = true;
	void sim.close().then(() => process.exit(0));
};
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, end);
