/**
 * The Vers platform's API: each call with a deadline, its answer read by status and kind before anything is believed of its
 * body. Reads are tried again; what makes or ends a machine never blindly, for the platform knows no repeated request.
 */
import { type Http, type HttpResponse, realHttp, Unreached } from "../client/http.ts";
import { sleep, startDeadline } from "../client/time.ts";
import { reason } from "../errors.ts";
import type { World } from "../world.ts";
import { classOf, VersFault } from "./fault.ts";
import type { VersAccount } from "./key.ts";

export interface VersClientOptions {
	readonly world: World;
	/** Asked for at each call. */
	account(): VersAccount;
	/** For tests. */
	readonly http?: Http;
	/** ms; default 60,000. Of a call that makes or ends a machine. */
	readonly deadline?: number;
}

export interface Vm {
	readonly id: string;
	readonly owner: string;
	/** In lower case; one that nobody knows is passed on as it is. */
	readonly state: string;
	readonly createdAt: string;
	readonly labels: Readonly<Record<string, string>>;
}

/** A snapshot, as the platform lists it. */
export interface Commit {
	readonly id: string;
	/** The machine that it was taken of, where the platform says so. */
	readonly vm: string | undefined;
}

/** What a new machine is made from. */
export type From =
	| { readonly type: "root"; readonly vcpus?: number; readonly memoryMib?: number; readonly diskMib?: number }
	| { readonly type: "commit"; readonly commit: string }
	| { readonly type: "ref"; readonly ref: string };

export interface Called {
	readonly signal?: AbortSignal | undefined;
}

const DEADLINE_MS = 60_000;
const READ_MS = 15_000;
/** Pauses before a read is asked for again, in ms. */
const READS = [300, 1_000, 3_000] as const;
const RETRY_AFTER_MAX = 30_000;
/** Snapshots that are asked for at once; the platform may give fewer, and says how many there are. */
const PAGE = 500;
/** Longest answer: a list of ten thousand machines is far below. */
const ANSWER_MAX = 16 * 1024 * 1024;

interface Answer {
	readonly status: number;
	readonly kind: string;
	readonly text: string;
	readonly retryAfter: number | undefined;
}

export class VersClient {
	readonly #options: VersClientOptions;
	readonly #http: Http;

	constructor(options: VersClientOptions) {
		this.#options = options;
		this.#http = options.http ?? realHttp();
	}

	close(): void {
		this.#http.close();
	}

	/** All that the key's organisation sees, also machines of others: `owner` tells them apart. */
	async list(called: Called = {}): Promise<readonly Vm[]> {
		const { value } = await this.#read("/vms", "the list of machines", called);
		return array(value, "the list of machines").map(vmOf);
	}

	/** Throws `vers_gone` for one that is not there. */
	async status(vm: string, called: Called = {}): Promise<Vm> {
		return vmOf((await this.#read(`/vm/${path(vm)}/status`, `machine ${vm}`, called)).value);
	}

	/** Starts a machine; its id. Its labels are those of a new root: one that is made from a commit has none. */
	async make(from: From, labels: Readonly<Record<string, string>>, called: Called = {}): Promise<string> {
		if (from.type !== "root") {
			const body = from.type === "commit" ? { commit_id: from.commit } : { ref: from.ref };
			return text(await this.#write("POST", "/vm/from_commit", body, "a new machine", called), "vm_id");
		}
		const size = { vcpu_count: from.vcpus, mem_size_mib: from.memoryMib, fs_size_mib: from.diskMib };
		const body = { vm_config: { ...size, labels } };
		return text(await this.#write("POST", "/vm/new_root?wait_boot=true", body, "a new machine", called), "vm_id");
	}

	/** Ids of the clones, which run on from where the machine is. Some of them, when the platform made fewer. */
	async branch(vm: string, count: number, called: Called = {}): Promise<readonly string[]> {
		const path_ = `/vm/branch/by_vm/${path(vm)}?count=${count}`;
		const value = await this.#write("POST", path_, undefined, `a branch of ${vm}`, called);
		const vms = field(value, "vms");
		// Older answers have one id and no list.
		if (vms === undefined) return [text(value, "vm_id")];
		return array(vms, "the branches").map((one) => text(one, "vm_id"));
	}

	/** The id of a snapshot of memory and disk. */
	async commit(vm: string, more: { keepPaused?: boolean; name?: string } = {}, called: Called = {}): Promise<string> {
		const query = more.keepPaused === true ? "?keep_paused=true" : "";
		const body = more.name === undefined ? undefined : { name: more.name };
		const value = await this.#write("POST", `/vm/${path(vm)}/commit${query}`, body, `a snapshot of ${vm}`, called);
		return text(value, "commit_id");
	}

	/** All snapshots of the account. */
	async commits(called: Called = {}): Promise<readonly Commit[]> {
		const all: Commit[] = [];
		for (;;) {
			const path_ = `/commits?limit=${PAGE}&offset=${all.length}`;
			const { value } = await this.#read(path_, "the list of snapshots", called);
			const found = array(field(value, "commits"), "the list of snapshots");
			all.push(...found.map(commitOf));
			const total = Number(field(value, "total") ?? 0);
			if (found.length === 0 || all.length >= total) return all;
		}
	}

	async setState(vm: string, state: "paused" | "running", called: Called = {}): Promise<void> {
		// In lower case it is refused.
		const body = { state: state === "paused" ? "Paused" : "Running" };
		await this.#write("PATCH", `/vm/${path(vm)}/state`, body, `machine ${vm}`, called);
	}

	async remove(vm: string, called: Called = {}): Promise<void> {
		await this.#write("DELETE", `/vm/${path(vm)}`, undefined, `machine ${vm}`, called);
	}

	/** A private key for `root`, in OpenSSH's form. It may be another one after a restore. */
	async sshKey(vm: string, called: Called = {}): Promise<string> {
		const { value } = await this.#read(`/vm/${path(vm)}/ssh_key`, `the key of ${vm}`, called);
		return text(value, "ssh_private_key");
	}

	/** Asked again when the platform is away or wants a pause: a read changes nothing. */
	async #read(path_: string, what: string, { signal }: Called): Promise<{ readonly value: unknown }> {
		const { world } = this.#options;
		for (const pause of [...READS, undefined]) {
			try {
				return { value: await this.#ask("GET", path_, undefined, what, READ_MS, signal) };
			} catch (thrown) {
				const again = thrown instanceof VersFault && thrown.type === "transient" && pause !== undefined;
				if (!again) throw thrown;
				const wait = Math.min(thrown.retryAfter ?? pause, RETRY_AFTER_MAX);
				await sleep(world, wait, signal ?? new AbortController().signal);
			}
		}
		throw new VersFault("transient", what, "");
	}

	#write(method: string, path_: string, body: unknown, what: string, { signal }: Called): Promise<unknown> {
		return this.#ask(method, path_, body, what, this.#options.deadline ?? DEADLINE_MS, signal);
	}

	async #ask(
		method: string,
		path_: string,
		body: unknown,
		what: string,
		ms: number,
		signal: AbortSignal | undefined,
	): Promise<unknown> {
		const answer = await this.#exchange(method, path_, body, what, ms, signal);
		const { status, kind, text: said, retryAfter } = answer;
		const fail = (): never => {
			throw new VersFault(classOf({ status, kind, body: said }), what, `${status} ${said}`, {
				maybeDone: status >= 500,
				...(retryAfter === undefined ? {} : { retryAfter }),
			});
		};
		if (status >= 400) return fail();
		if (said === "") return {};
		if (!kind.includes("json")) return fail();
		const value = parse(said, what);
		// A branch of nothing is answered like a success, but for a word.
		return field(value, "error") === undefined ? value : fail();
	}

	async #exchange(
		method: string,
		path_: string,
		body: unknown,
		what: string,
		ms: number,
		signal: AbortSignal | undefined,
	): Promise<Answer> {
		const { world, account } = this.#options;
		const { key, url } = account();
		const deadline = startDeadline(world, ms, signal);
		try {
			const response = await this.#http.exchange({
				base: url,
				method,
				path: path_,
				headers: {
					authorization: `Bearer ${key}`,
					...(body === undefined ? {} : { "content-type": "application/json" }),
				},
				body: body === undefined ? undefined : JSON.stringify(body),
				signal: deadline.signal,
			});
			return await answerOf(response);
		} catch (thrown) {
			if (signal?.aborted === true) throw signal.reason;
			const maybeDone = !(thrown instanceof Unreached) || thrown.sent;
			throw new VersFault("transient", what, reason(thrown), { maybeDone });
		} finally {
			deadline.cancel();
		}
	}
}

async function answerOf(response: HttpResponse): Promise<Answer> {
	const pieces: string[] = [];
	let length = 0;
	for await (const piece of response.body) {
		length += piece.length;
		if (length > ANSWER_MAX) throw new Unreached("the answer is too long", true);
		pieces.push(piece);
	}
	const seconds = Number(response.headers["retry-after"]);
	return {
		status: response.status,
		kind: response.headers["content-type"]?.toLowerCase() ?? "",
		text: pieces.join(""),
		retryAfter: seconds > 0 ? seconds * 1_000 : undefined,
	};
}

/** An id in an address: what is none cannot lead elsewhere. */
const path = (id: string): string => encodeURIComponent(id);

const field = (value: unknown, name: string): unknown =>
	typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

/** What a success must have; another shape is the platform's fault, not the caller's. */
function text(value: unknown, name: string): string {
	const found = field(value, name);
	if (typeof found === "string" && found !== "") return found;
	throw new VersFault("transient", `an answer with ${name}`, JSON.stringify(value) ?? "", { maybeDone: true });
}

function array(value: unknown, what: string): readonly unknown[] {
	if (Array.isArray(value)) return value;
	throw new VersFault("transient", what, JSON.stringify(value) ?? "", { maybeDone: true });
}

function parse(said: string, what: string): unknown {
	try {
		return JSON.parse(said);
	} catch {
		throw new VersFault("transient", what, said, { maybeDone: true });
	}
}

function commitOf(value: unknown): Commit {
	const vm = field(value, "parent_vm_id");
	return { id: text(value, "commit_id"), vm: typeof vm === "string" ? vm : undefined };
}

function vmOf(value: unknown): Vm {
	const labels = field(value, "labels");
	const pairs = typeof labels === "object" && labels !== null ? Object.entries(labels) : [];
	return {
		id: text(value, "vm_id"),
		owner: String(field(value, "owner_id") ?? ""),
		state: String(field(value, "state") ?? "").toLowerCase(),
		createdAt: String(field(value, "created_at") ?? ""),
		labels: Object.fromEntries(pairs.map(([name, one]) => [name, String(one)])),
	};
}
