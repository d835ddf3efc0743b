/** The real files. What Flagship writes is private by default: 0600 for files, 0700 for folders. */
import { randomBytes } from "node:crypto";
import {
	closeSync,
	fchmodSync,
	fstatSync,
	fsyncSync,
	lstatSync,
	openSync,
	readdirSync,
	readFileSync,
	readSync,
	realpathSync,
	renameSync,
	rmSync,
	type Stats,
	statfsSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Files, Stat } from "../world.ts";
import { makeFolder } from "./folder.ts";

const PRIVATE_FILE = 0o600;

const isMissing = (thrown: unknown): boolean =>
	thrown instanceof Error && "code" in thrown && (thrown.code === "ENOENT" || thrown.code === "ENOTDIR");

/** The result of `read`, or undefined when the path does not exist; every other failure throws. */
function unlessMissing<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (thrown) {
		if (isMissing(thrown)) return undefined;
		throw thrown;
	}
}

function withFile<T>(path: string, flags: string, mode: number, use: (fd: number) => T): T {
	const fd = openSync(path, flags, mode);
	try {
		return use(fd);
	} finally {
		closeSync(fd);
	}
}

const syncPath = (path: string): void => withFile(path, "r", PRIVATE_FILE, fsyncSync);

function kindOf(stats: Stats): Stat["kind"] {
	if (stats.isFile()) return "file";
	if (stats.isDirectory()) return "folder";
	if (stats.isFIFO()) return "fifo";
	return stats.isSocket() ? "socket" : "other";
}

function readFrom(path: string, offset: number, most = Number.POSITIVE_INFINITY): Uint8Array {
	const bytes = unlessMissing(() =>
		withFile(path, "r", PRIVATE_FILE, (fd) => {
			const wanted = new Uint8Array(Math.min(most, Math.max(0, fstatSync(fd).size - offset)));
			let filled = 0;
			while (filled < wanted.length) {
				const read = readSync(fd, wanted, filled, wanted.length - filled, offset + filled);
				// The file became shorter since fstat: what was read is what there is.
				if (read === 0) break;
				filled += read;
			}
			return wanted.subarray(0, filled);
		}),
	);
	return bytes ?? new Uint8Array(0);
}

function write(path: string, text: string, mode = PRIVATE_FILE): void {
	const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
	try {
		withFile(temporary, "wx", mode, (fd) => {
			fchmodSync(fd, mode);
			writeFileSync(fd, text);
			fsyncSync(fd);
		});
		renameSync(temporary, path);
	} catch (thrown) {
		rmSync(temporary, { force: true });
		throw thrown;
	}
	// Without this a power cut after the rename may bring the old file back.
	syncPath(dirname(path));
}

export const files: Files = {
	read: (path) => unlessMissing(() => readFileSync(path, "utf8")),
	readFrom,
	write,
	append: (path, text, mode = PRIVATE_FILE) => withFile(path, "a", mode, (fd) => writeFileSync(fd, text)),
	sync: syncPath,
	remove: (path) => rmSync(path, { recursive: true, force: true }),
	rename(from, to) {
		renameSync(from, to);
		syncPath(dirname(to));
	},
	stat(path) {
		const own = unlessMissing(() => lstatSync(path));
		const link = own?.isSymbolicLink() ?? false;
		const stats = link ? unlessMissing(() => statSync(path)) : own;
		if (stats === undefined) return undefined;
		return {
			kind: kindOf(stats),
			link,
			size: stats.size,
			mode: stats.mode & 0o7777,
			owner: stats.uid,
			changed: stats.mtimeMs,
		};
	},
	real: (path) => unlessMissing(() => realpathSync(path)) ?? path,
	list: (folder) => unlessMissing(() => readdirSync(folder).sort()) ?? [],
	makeFolder,
	free(path) {
		const volume = statfsSync(path);
		return volume.bavail * volume.bsize;
	},
	database(path) {
		// SQLite would create it world-readable; its -wal and -shm files take the rights of this one. Never on one that is
		// there: closing any descriptor of a file drops the locks that this process holds on it, and another process that
		// closes the database would then take its write-ahead log away under us.
		if (unlessMissing(() => statSync(path)) === undefined) withFile(path, "a", PRIVATE_FILE, () => undefined);
		// Not imported above: `node:sqlite` prints a warning when loaded, and pi loads this file for its terminal.
		const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
		return new DatabaseSync(path);
	},
};
