/** Is anybody there? The smallest question that only a working daemon can answer. */
import { request } from "../world/http.ts";
import type { World } from "../world.ts";
import type { Daemon } from "./home.ts";
import type { Speaks } from "./version.ts";

/** An answer must come within so many ms. A busy daemon on a loaded machine takes some; a frozen one takes for ever. */
const PROBE_WITHIN = 2_000;

/** What the daemon at an address says of itself, or undefined when it does not answer. */
export type Ask = (address: string) => Promise<Partial<Speaks> | undefined>;

export function asker(world: World, daemon: Daemon, speaks: Speaks): Ask {
	return daemon === "hub" ? (address) => askHub(address, speaks) : (address) => askHost(world, address, speaks);
}

/** `GET /health`, by `node:http`: pi sends `fetch` through the environment's proxy, which knows no loopback. */
function askHub(address: string, speaks: Speaks): Promise<Partial<Speaks> | undefined> {
	return new Promise((resolve) => {
		const headers = { "x-flagship-protocol": String(speaks.protocol), "x-flagship-version": speaks.version };
		const signal = AbortSignal.timeout(PROBE_WITHIN);
		const asked = request(`${address}/health`, { headers, signal, agent: false }, (response) => {
			response.resume();
			const version = response.headers["x-flagship-version"];
			const protocol = Number(response.headers["x-flagship-protocol"]);
			// Another program may have been given the port of a dead hub: ours names its protocol.
			if (response.statusCode !== 200 || !Number.isInteger(protocol)) return resolve(undefined);
			resolve({ protocol, ...(typeof version === "string" ? { version } : {}) });
		});
		asked.on("error", () => resolve(undefined));
		asked.end();
	});
}

/** The first frame both ways. Any frame at all proves life, a refusal of our protocol included. */
async function askHost(world: World, address: string, speaks: Speaks): Promise<Partial<Speaks> | undefined> {
	try {
		const connection = await world.sockets.connect(address, { timeout: PROBE_WITHIN });
		try {
			return await new Promise((resolve) => {
				world.clock.after(PROBE_WITHIN, () => resolve(undefined));
				connection.onMessage((text) => resolve(spoken(text)));
				connection.onClose(() => resolve(undefined));
				connection.send(JSON.stringify({ type: "hello", ...speaks, caller: { type: "command" } }));
			});
		} finally {
			connection.close();
		}
	} catch {
		// Nobody listens, or the socket is stale: that is the answer.
		return undefined;
	}
}

function spoken(text: string): Partial<Speaks> {
	try {
		const frame: unknown = JSON.parse(text);
		if (typeof frame !== "object" || frame === null) return {};
		const { protocol, version } = frame as Record<string, unknown>;
		return {
			...(typeof protocol === "number" ? { protocol } : {}),
			...(typeof version === "string" ? { version } : {}),
		};
	} catch {
		// Not a frame of ours, but somebody who speaks.
		return {};
	}
}
