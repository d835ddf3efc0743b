/**
 * Flagship's home on one machine: which file lives where. Paths are computed from an environment that is passed in;
 * only `makeHome` and `makeSocketFolder` touch the disk. `protocol.md` §2 rule 1.
 */
import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, type Stats, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { fault, reason } from "../errors.ts";
import { makeFolder } from "../world/folder.ts";

export type Daemon = "hub" | "host";
export const DAEMONS = ["hub", "host"] as const satisfies readonly Daemon[];

export type Environment = Readonly<Record<string, string | undefined>>;

/** The account that runs this process; what `os.userInfo()` and `process.getuid` say. */
export interface Account {
	readonly uid: number;
	/** Home folder of the account. */
	readonly folder: string;
}

/** Absolute paths; nothing here is created until `makeHome`. */
export interface Home {
	readonly root: string;
	readonly uid: number;
	/** The hub's data: database, `lock.db`, `admin.token`. */
	readonly hub: string;
	/** The host's data: outbox, receipts, notices, spool. */
	readonly host: string;
	readonly lieutenants: string;
	readonly worktrees: string;
	/** Run files and stderr logs of the daemons. */
	readonly run: string;
	/** Folder of the unix sockets, outside the home because their paths must be short. */
	readonly sockets: string;
}

/** Longest path that a unix socket may have here, in bytes: macOS stops at 103, Linux at 107. */
export const SOCKET_PATH_MAX = 100;

/** Where things are, from `FLAGSHIP_HOME` and `XDG_RUNTIME_DIR`. Throws `home_unusable` for a relative path. */
export function homeOf(env: Environment, account: Account): Home {
	const named = env.FLAGSHIP_HOME;
	const root = named === undefined || named === "" ? join(account.folder, ".flagship") : named;
	if (!isAbsolute(root)) throw fault("home_unusable", root, "FLAGSHIP_HOME must be an absolute path");
	const runtime = env.XDG_RUNTIME_DIR;
	const sockets =
		runtime !== undefined && isAbsolute(runtime) ? join(runtime, "flagship") : `/tmp/flagship-${account.uid}`;
	return {
		root: resolve(root),
		uid: account.uid,
		hub: join(root, "hub"),
		host: join(root, "host"),
		lieutenants: join(root, "lieutenants"),
		worktrees: join(root, "worktrees"),
		run: join(root, "run"),
		sockets,
	};
}

const digest = (text: string, length: number): string =>
	createHash("sha256").update(text).digest("hex").slice(0, length);

/** `run/hub.json`: who the daemon is and where it answers. */
export const runFile = (home: Home, daemon: Daemon): string => join(home.run, `${daemon}.json`);
/** `run/hub.next`: what the loop shall start once the daemon named in it has ended. */
export const nextFile = (home: Home, daemon: Daemon): string => join(home.run, `${daemon}.next`);
/** `run/hub.failed`: an entry that failed twice, so that no session asks for it again. */
export const failedFile = (home: Home, daemon: Daemon): string => join(home.run, `${daemon}.failed`);
/** Standard error of the daemon and of its loop. */
export const logFile = (home: Home, daemon: Daemon): string => join(home.run, `${daemon}.log`);
/** The folder of the loop's own lock. */
export const loopFolder = (home: Home, daemon: Daemon): string => join(home.run, `${daemon}.loop`);
export const settingsFile = (home: Home): string => join(home.root, "settings.json");
/** The admin token of the hub whose data folder this is; 0600. */
export const adminTokenFile = (dataFolder: string): string => join(dataFolder, "admin.token");

const PLAIN_ID = /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/;
const PLAIN_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** `lieutenants/<id>`. Throws `name_invalid` for an id that could leave the folder. */
export function lieutenantFolder(home: Home, id: string): string {
	if (!PLAIN_ID.test(id)) throw fault("name_invalid", id);
	return join(home.lieutenants, id);
}

/** `worktrees/<repo-hash>/<name>`: two repositories may each have a lieutenant of the same name. */
export function worktreeFolder(home: Home, repository: string, name: string): string {
	if (!PLAIN_NAME.test(name)) throw fault("name_invalid", name);
	const readable = basename(repository)
		.replace(/[^\w-]/g, "")
		.slice(0, 24);
	return join(home.worktrees, `${readable}-${digest(resolve(repository), 10)}`, name);
}

/**
 * The path of a socket: `<sockets>/<hash>.<kind>`, where the hash tells homes and ids apart in few bytes. Throws
 * `socket_path_too_long` where the system would cut the path, and with it the socket would be another one.
 */
export function socketPath(home: Home, kind: string, id = ""): string {
	if (!PLAIN_NAME.test(kind)) throw fault("name_invalid", kind);
	const path = join(home.sockets, `${digest(`${home.root}\n${id}`, 12)}.${kind}`);
	const bytes = Buffer.byteLength(path);
	if (bytes > SOCKET_PATH_MAX) throw fault("socket_path_too_long", path, bytes, SOCKET_PATH_MAX);
	return path;
}

const others = 0o077;

/** Why this may not hold secrets, or undefined. */
function unfit(stat: Stats, uid: number, path: string): string | undefined {
	if (!stat.isDirectory()) return stat.isSymbolicLink() ? "it is a symbolic link" : "it is not a folder";
	if (stat.uid !== uid) return `it belongs to user ${stat.uid}, and this is user ${uid}`;
	if ((stat.mode & others) !== 0) {
		return `others may enter it (mode ${(stat.mode & 0o777).toString(8)}); run \`chmod 700 ${path}\``;
	}
	return undefined;
}

function makeOwnFolder(path: string, uid: number, look: (path: string) => Stats): void {
	const stat = attempt(path, () => {
		// A dangling or foreign link must not be followed by mkdir: look first.
		const before = lstatSync(path, { throwIfNoEntry: false });
		if (before === undefined) makeFolder(path);
		return look(path);
	});
	const why = unfit(stat, uid, path);
	if (why !== undefined) throw fault("home_unusable", path, why);
}

function attempt<T>(path: string, run: () => T): T {
	try {
		return run();
	} catch (error) {
		throw fault("home_unusable", path, reason(error));
	}
}

/**
 * Creates the home and its folders (0700). The root may be reached through a symbolic link, as people move it to
 * another disk. Throws `home_unusable` when a folder is another user's, open to others, or cannot be made.
 */
export function makeHome(home: Home): void {
	makeOwnFolder(home.root, home.uid, statSync);
	for (const folder of [home.hub, home.host, home.lieutenants, home.worktrees, home.run]) {
		attempt(folder, () => makeFolder(folder));
	}
}

/** A daemon that is to be started writes here. Throws `home_unusable`: a disk may be mounted to be read only. */
export function mustBeWritable(home: Home, daemon: Daemon): void {
	for (const folder of [home.run, home[daemon]]) attempt(folder, () => accessSync(folder, constants.W_OK));
}

/**
 * Creates the socket folder. It often lies in `/tmp`, where anybody may make a name first: a folder of another user,
 * and a link to one, are refused, for its owner could listen in our place.
 */
export function makeSocketFolder(home: Home): void {
	makeOwnFolder(home.sockets, home.uid, lstatSync);
}
