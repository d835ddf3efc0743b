import type { World } from "../world.ts";

/** Resolves after `ms`. It does not keep the process alive: a command that waits must hold on to something itself. */
export const pause = (world: World, ms: number): Promise<void> =>
	new Promise((resolve) => void world.clock.after(ms, resolve));
