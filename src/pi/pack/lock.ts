/**
 * One pi per session: pi itself lets two processes write into one session file. The lock is kept on `globalThis`: after
 * a reload the old extension is garbage, and a lock that is collected is a lock that is lost.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../../world.ts";

/** `daemon/lock.ts`, handed in by the extension: this room imports no daemon. */
export type TakeLock = (world: World, folder: string, version: string) => object | undefined;

export type Claim = { readonly type: "ours" } | { readonly type: "refused"; readonly because: string };

export const LIFE_FILE = "life.json";
/** Below the lieutenant's folder; holds `lock.db` and `lock.json`, which names the holder. */
export const LOCK_FOLDER = "session-lock";

const KEY = Symbol.for("flagship.session-lock");

/** How long an earlier life may take to end while this one waits, ms; and between two tries. */
const PATIENCE = 2_000;
const PAUSE = 100;

/** Makes this process the one that works on the session, or says why it may not. */
export async function claimSession(
	world: World,
	self: { readonly folder: string; readonly life: number },
	take: TakeLock,
	version: string,
): Promise<Claim> {
	if (Reflect.get(globalThis, KEY) !== undefined) return { type: "ours" };
	const until = world.clock.elapsed() + PATIENCE;
	for (;;) {
		if (outlived(world, self)) return { type: "refused", because: "a later process has taken over this session" };
		const lock = take(world, `${self.folder}/${LOCK_FOLDER}`, version);
		if (lock !== undefined) {
			Reflect.set(globalThis, KEY, lock);
			return { type: "ours" };
		}
		if (world.clock.elapsed() > until) return { type: "refused", because: "another pi already works on this session" };
		// Not the world's timer, which keeps no process alive: pi does not read its stdin yet, so it would end right here.
		await sleep(PAUSE);
	}
}

/** The host has given this life up, or started a later one. */
function outlived(world: World, self: { readonly folder: string; readonly life: number }): boolean {
	const text = world.files.read(`${self.folder}/${LIFE_FILE}`);
	if (text === undefined || self.life === 0) return false;
	try {
		const { life, ended } = JSON.parse(text) as { life?: unknown; ended?: unknown };
		return ended === true || (typeof life === "number" && life > self.life);
	} catch {
		// Written whole or not at all, so this was somebody's hand: the lock alone decides.
		return false;
	}
}
