/**
 * `flagship doctor`: looks at everything that hub and host stand on, mends what is safe to mend (a loop or daemon that
 * was killed), and names a remedy for the rest.
 */
import { ensure, loopAlive } from "../daemon/ensure.ts";
import {
	DAEMONS,
	type Daemon,
	failedFile,
	logFile,
	loopFolder,
	makeHome,
	makeSocketFolder,
	socketPath,
} from "../daemon/home.ts";
import { readHolder } from "../daemon/lock.ts";
import { findNode } from "../daemon/node.ts";
import { livingDaemon, readFailed, readRunFile } from "../daemon/run-file.ts";
import { readSettings } from "../daemon/settings.ts";
import { Fault, reason } from "../errors.ts";
import { Connection } from "../hub/database/connection.ts";
import { refusalOf } from "../hub/database/damage.ts";
import type { ProcessId } from "../world.ts";
import type { Context } from "./context.ts";
import { onlyJson } from "./daemons.ts";
import { findPi } from "./pi.ts";

interface Finding {
	readonly mark: "ok" | "mended" | "wrong";
	readonly text: string;
	readonly remedy?: string;
}

const ok = (text: string): Finding => ({ mark: "ok", text });
const mended = (text: string): Finding => ({ mark: "mended", text });
const wrong = (text: string, remedy: string): Finding => ({ mark: "wrong", text, remedy });

type Check = (context: Context) => Promise<readonly Finding[]>;

/** Below this a hub soon refuses writes; SQLite needs room for its journal. */
const DISK_LOW = 512 * 1024 * 1024;
const MIB = 1024 * 1024;

const CHECKS: readonly Check[] = [
	async ({ env }) => [ok(`node ${process.versions.node}; daemons run on ${await findNode(env)}`)],
	async ({ env }) => [ok(`pi ${(await findPi(env)).version}`)],
	async ({ home, env }) => {
		makeHome(home);
		makeSocketFolder(home);
		readSettings(home, env);
		return [ok(`home ${home.root}, sockets like ${socketPath(home, "host")}`)];
	},
	async ({ world, home }) => {
		const free = world.files.free(home.root);
		const text = `${Math.round(free / MIB)} MiB free for ${home.root}`;
		return [free >= DISK_LOW ? ok(text) : wrong(text, "Free disk space: without it the hub refuses to write.")];
	},
	...DAEMONS.map(
		(daemon): Check =>
			(context) =>
				examine(context, daemon),
	),
];

/** Exit code 1 when something is wrong that the doctor did not mend. */
export async function doctor(context: Context, args: readonly string[]): Promise<number> {
	const json = onlyJson(args);
	const all: Finding[] = [];
	for (const check of CHECKS) {
		const findings = await check(context).catch(asFinding);
		all.push(...findings);
		for (const { mark, text, remedy } of json ? [] : findings) {
			context.out(`${mark.padEnd(6)} ${text}${remedy === undefined ? "" : `\n       → ${remedy}`}`);
		}
	}
	const isWell = all.every(({ mark }) => mark !== "wrong");
	if (json) context.out(JSON.stringify({ ok: isWell, findings: all }, null, 2));
	return isWell ? 0 : 1;
}

/** A check that could not be made is a finding itself. */
function asFinding(error: unknown): readonly Finding[] {
	if (error instanceof Fault) return [wrong(error.message, error.remedy)];
	return [wrong(reason(error), "This is a fault of Flagship itself; please report it with this line.")];
}

async function examine(context: Context, daemon: Daemon): Promise<readonly Finding[]> {
	const { world, home } = context;
	const findings: Finding[] = [...(await thaw(context, daemon))];
	const failed = readFailed(world.files, home, daemon);
	if (failed !== undefined) {
		const remedy = `Read ${logFile(home, daemon)}; remove ${failedFile(home, daemon)} to have it tried again.`;
		findings.push(wrong(`the ${daemon} of Flagship ${failed.version} (${failed.entry}) failed twice`, remedy));
	}
	// A daemon that ends in order takes its run file away: one that is left means that it ought to run.
	if (readRunFile(world.files, home, daemon) === undefined && !loopAlive(world, home, daemon)) {
		const hindered = stuck(context, daemon) ?? (daemon === "hub" ? damaged(context) : undefined);
		return [...findings, hindered ?? ok(`${daemon} not running; it starts when it is needed`)];
	}
	const before = { daemon: livingDaemon(world, home, daemon), loop: loopAlive(world, home, daemon) };
	const found = await ensure(daemon, context);
	const where = `${daemon} ${found.version} at ${found.address}, process ${found.pid}`;
	if (before.daemon?.pid !== found.pid) return [...findings, mended(`${where}: it was gone, and is started again`)];
	const revived = !before.loop && found.foreground !== true;
	return [...findings, revived ? mended(`${where}: its restart loop was gone, and is started again`) : ok(where)];
}

/** A daemon that holds its data and has never answered. It is not killed: it may be at work on an update of its data. */
function stuck({ world, home }: Context, daemon: Daemon): Finding | undefined {
	const holder = readHolder(world.files, daemon === "hub" ? home.hub : home.host);
	if (holder === undefined || !world.spawn.alive(holder)) return undefined;
	return wrong(
		`process ${holder.pid} holds the data of the ${daemon} and does not answer`,
		`Wait a minute; if nothing changes, end it with \`flagship ${daemon} stop\`.`,
	);
}

/** What would keep the hub from starting: it is looked at before somebody needs it. */
function damaged({ world, home }: Context): Finding | undefined {
	const file = `${home.hub}/hub.db`;
	if (world.files.stat(file) === undefined) return undefined;
	let connection: Connection | undefined;
	try {
		connection = new Connection(world.files.database(file));
		connection.all("select name from sqlite_master");
		return undefined;
	} catch (thrown) {
		const refusal = refusalOf(thrown, file, world.files);
		if (!(refusal instanceof Fault)) throw thrown;
		return wrong(refusal.message, refusal.remedy);
	} finally {
		connection?.close();
	}
}

/** A loop that someone stopped (Ctrl-Z, SIGSTOP) restarts nothing, and no lock tells: only the process table does. */
async function thaw({ world, home }: Context, daemon: Daemon): Promise<readonly Finding[]> {
	const loop: ProcessId | undefined = readHolder(world.files, loopFolder(home, daemon));
	if (loop === undefined || !world.spawn.alive(loop)) return [];
	const { stdout } = await world.spawn.run("ps", ["-o", "stat=", "-p", String(loop.pid)]);
	if (!stdout.trim().startsWith("T")) return [];
	world.spawn.kill(loop, "SIGCONT");
	return [mended(`the restart loop of the ${daemon}, process ${loop.pid}, was stopped, and goes on`)];
}
