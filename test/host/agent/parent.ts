/** A host that starts one life, gives it a prompt, and is then killed by the test. Its order comes as JSON on argv. */
import type { Home } from "../../../src/daemon/home.ts";
import { LocalPlace } from "../../../src/host/places/local.ts";
import type { Employment } from "../../../src/host/places/place.ts";
import { realWorld } from "../../../src/world/real.ts";

export interface Order {
	readonly home: Home;
	readonly packageFolder: string;
	readonly employment: Employment;
	readonly message: string;
}

const { home, packageFolder, employment, message } = JSON.parse(process.argv[2] ?? "") as Order;
const place = new LocalPlace({ world: realWorld(), home, socket: "/nowhere", packageFolder });
const watch = { record: () => undefined, ended: () => undefined };
const life = place.start(employment, 1, watch, { start: "01JD0000000000000000000000" });
const outcome = await life.send({ type: "prompt", message, streamingBehavior: "followUp" });
process.stdout.write(`${JSON.stringify({ outcome: outcome.type, process: life.process })}\n`);
// Until it is killed.
setInterval(() => undefined, 60_000);
