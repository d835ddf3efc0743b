/** The stderr log of a daemon: plain lines, read by people through `flagship doctor` and by who waits for its start. */
import { isDiskFull } from "../errors.ts";
import type { World } from "../world.ts";

const LOG_MAX = 1024 * 1024;

export function log(world: World, path: string, who: string, text: string): void {
	try {
		world.files.append(path, `${new Date(world.clock.now()).toISOString()} ${who}: ${text}\n`);
	} catch (thrown) {
		// A line about a full disk that the disk does not take is the least of what is lost; the daemon goes on.
		if (!isDiskFull(thrown)) throw thrown;
	}
}

/** Puts a long log aside as `.old`, in place of the one before: a daemon that crashes for weeks fills no disk. */
export function trimLog(world: World, path: string): void {
	const size = world.files.stat(path)?.size ?? 0;
	if (size > LOG_MAX) world.files.rename(path, `${path}.old`);
}

export const logSize = (world: World, path: string): number => world.files.stat(path)?.size ?? 0;

/** The last lines written since the file had `from` bytes; of the whole file when it was put aside meanwhile. */
export function logTail(world: World, path: string, from: number, lines = 5): string {
	const offset = from <= logSize(world, path) ? from : 0;
	const text = Buffer.from(world.files.readFrom(path, offset)).toString("utf8");
	return text.trimEnd().split("\n").slice(-lines).join("\n");
}
