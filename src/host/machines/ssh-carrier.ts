/** A machine by ssh: connected, made ready, and its host's socket brought here. */
import type { Launch } from "../../contract/link.ts";
import { type Home, socketPath } from "../../daemon/home.ts";
import type { World } from "../../world.ts";
import { addressOf } from "./address.ts";
import { bootstrap } from "./bootstrap.ts";
import type { Carried, Carrier, Carry } from "./carrier.ts";
import { openSsh, type Ssh } from "./ssh.ts";

export interface SshCarrierParts {
	readonly world: World;
	readonly home: Home;
	readonly packageFolder: string;
	readonly node: { readonly path: string; readonly platform: string; readonly arch: string };
	/** `PATH`, `HOME` and the like. */
	readonly env: Readonly<Record<string, string>>;
	/** Setting `machines.sshConfig`. */
	readonly config: string | undefined;
}

/** Other machines by ssh. The agent of the newest session opens them, its pi is sent where there is none. */
export const bySsh =
	(parts: SshCarrierParts): Carry =>
	(place, launch) =>
		sshCarrier(parts, place, launch);

function sshCarrier(parts: SshCarrierParts, place: string, launch: () => Launch | undefined): Carrier {
	const address = addressOf(place);
	const { world, home, env, config, packageFolder, node } = parts;
	/** The port there that led to the hub: asked for again, so that agents which know it find it. */
	let port = 0;
	const bring = async (ssh: Ssh, url: string): Promise<string> => {
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
	return {
		async open(step, signal): Promise<Carried> {
			const { env: taken, pi: command } = launch() ?? {};
			const [agent, pi] = [taken?.SSH_AUTH_SOCK, command?.at(-1)];
			step("connecting");
			const ssh = await openSsh(
				{ ...{ world, address, place, env, config, agent }, sockets: home.sockets, folder: home.run },
				signal,
			);
			try {
				const ready = await bootstrap(ssh, {
					...{ world, place, packageFolder, node, pi, step, signal },
					cache: `${home.root}/cache/bundles`,
				});
				const here = socketPath(home, "reach", place);
				await ssh.local(here, ready.socket);
				return {
					...{ pi: ready.pi, folder: ready.folder, env: ready.env, closed: ssh.closed },
					address: `unix:${here}`,
					bring: (url) => bring(ssh, url),
					close: async () => ssh.close(),
				};
			} catch (thrown) {
				ssh.close();
				throw thrown;
			}
		},
	};
}
