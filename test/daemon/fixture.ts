/**
 * A tiny daemon in the real frame and the real loop, as a program of its own: `fixture.ts hub loop`, `fixture.ts hub run`.
 * `settings.json` of the home steers it through its `env`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type FrameOptions, type Running, runDaemon } from "../../src/daemon/frame.ts";
import { homeOf, socketPath } from "../../src/daemon/home.ts";
import { runLoop } from "../../src/daemon/loop.ts";
import { onStopSignal, runAsProcess } from "../../src/daemon/process.ts";
import { readSettings } from "../../src/daemon/settings.ts";
import { makeAdminToken } from "../../src/daemon/token.ts";
import { fault } from "../../src/errors.ts";
import { realWorld } from "../../src/world/real.ts";

const [daemon = "hub", verb = "run"] = process.argv.slice(2) as ["hub" | "host", string];
const world = realWorld();
const account = userInfo();
const home = homeOf(process.env, { uid: account.uid, folder: account.homedir });
const settings = readSettings(home, process.env);
const version = process.env.FIXTURE_VERSION ?? "0.1.0";
const protocol = Number(process.env.FIXTURE_PROTOCOL ?? 1);
const folder = daemon === "hub" ? home.hub : home.host;

async function startHub(): Promise<Running> {
	if (process.env.FIXTURE_FAULT === "newer") throw fault("newer_data", home.hub, "9", "1");
	if (process.env.FIXTURE_FAULT === "crash") throw new Error("the fixture crashes at start");
	makeAdminToken(world, home.hub);
	const server = createServer(async (request, response) => {
		const headers = { "x-flagship-protocol": String(protocol), "x-flagship-version": version };
		if (request.url === "/crash") process.exit(3);
		if (request.url === "/run") return response.end((await world.spawn.run("echo", ["it runs"])).stdout);
		response.writeHead(200, headers).end(JSON.stringify(request.url === "/env" ? process.env : { status: "ok" }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		address: `http://127.0.0.1:${port}`,
		close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
		idle: () => process.env.FIXTURE_IDLE === "yes",
	};
}

async function startHost(): Promise<Running> {
	const listener = await world.sockets.listen(socketPath(home, "host"), (connection) => {
		connection.onMessage(() => connection.send(JSON.stringify({ type: "hello", protocol, version, host: "h" })));
	});
	return { address: listener.address, close: () => listener.close(), idle: () => false };
}

const options: FrameOptions = {
	world,
	home,
	daemon,
	folder,
	speaks: { protocol, version },
	idleMinutes: settings.idleMinutes,
	manner: process.argv.includes("--daemon") ? "background" : "foreground",
	start: daemon === "hub" ? startHub : startHost,
	onStop: onStopSignal,
};

await runAsProcess(`${daemon} ${verb}`, () =>
	verb === "loop"
		? runLoop({
				...{ world, home, daemon, env: process.env, onStop: onStopSignal },
				entry: { version, entry: process.env.FIXTURE_ENTRY ?? join(import.meta.dirname, "fixture.ts") },
			})
		: runDaemon(options),
);
