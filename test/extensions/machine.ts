/** Real hub and real host of a test's home, inside the test process and known to sessions by their run files. */
import { mkdirSync } from "node:fs";
import { PROTOCOL } from "../../src/contract/link.ts";
import { type Daemon, type Home, homeOf, makeHome, makeSocketFolder } from "../../src/daemon/home.ts";
import { removeRunFile, writeRunFile } from "../../src/daemon/run-file.ts";
import { readSettings } from "../../src/daemon/settings.ts";
import { makeAdminToken } from "../../src/daemon/token.ts";
import { Host } from "../../src/host/host.ts";
import { startHub } from "../../src/hub/hub.ts";
import { realWorld } from "../../src/world/real.ts";
import type { World } from "../../src/world.ts";
import { everyOperation } from "../fleet/catalog.ts";
import { atEnd } from "../support/cleanup.ts";
import type { Home as Account } from "../support/home.ts";
import { PACKAGE } from "../support/pi.ts";

const world = realWorld();
const VERSION = "0.1.0";

export interface Running {
	readonly address: string;
	close(): Promise<void>;
}

/** The home as daemons see it. */
export function daemonHome(account: Account): Home {
	const home = homeOf(account.env, { uid: process.getuid?.() ?? 0, folder: account.root });
	makeHome(home);
	makeSocketFolder(home);
	return home;
}

/** `foreground`: sessions start no loop behind it. */
function announce(home: Home, daemon: Daemon, address: string): void {
	const started = world.spawn.started(process.pid) ?? "";
	writeRunFile(world.files, home, daemon, {
		pid: process.pid,
		started,
		address,
		version: VERSION,
		protocol: PROTOCOL,
		foreground: true,
	});
}

/** Closes once, and at the end of the file at the latest. */
function closing(home: Home, daemon: Daemon, address: string, end: () => Promise<void>): Running {
	announce(home, daemon, address);
	let ended: Promise<void> | undefined;
	const close = (): Promise<void> => {
		removeRunFile(world.files, home, daemon);
		ended ??= end();
		return ended;
	};
	// Before its home goes away, which was made before it.
	atEnd(close);
	return { address, close };
}

/** `skills`: a folder of skills that an empty hub publishes. */
export async function machineHub(home: Home, skills?: string): Promise<Running & { readonly token: string }> {
	mkdirSync(home.hub, { recursive: true });
	const token = makeAdminToken(world, home.hub);
	const hub = await startHub({
		world,
		dataFolder: home.hub,
		host: "127.0.0.1",
		port: 0,
		adminTokens: [token],
		version: VERSION,
		...(skills === undefined ? {} : { skills }),
		complain: () => undefined,
	});
	return { ...closing(home, "hub", hub.address, () => hub.close()), token };
}

/**
 * `ahead`: ms by which its clock is ahead of this machine's, asked each time. `settings.json` is read as it stands.
 * `packageFolder`: what lieutenants are started with.
 */
export async function machineHost(
	home: Home,
	ahead: () => number = () => 0,
	base: World = world,
	packageFolder = PACKAGE,
): Promise<Running> {
	const host = new Host({
		world: { ...base, clock: { ...base.clock, now: () => base.clock.now() + ahead() } },
		home,
		version: VERSION,
		settings: readSettings(home, {}),
		operations: await everyOperation(),
		packageFolder,
		complain: () => undefined,
	});
	return closing(home, "host", await host.begin(), () => host.close());
}
