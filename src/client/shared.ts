/**
 * One connection to the host per pi process. pi loads each extension with modules of its own, so a module's variable
 * would be one connection per extension, and each would ask for the orchestrator's name: the second would be `…#2`.
 */
import type { HostClient } from "./host.ts";

interface Shared {
	readonly host: HostClient;
	users: number;
}

const SLOT = Symbol.for("flagship.host");

export interface Use {
	readonly host: HostClient;
	/** The last user's leaving releases the orchestrator's name and closes the connection. */
	leave(): void;
}

/** The process's connection, made and begun by its first user. */
export function useHost(make: () => HostClient): Use {
	const place = globalThis as { [SLOT]?: Shared };
	if (place[SLOT] === undefined || place[SLOT].host.state.type === "closed") {
		const host = make();
		place[SLOT] = { host, users: 0 };
		host.connect();
	}
	const shared = place[SLOT];
	shared.users++;
	let left = false;
	return {
		host: shared.host,
		leave() {
			if (left) return;
			left = true;
			if (--shared.users > 0) return;
			shared.host.release();
			if (place[SLOT] === shared) delete place[SLOT];
		},
	};
}
