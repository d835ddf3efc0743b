/**
 * The platform's front door for ssh: TLS on one port, the machine chosen by the name that the client asks for, ssh
 * inside. With an unknown name, or for a machine that does not run, there is no handshake; without a name, nothing behind it.
 */
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { createSecureContext, createServer as createTls, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Certificate } from "./certificate.ts";
import type { Faults, Strike } from "./faults.ts";
import { type CutHow, Link } from "./link.ts";
import type { Machine } from "./machine.ts";
import { serveSsh } from "./ssh.ts";

/** A machine that runs; or what becomes of a link to one that does not. */
export type Reach =
	| { readonly type: "up"; readonly machine: Machine }
	| { readonly type: "refuse" }
	| { readonly type: "hang" };

export interface GatewayOptions {
	readonly domain: string;
	readonly certificate: Certificate;
	readonly faults: Faults;
	/** By VM id. */
	reach(id: string): Reach;
}

interface Met {
	readonly id: string;
	readonly machine: Machine;
	readonly strike: Strike;
}

const LOOPBACK = "127.0.0.1";

const listen = (server: NetServer | TlsServer, port: number): Promise<number> =>
	new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, LOOPBACK, () => {
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : port);
		});
	});

export class Gateway {
	readonly #options: GatewayOptions;
	readonly #front = createServer((socket) => this.#relay(socket));
	readonly #inner: TlsServer;
	readonly #sockets = new Set<Socket>();
	/** By the inner connection's own port: the only thing that both of its ends know. */
	readonly #relays = new Map<number, Link>();
	readonly #links = new Map<string, Set<Link>>();
	#innerPort = 0;

	constructor(options: GatewayOptions) {
		this.#options = options;
		const context = createSecureContext({ key: options.certificate.key, cert: options.certificate.cert });
		this.#inner = createTls({
			key: options.certificate.key,
			cert: options.certificate.cert,
			minVersion: "TLSv1.2",
			noDelay: true,
			SNICallback: (name, done) => {
				const id = this.#idOf(name);
				const strike = this.#options.faults.strike("link", "ssh", id);
				const reach = this.#options.reach(id);
				if (reach.type === "hang" || strike.get("link_hangs") !== undefined) return;
				if (reach.type !== "up" || strike.get("link_refused") !== undefined) {
					done(new Error("No such machine is running."));
					return;
				}
				this.#met.push({ id, machine: reach.machine, strike });
				done(null, context);
			},
		});
		this.#inner.on("secureConnection", (socket) => this.#open(socket));
		// A client that gave up, or one that was refused above: it has been told by the alert.
		this.#inner.on("tlsClientError", (_error, socket) => socket.destroy());
	}

	/** Handshakes under way, oldest first. */
	readonly #met: Met[] = [];

	#idOf(name: string): string {
		const suffix = `.${this.#options.domain}`;
		return name.endsWith(suffix) ? name.slice(0, -suffix.length) : "";
	}

	async listen(port: number): Promise<number> {
		this.#innerPort = await listen(this.#inner, 0);
		return listen(this.#front, port);
	}

	#relay(front: Socket): void {
		this.#sockets.add(front);
		front.on("close", () => this.#sockets.delete(front));
		const back = connect(this.#innerPort, LOOPBACK);
		const link = new Link(front, back);
		back.on("connect", () => {
			const port = back.localPort ?? 0;
			this.#relays.set(port, link);
			back.on("close", () => {
				// The port may be another link's by now.
				if (this.#relays.get(port) === link) this.#relays.delete(port);
			});
		});
	}

	#open(socket: TLSSocket): void {
		const link = this.#relays.get(socket.remotePort ?? 0);
		const name = typeof socket.servername === "string" ? this.#idOf(socket.servername) : "";
		const at = this.#met.findIndex(({ id }) => id === name);
		const [met] = at < 0 ? [] : this.#met.splice(at, 1);
		if (link === undefined || met === undefined) {
			socket.destroy();
			return;
		}
		const links = this.#links.get(met.id) ?? new Set();
		this.#links.set(met.id, links.add(link));
		socket.on("close", () => links.delete(link));
		const idle = met.strike.get("link_idle");
		if (idle !== undefined) link.whenIdle(idle.seconds * 1000, idle.how);
		serveSsh({ socket, link, machine: met.machine, vm: met.id, faults: this.#options.faults });
	}

	/** Of a machine; absent: of all. The number of links that were cut. */
	cut(how: CutHow, vm?: string): number {
		const links = [...this.#links].filter(([id]) => vm === undefined || id === vm).flatMap(([, set]) => [...set]);
		for (const link of links) link.cut(how);
		return links.length;
	}

	/** Over all links of a machine that stand, both ways. */
	bytes(vm: string): number {
		return [...(this.#links.get(vm) ?? [])].reduce((sum, link) => sum + link.bytes, 0);
	}

	links(vm: string): number {
		return this.#links.get(vm)?.size ?? 0;
	}

	async close(): Promise<void> {
		this.cut("close");
		for (const socket of this.#sockets) socket.destroy();
		await Promise.all([this.#front, this.#inner].map((server) => new Promise((resolve) => server.close(resolve))));
	}
}
