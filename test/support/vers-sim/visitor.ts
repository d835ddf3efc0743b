/** A client for the simulator's own tests: plain HTTP calls, and the system's ssh as the platform's clients start it. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd } from "../cleanup.ts";
import { makeFolder } from "../folder.ts";
import { API_KEY } from "./fixture.ts";
import { type SimOptions, VersSim } from "./sim.ts";

export interface Reply {
	readonly status: number;
	readonly kind: string | null;
	readonly text: string;
	readonly retryAfter: string | null;
	/** Undefined when the body is no JSON object. */
	field(name: string): unknown;
}

export interface Ran {
	readonly code: number | null;
	readonly stdout: Buffer;
	readonly stderr: string;
}

/** A simulator for the test file, closed at its end. */
export async function startSim(options: SimOptions = {}): Promise<VersSim> {
	const sim = await VersSim.start(options);
	atEnd(() => sim.close());
	return sim;
}

function fieldOf(text: string, name: string): unknown {
	const value: unknown = JSON.parse(text);
	if (typeof value !== "object" || value === null) throw new Error(`No object: ${text}`);
	return Object.entries(value).find(([key]) => key === name)?.[1];
}

export class Visitor {
	readonly sim: VersSim;
	readonly #folder = makeFolder();

	constructor(sim: VersSim) {
		this.sim = sim;
	}

	async call(method: string, path: string, body?: unknown, key = API_KEY): Promise<Reply> {
		const response = await fetch(`${this.sim.baseUrl}${path}`, {
			method,
			headers: { authorization: `Bearer ${key}` },
			signal: AbortSignal.timeout(15_000),
			...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
		});
		const text = await response.text();
		return {
			status: response.status,
			kind: response.headers.get("content-type"),
			text,
			retryAfter: response.headers.get("retry-after"),
			field: (name) => fieldOf(text, name),
		};
	}

	/** A machine that runs; its id. */
	async boot(): Promise<string> {
		return String((await this.call("POST", "/vm/new_root?wait_boot=true", { vm_config: {} })).field("vm_id"));
	}

	async commit(vm: string, query = ""): Promise<string> {
		return String((await this.call("POST", `/vm/${vm}/commit${query}`)).field("commit_id"));
	}

	async restore(commit: string): Promise<string> {
		return String((await this.call("POST", "/vm/from_commit", { commit_id: commit })).field("vm_id"));
	}

	async keyFile(vm: string): Promise<string> {
		const file = join(this.#folder, `${vm}.pem`);
		const key = (await this.call("GET", `/vm/${vm}/ssh_key`)).field("ssh_private_key");
		writeFileSync(file, String(key), { mode: 0o600 });
		return file;
	}

	/** The options of every call; `more` go before the host. */
	argv(vm: string, key: string, more: readonly string[] = []): readonly string[] {
		const options = [
			"IdentitiesOnly=yes",
			"StrictHostKeyChecking=no",
			"UserKnownHostsFile=/dev/null",
			"LogLevel=ERROR",
		];
		return [
			...["-F", "none", "-T", "-i", key, "-o", `ProxyCommand=${this.sim.proxyCommand}`],
			...options.flatMap((option) => ["-o", option]),
			...["-o", "ConnectTimeout=5", "-o", "BatchMode=yes"],
			...more,
			`root@${this.sim.hostOf(vm)}`,
		];
	}

	/** An ssh that goes on; ended with the test file. */
	open(vm: string, key: string, more: readonly string[], command: readonly string[] = []): ChildProcess {
		const child = spawn("ssh", [...this.argv(vm, key, more), ...command], { stdio: "pipe" });
		atEnd(() => {
			child.kill("SIGKILL");
		});
		return child;
	}

	async ssh(vm: string, command: string, input: string | Buffer = "", key?: string): Promise<Ran> {
		return ended(this.open(vm, key ?? (await this.keyFile(vm)), [], [command]), input);
	}
}

export function ended(child: ChildProcess, input: string | Buffer = ""): Promise<Ran> {
	const out: Buffer[] = [];
	const err: Buffer[] = [];
	child.stdout?.on("data", (data: Buffer) => out.push(data));
	child.stderr?.on("data", (data: Buffer) => err.push(data));
	// It may end before it has read all: that is told by its exit code.
	child.stdin?.on("error", () => child.stdin?.destroy());
	child.stdin?.end(input);
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }));
	});
}
