/**
 * One pi session's way to hub and host. The host connection is shared by all extensions of the process and asked for
 * when first needed; `leave` gives it up.
 */
import { findHub } from "../client/address.ts";
import { callerOf, type Person } from "../client/caller.ts";
import { type Client, createClient, type HubAddress } from "../client/client.ts";
import { createHostClient, type HostClient } from "../client/host.ts";
import { type Use, useHost } from "../client/shared.ts";
import { type CallOrKeep, spooling } from "../client/spool.ts";
import { DeadlinePassed, startDeadline, untilAborted } from "../client/time.ts";
import { PROTOCOL } from "../contract/link.ts";
import { type EnsureOptions, ensureHost, ensureHub } from "../daemon/ensure.ts";
import { type Environment, type Home, homeOf } from "../daemon/home.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { packageVersion } from "../daemon/version.ts";
import { fault } from "../errors.ts";
import type { World } from "../world.ts";

/** Milliseconds that a first call waits for daemons that are being started; a busy machine takes some. */
const READY_WITHIN = 15_000;

export interface SessionOptions {
	readonly world: World;
	readonly env: Environment;
	readonly account: { readonly uid: number; readonly folder: string };
	readonly person: Person;
	readonly pid: number;
	/** pi's id of the session. */
	readonly id: string;
}

export interface Session {
	readonly home: Home;
	readonly hub: Client;
	/** The connection to this machine's host, begun at the first call of this. */
	host(): HostClient;
	/** Asks the hub; what may wait is kept by the host while the hub is away. */
	readonly call: CallOrKeep;
	/** Finds or starts what an orchestrator needs. A lieutenant starts nothing: it finds, or is told so. */
	begin(): Promise<void>;
	/** At session_shutdown: ends connections; the last extension's leaving releases the orchestrator's name. */
	leave(): void;
}

export function openSession(options: SessionOptions): Session {
	const { world, env, person, pid } = options;
	const home = homeOf(env, options.account);
	const version = packageVersion();
	const daemons: EnsureOptions = { world, home, env, speaks: { protocol: PROTOCOL, version } };
	const starts = (env.FLAGSHIP_LIEUTENANT ?? "") === "";
	let use: Use | undefined;
	/** Resolves when the hub that this session starts is there, or will not be. */
	let starting: Promise<void> | undefined;

	const findHost = async (revive: boolean): Promise<string> => {
		if (starts && revive) return (await ensureHost(daemons)).address;
		const socket = env.FLAGSHIP_HOST_SOCKET ?? "";
		const address = starts || socket === "" ? livingDaemon(world, home, "host")?.address : `unix:${socket}`;
		if (address === undefined) throw fault("host_unreachable", "it is not running");
		return address;
	};
	const host = (): HostClient => {
		use ??= useHost(() => {
			const caller = callerOf(world, { env, pid, session: options.id, person });
			return createHostClient({ world, caller, version, findHost });
		});
		return use.host;
	};

	const chosen = (env.VERS_INFRA_URL ?? "") !== "";
	/** Who chose a hub and has a token for it needs nothing of this machine; a lieutenant brings its own. */
	const needsLease = starts && !(chosen && (env.VERS_AUTH_TOKEN ?? "") !== "");
	/** What the first calls of a session wait for: they come sooner than the daemons that it starts. */
	const ready = (): Promise<unknown> | undefined => {
		const lacksLease = needsLease && host().lease === undefined;
		return lacksLease ? Promise.allSettled([starting, leaseOf(host())]) : starting;
	};
	const resolve = async (): Promise<HubAddress | undefined> => {
		await ready();
		return findHub({ world, home, env, given: () => use?.host.lease });
	};
	const hub = createClient({ world, version, resolve });
	const callNow = spooling({ world, hub, host });

	return {
		home,
		hub,
		host,
		async call(operation, input, callOptions) {
			await within(world, ready(), callOptions?.signal);
			return callNow(operation, input, callOptions);
		},
		async begin() {
			if (!starts) return;
			host();
			if (chosen) return;
			const hubStarts = ensureHub(daemons);
			starting = hubStarts.then(
				() => undefined,
				() => undefined,
			);
			await hubStarts;
		},
		leave() {
			hub.close();
			use?.leave();
			use = undefined;
		},
	};
}

/** Waits, but not for ever: the call itself will say what is away. */
async function within(world: World, ready: Promise<unknown> | undefined, signal: AbortSignal | undefined) {
	if (ready === undefined) return;
	const deadline = startDeadline(world, READY_WITHIN, signal);
	try {
		await untilAborted(ready, deadline.signal);
	} catch (error) {
		if (!(error instanceof DeadlinePassed)) throw error;
	} finally {
		deadline.cancel();
	}
}

/** Resolves with the session's lease; rejects when the host is away or the session ends. */
function leaseOf(host: HostClient): Promise<void> {
	return new Promise((resolve, reject) => {
		const stop = host.listen({
			onLease: () => settle(resolve),
			onState(state) {
				if (state.type === "away") settle(() => reject(state.why));
				if (state.type === "closed") settle(() => reject(fault("host_unreachable", "this session has left it")));
			},
		});
		function settle(how: () => void): void {
			// `listen` speaks before it returns.
			queueMicrotask(() => stop());
			how();
		}
	});
}
