/** A hub as a process of its own, to be killed: `node run-hub.ts <data folder>`; prints its address. */
import { startHub } from "../../src/hub/hub.ts";
import { realWorld } from "../../src/world/real.ts";

const [dataFolder = ""] = process.argv.slice(2);
const hub = await startHub({
	world: realWorld(),
	dataFolder,
	host: "127.0.0.1",
	port: 0,
	adminTokens: [process.env.ADMIN ?? ""],
	version: "0.1.0",
	complain: (what) => process.stderr.write(`${what}\n`),
});
process.on("SIGTERM", () => void hub.close().then(() => process.exit(0)));
process.stdout.write(`${hub.address}\n`);
