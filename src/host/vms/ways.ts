/** The ways to VMs that somebody works on without a lieutenant there: one for each, opened when asked for. */
import { fault } from "../../errors.ts";
import { dataWord } from "../../pi/data-word.ts";
import type { Ssh } from "../machines/ssh.ts";
import { Turns } from "../turns.ts";

export interface VmWaysParts {
	/** Throws `vers_gone`, `machine_unreachable`. */
	open(vm: string, signal: AbortSignal): Promise<Ssh>;
}

export interface VmWay {
	readonly ssh: Ssh;
	/** Home folder there. */
	readonly home: string;
}

const HOME = 'printf %s "$HOME"';
/** The folder as it is named there; nothing when there is none. */
const FOLDER = 'D=$(printf %s "$1" | tr _.- /=+ | base64 -d) && cd -- "$D" 2>/dev/null && pwd';
const ANSWER_MS = 30_000;

export class VmWays {
	readonly #parts: VmWaysParts;
	readonly #ways = new Map<string, VmWay>();
	readonly #turns = new Map<string, Turns>();
	readonly #closing = new AbortController();

	constructor(parts: VmWaysParts) {
		this.#parts = parts;
	}

	/** Aborted at the host's end. */
	get signal(): AbortSignal {
		return this.#closing.signal;
	}

	/** The way to this VM: one that stands is proven to. */
	way(vm: string): Promise<VmWay> {
		const turns = this.#turns.get(vm) ?? new Turns();
		this.#turns.set(vm, turns);
		return turns.take(() => this.#way(vm));
	}

	/** A folder there as an absolute path. Throws `invalid_input`. */
	async folder({ ssh, home }: VmWay, named: string): Promise<string> {
		const path = named === "~" || named.startsWith("~/") ? `${home}${named.slice(1)}` : named;
		const { code, stdout } = await ssh.run(FOLDER, { timeout: ANSWER_MS }, [dataWord(path)]);
		if (code !== 0) throw fault("invalid_input", `folder: there is no ${named} on the VM`);
		return stdout.replace(/\n$/, "");
	}

	/** The VM is no more, or its way is not to be believed. */
	drop(vm: string): void {
		this.#ways.get(vm)?.ssh.close();
		this.#ways.delete(vm);
	}

	close(): void {
		this.#closing.abort();
		for (const vm of [...this.#ways.keys()]) this.drop(vm);
	}

	async #way(vm: string): Promise<VmWay> {
		const known = this.#ways.get(vm);
		if (known !== undefined && (await stands(known))) return known;
		this.drop(vm);
		const ssh = await this.#parts.open(vm, this.#closing.signal);
		try {
			const { stdout } = await ssh.run(HOME, { timeout: ANSWER_MS });
			if (!stdout.startsWith("/")) throw fault("machine_unfit", `vers:${vm}`, "it has no home folder");
			const way = { ssh, home: stdout };
			this.#ways.set(vm, way);
			void ssh.closed.then(() => {
				if (this.#ways.get(vm) === way) this.#ways.delete(vm);
			});
			return way;
		} catch (thrown) {
			ssh.close();
			throw thrown;
		}
	}
}

/** A way that died silently answers nothing: found out now, not in the middle of work. */
async function stands({ ssh }: VmWay): Promise<boolean> {
	try {
		return (await ssh.run("exit 0", { timeout: 10_000 })).code === 0;
	} catch {
		// Another one is opened, and says what is the matter.
		return false;
	}
}
