/** Other machines by ssh, VMs among them: connected, made ready, and their host's socket brought here. */
import type { Launch } from "../../contract/link.ts";
import { type Home, socketPath } from "../../daemon/home.ts";
import type { World } from "../../world.ts";
import { addressOf } from "./address.ts";
import { bootstrap, furnish, halt } from "./bootstrap.ts";
import type { Carried, Carrier, Carry } from "./carrier.ts";
import { openSsh, type Ssh } from "./ssh.ts";
import { type VmWayParts, vmWay } from "./vm-way.ts";

export interface SshCarrierParts {
	readonly world: World;
	readonly home: Home;
	readonly packageFolder: string;
	readonly node: { readonly path: string; readonly platform: string; readonly arch: string };
	/** `PATH`, `HOME` and the like. */
	readonly env: Readonly<Record<string, string>>;
	/** Setting `machines.sshConfig`. */
	readonly config: string | undefined;
	/** Setting `vms`. */
	readonly vms: VmWayParts["settings"];
}

/** The agent of the newest session opens other machines, its pi is sent where there is none. */
export const bySsh =
	(parts: SshCarrierParts): Carry =>
	(place, around) =>
		sshCarrier(parts, place, around);

function sshCarrier(parts: SshCarrierParts, place: string, around: Parameters<Carry>[1]): Carrier {
	const address = addressOf(place);
	const { world, home, packageFolder, node } = parts;
	const bring = hubBringer();
	const connect = (launch: Launch | undefined, signal: AbortSignal, purpose?: string): Promise<Ssh> => {
		const { env, config, vms } = parts;
		const own = { world, sockets: home.sockets, folder: home.run, env, purpose };
		if (address.type === "ssh")
			return openSsh({ ...own, address, place, config, agent: launch?.env.SSH_AUTH_SOCK }, signal);
		return vmWay({ ...own, settings: vms, platform: around.platform }, address.vm, {
			...{ place, signal },
			...(purpose === undefined ? {} : { purpose }),
		});
	};
	const own = (launch: Launch | undefined) => ({
		...{ world, place, packageFolder, node, pi: launch?.pi.at(-1), cache: `${home.root}/cache/bundles` },
	});
	return {
		reach: (signal) => connect(around.launch(), signal, "hand"),
		furnish: (ssh, step, signal) => furnish(ssh, { ...own(around.launch()), step, signal }),
		async open(step, signal): Promise<Carried> {
			const launch = around.launch();
			step("connecting");
			const ssh = await connect(launch, signal);
			try {
				const vm = address.type === "ssh" ? undefined : { id: address.vm, keys: around.keys() };
				const ready = await bootstrap(ssh, { ...own(launch), step, signal, vm });
				const here = socketPath(home, "reach", place);
				await ssh.local(here, ready.socket);
				return {
					...{ pi: ready.pi, folder: ready.folder, env: ready.env, closed: ssh.closed },
					...{ address: `unix:${here}`, volatile: vm !== undefined },
					bring: (url) => bring(ssh, url),
					halt: () => halt(ssh, place, ready.halt),
					put: (file, there) => ssh.put(file, there),
					fetch: (there, file) => ssh.fetch(there, file),
					close: async () => ssh.close(),
				};
			} catch (thrown) {
				ssh.close();
				throw thrown;
			}
		},
	};
}

/** Brings a hub that answers on this machine's loopback to the other's; any other address holds there as well. */
function hubBringer(): (ssh: Ssh, url: string) => Promise<string> {
	/** The port there that led to the hub: asked for again, so that agents which know it find it. */
	let port = 0;
	return async (ssh, url) => {
		const { hostname, port: own, protocol } = new URL(url);
		if (hostname !== "127.0.0.1" && hostname !== "localhost") return url;
		try {
			port = await ssh.remote(Number(own), port);
		} catch (thrown) {
			if (port === 0) throw thrown;
			// Its old listener may outlive a broken way for a while.
			port = await ssh.remote(Number(own), 0);
		}
		return `${protocol}//127.0.0.1:${port}`;
	};
}
