/** The end: nothing that the demo has started goes on, unless a person wants to look at it. */
import { pause, status } from "../contract/lieutenants.ts";
import type { EnsureOptions } from "../daemon/ensure.ts";
import { gone } from "../daemon/lock.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { stopDaemon } from "../daemon/stop.ts";
import { Fault } from "../errors.ts";
import { readNote } from "../host/agent/life-file.ts";
import { connectHost } from "./host.ts";

/** Ends the lieutenants' processes and the host; sessions and worktrees stay. */
export async function endFleet(options: EnsureOptions): Promise<void> {
	const { world, home } = options;
	await pauseAll(options);
	await stopDaemon(world, home, "host", home.host);
	// Without a host to start them again, what still lives is an agent that did not hear.
	for (const id of world.files.list(home.lieutenants)) {
		const agent = readNote(world.files, `${home.lieutenants}/${id}`)?.process;
		if (agent === undefined || !world.spawn.alive(agent)) continue;
		world.spawn.kill(agent, "SIGKILL", "group");
		await gone(world, agent, 5_000);
	}
}

async function pauseAll({ world, home, speaks }: EnsureOptions): Promise<void> {
	if (livingDaemon(world, home, "host") === undefined) return;
	const host = connectHost({ world, home, speaks });
	try {
		const { lieutenants } = await host.call(status, {}, { patience: 3_000, timeout: 5_000 });
		await Promise.all(lieutenants.map(({ name }) => host.call(pause, { name }, { timeout: 10_000 })));
	} catch (thrown) {
		// A host that does not do it is stopped next, and then they are ended by their process ids.
		if (!(thrown instanceof Fault)) throw thrown;
	} finally {
		host.close();
	}
}

export async function endHub({ world, home }: EnsureOptions): Promise<void> {
	await stopDaemon(world, home, "hub", home.hub);
}
