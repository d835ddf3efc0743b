/** A host's socket, as far as a session sees it. */
import { join } from "node:path";
import type { Call, HostAnswer, HostFrame } from "../../src/contract/link.ts";
import { realWorld } from "../../src/world/real.ts";
import type { Connection, Listener } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";

const world = realWorld();

export class FixtureHost {
	readonly path = join(makeFolder(), "host.sock");
	readonly frames: HostFrame[] = [];
	connections: Connection[] = [];
	protocol = 1;
	leases = 0;
	/** How a call is answered; undefined leaves it unanswered. */
	onCall: (call: Call) => HostAnswer | undefined = (call) => ({ type: "answer", id: call.id, output: {} });
	#listener: Listener | undefined;

	async start(): Promise<this> {
		this.#listener = await world.sockets.listen(this.path, (connection) => {
			this.connections.push(connection);
			connection.onMessage((text) => this.#hear(connection, JSON.parse(text) as HostFrame));
		});
		return this;
	}

	#hear(connection: Connection, frame: HostFrame): void {
		this.frames.push(frame);
		const say = (answer: HostAnswer) => connection.send(JSON.stringify(answer));
		if (frame.type === "hello") {
			say({ type: "hello", protocol: this.protocol, version: "1.0.0", host: "H1" });
			if (frame.caller?.type === "orchestrator") {
				say({ type: "lease", name: frame.caller.name, generation: ++this.leases, own: true, token: "tok", hub: null });
			}
		}
		const answer = frame.type === "call" ? this.onCall(frame) : undefined;
		if (answer !== undefined) say(answer);
	}

	push(answer: HostAnswer): void {
		for (const connection of this.connections) connection.send(JSON.stringify(answer));
	}

	calls(): Call[] {
		return this.frames.filter((frame) => frame.type === "call");
	}

	async stop(): Promise<void> {
		await this.#listener?.close();
		this.#listener = undefined;
		this.connections = [];
	}
}
