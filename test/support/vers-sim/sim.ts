/**
 * The Vers platform on this computer: the API over HTTP, the machines as processes in folders, and the front door for ssh.
 * Everything listens on loopback; `close` leaves no process, no mount and no file.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificate.ts";
import { Commits } from "./commits.ts";
import { controlRoutes } from "./control.ts";
import { unmountBelow } from "./disk.ts";
import { Faults, type Strike } from "./faults.ts";
import { type Answer, API_KEY, errors } from "./fixture.ts";
import { Gateway } from "./gateway.ts";
import { Call, checkIds, type Found, find, Refusal, type Route, readBody, writeAnswer, writeStream } from "./http.ts";
import type { CutHow } from "./link.ts";
import { endAll } from "./processes.ts";
import { storeRoutes } from "./routes-commits.ts";
import { execRoutes } from "./routes-exec.ts";
import { vmRoutes } from "./routes-vms.ts";
import { befall, type Vm, Vms } from "./vms.ts";

export interface SimOptions {
	/** Of the faults' chances. Default 1. */
	readonly seed?: number;
	/** Default 6: what operators saw. */
	readonly slots?: number;
	/** Default 50 ms. */
	readonly bootMs?: number;
	/** Disk of a machine where mounting is permitted; default 0: no limit but an injected one. */
	readonly diskMib?: number;
	/** Default 0: any free one. */
	readonly apiPort?: number;
	readonly sshPort?: number;
	/** Of the machines' names: `<id>.<domain>`. */
	readonly domain?: string;
}

/** A simulator that runs. */
export class VersSim {
	readonly faults: Faults;
	readonly vms: Vms;
	readonly commits = new Commits();
	readonly domain: string;
	/** File of the authority that signed the machines' certificate. */
	readonly authority: string;
	readonly folder: string;
	readonly #gateway: Gateway;
	readonly #server: Server;
	readonly #routes: readonly Route[];
	#ports = { api: 0, ssh: 0 };

	private constructor(options: SimOptions) {
		this.folder = mkdtempSync(join(realpathSync(tmpdir()), "vs-"));
		this.faults = new Faults(options.seed ?? 1);
		this.domain = options.domain ?? "vm.vers.test";
		const certificate = makeCertificate(this.folder, this.domain);
		this.authority = certificate.authority;
		const folder = join(this.folder, "vm");
		mkdirSync(folder, { mode: 0o700 });
		this.vms = new Vms({
			folder,
			slots: options.slots ?? 6,
			bootMs: options.bootMs ?? 50,
			diskMib: options.diskMib ?? 0,
			cutLinks: (id) => {
				this.cutLinks("close", id);
			},
		});
		this.#gateway = new Gateway({
			domain: this.domain,
			certificate,
			faults: this.faults,
			reach: (id) => this.vms.reach(id),
		});
		this.#routes = [
			...vmRoutes(this.vms, this.commits, join(this.folder, "commit")),
			...execRoutes(this.vms),
			...storeRoutes(this.commits, this.vms),
		];
		this.#server = createServer((request, response) => {
			this.#serve(request, response).catch((thrown: unknown) => {
				// A mistake of the simulator's own: loud here, and never taken for one of the platform's faults.
				process.stderr.write(
					`vers-sim: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
				);
				response.destroy();
			});
		});
	}

	static async start(options: SimOptions = {}): Promise<VersSim> {
		const sim = new VersSim(options);
		const ssh = await sim.#gateway.listen(options.sshPort ?? 0);
		const api = await new Promise<number>((resolve, reject) => {
			sim.#server.once("error", reject);
			sim.#server.listen(options.apiPort ?? 0, "127.0.0.1", () => {
				const address = sim.#server.address();
				resolve(typeof address === "object" && address !== null ? address.port : 0);
			});
		});
		sim.#ports = { api, ssh };
		return sim;
	}

	/** What `VERS_BASE_URL` is for the extensions; the same routes are at the root for the SDK. */
	get baseUrl(): string {
		return `http://127.0.0.1:${this.#ports.api}/api/v1`;
	}

	get sshPort(): number {
		return this.#ports.ssh;
	}

	/** The platform's proxy command, to be given to the system's ssh: TLS with the machine's name, verified. */
	get proxyCommand(): string {
		return `openssl s_client -connect 127.0.0.1:${this.sshPort} -servername %h -quiet -verify_quiet -verify_return_error -CAfile ${this.authority} 2>/dev/null`;
	}

	hostOf(vm: string): string {
		return `${vm}.${this.domain}`;
	}

	links(vm: string): number {
		return this.#gateway.links(vm);
	}

	/** That went over the links of a machine which stand. */
	bytes(vm: string): number {
		return this.#gateway.bytes(vm);
	}

	/** Of a machine; absent: of all. The number of links that were cut. */
	cutLinks(how: CutHow, vm?: string): number {
		return this.#gateway.cut(how, vm);
	}

	/** Files of a commit that hold this text: a snapshot that took a secret along. */
	filesHolding(commit: string, text: string): readonly string[] {
		const { folder } = this.commits.get(commit).snapshot;
		return readdirSync(folder, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name))
			.filter((file) => readFileSync(file).includes(text))
			.map((file) => file.slice(folder.length + 1));
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "/", "http://sim");
		const body = await readBody(request);
		if (url.pathname === "/health") return writeAnswer(response, { status: 200, kind: "none", body: "OK" });
		if (request.headers.authorization !== `Bearer ${API_KEY}`) return writeAnswer(response, errors.noKey);
		const path = url.pathname.replace(/^\/api\/v1(?=\/)/, "");
		const method = request.method ?? "GET";
		const control = path.startsWith("/sim/") ? find(controlRoutes(this), method, path) : undefined;
		const found = control ?? find(this.#routes, method, path);
		if (found === undefined) return writeAnswer(response, errors.notFound);
		await this.#answer(found, control === undefined, url.searchParams, body, response);
	}

	async #answer(
		found: Found,
		faulty: boolean,
		query: URLSearchParams,
		body: string,
		response: ServerResponse,
	): Promise<void> {
		const { op } = found.route;
		const id = found.params.vm_id ?? found.params.vm_or_commit_id;
		const strike = this.faults.strike(faulty ? "call" : "control", op, id);
		if (strike.get("no_answer") !== undefined) return;
		const early = refusalOf(strike);
		if (early !== undefined) return writeAnswer(response, early);
		try {
			checkIds(found);
			const vm: Vm | undefined = id === undefined ? undefined : this.vms.find(id);
			if (vm !== undefined) befall(vm, strike);
			const answer = await found.route.run(new Call(op, strike, query, found.params, body));
			if (strike.get("lost_reply") !== undefined) response.destroy();
			else if ("lines" in answer) await writeStream(response, answer, strike.get("stream_cut")?.bytes);
			else writeAnswer(response, answer);
		} catch (thrown) {
			if (!(thrown instanceof Refusal)) throw thrown;
			if (strike.get("lost_reply") !== undefined) response.destroy();
			else writeAnswer(response, thrown.answer);
		}
	}

	async close(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
		await this.#gateway.close();
		await this.vms.end();
		await endAll(this.folder);
		unmountBelow(this.folder);
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** Faults that strike before the call is looked at. */
function refusalOf(strike: Strike): Answer | undefined {
	const throttle = strike.get("throttle");
	if (throttle !== undefined) return throttle.status === 429 ? errors.tooMany : errors.proxy;
	const internal = strike.get("internal");
	if (internal === undefined) return undefined;
	return { text: errors.internalText, json: errors.internalJson, empty: errors.internalEmpty }[internal.body];
}
