/** A host in its own process and a session that talks to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createHostClient, type HostClient } from "../../src/client/host.ts";
import type { Lieutenant, Message } from "../../src/contract/lieutenants.ts";
import * as contract from "../../src/contract/lieutenants.ts";
import type { Launch, Notice } from "../../src/contract/link.ts";
import { DAEMON_FLAGS } from "../../src/daemon/node.ts";
import { takenOver } from "../../src/pi/environment.ts";
import { realWorld } from "../../src/world/real.ts";
import type { Home } from "./home.ts";
import type { Pi } from "./pis.ts";
import { until } from "./until.ts";

const RUNNER = fileURLToPath(new URL("./run-host.ts", import.meta.url));

export class TestHost {
	readonly #home: Home;
	readonly launch: Launch;
	#process: ChildProcess | undefined;
	address = "";
	/** What the host complained of, all its lives together. */
	complaints = "";
	readonly notices: Notice[] = [];
	readonly client: HostClient;

	constructor(home: Home, pi: Pi, name = "captain", session = `session-${name}`) {
		this.#home = home;
		this.launch = { pi: [process.execPath, pi.cli], cwd: home.work, env: takenOver(home.env) };
		const world = realWorld();
		this.client = createHostClient({
			world,
			version: "0.1.0",
			caller: {
				type: "orchestrator",
				name,
				session,
				pid: process.pid,
				started: world.spawn.started(process.pid) ?? "",
			},
			findHost: async () => this.address,
		});
		this.client.listen({
			onNotice: (notice) => {
				this.notices.push(notice);
				this.client.acknowledge([notice.id]);
			},
		});
	}

	/** Starts it and connects; after a kill, starts it again. */
	async start(): Promise<void> {
		const child = spawn(process.execPath, [...DAEMON_FLAGS.host, RUNNER], {
			env: { ...this.#home.env, FLAGSHIP_HOME: this.#home.flagship },
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.#process = child;
		child.stderr.on("data", (bytes) => {
			this.complaints += String(bytes);
		});
		let said = "";
		child.stdout.on("data", (bytes) => {
			said += String(bytes);
		});
		this.address = await until(
			() => said.endsWith("\n") && said.trim(),
			`the host's address; it said: ${this.complaints}`,
		);
		this.client.connect();
		await until(() => this.client.state.type === "connected", "a connection to the host");
	}

	/** A second session of the same folder, on the same host. */
	another(home: Home, pi: Pi, session: string): TestHost {
		return new TestHost(home, pi, "captain", session);
	}

	/** Connects to a host that another started. */
	async join(address: string): Promise<void> {
		this.address = address;
		this.client.connect();
		await until(() => this.client.lease !== undefined, "a lease");
	}

	get pid(): number {
		return this.#process?.pid ?? 0;
	}

	/** kill -9, and its end. */
	async kill(): Promise<void> {
		const child = this.#process;
		child?.kill("SIGKILL");
		await until(() => child?.signalCode !== null, "the host's end");
	}

	async create(input: {
		name: string;
		role?: string;
		task?: string;
		worktree?: boolean;
		place?: string;
	}): Promise<Lieutenant> {
		const whole = { role: `[[agent:${input.name}]] a tester`, place: "local", ...input };
		return this.client.call(contract.create, whole, { launch: this.launch });
	}

	send(name: string, message: string, more: { mode?: "steer" | "followUp"; hard?: boolean } = {}) {
		return this.client.call(contract.send, { name, message, ...more });
	}

	async status(name: string): Promise<Lieutenant | undefined> {
		const { lieutenants } = await this.client.call(contract.status, { all: true });
		const named = lieutenants.filter((lieutenant) => lieutenant.name === name);
		return named.find(({ state }) => state !== "gone") ?? named.at(-1);
	}

	async messages(name: string): Promise<readonly Message[]> {
		return (await this.client.call(contract.messages, { name })).messages;
	}

	async state(name: string, state: Lieutenant["state"], ms = 30_000): Promise<Lieutenant> {
		return until(
			async () => {
				const found = await this.status(name);
				return found?.state === state && found;
			},
			`${name} to be ${state}; host said: ${this.complaints}`,
			ms,
		);
	}

	/** Waits until every message has ended. */
	async quiet(name: string, ms = 40_000): Promise<readonly Message[]> {
		return until(
			async () => {
				const all = await this.messages(name);
				return all.every((message) => !["queued", "accepted"].includes(message.receipt)) && all;
			},
			`the end of ${name}'s messages; host said: ${this.complaints}`,
			ms,
		);
	}

	end(): void {
		this.client.close();
		this.#process?.kill("SIGKILL");
	}
}
