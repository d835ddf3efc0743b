/** Runs constant scripts on a VM, over the way that the host holds. */
import { spawn } from "node:child_process";
import { fault } from "../../src/errors.ts";
import type { Route } from "../../src/pi/route.ts";

export interface Asked {
	/** How the script is run there: `bash` where it needs more than `sh` has. */
	readonly shell: "sh" | "bash";
	readonly script: string;
	readonly words: readonly string[];
	/** Its standard input, sent once it has begun. */
	readonly input?: string;
	/** The input stays open until the script ends, and what it has left running may hold its output. */
	readonly lasting?: boolean;
	readonly signal?: AbortSignal | undefined;
	heard(data: Buffer): void;
}

/** How it ended: what the script said last, and whether it had begun; none when the way ended first. */
export interface Answer {
	readonly said: string | undefined;
	readonly begun: boolean;
	/** What ssh itself complained of. */
	readonly complaint: string;
}

const LINE = /^flagship:(.*)$/;
/** ms without output after which one that has ended is not waited for: what it left running may hold its output for ever. */
const GRACE = 500;
/** Sessions over one connection: a server allows ten. */
const AT_ONCE = 6;

export class Remote {
	readonly #reopen: (route: Route) => Promise<Route>;
	#running = 0;
	readonly #waiting: (() => void)[] = [];

	/** `reopen` has the host prove the way, or make it anew. */
	constructor(reopen: (route: Route) => Promise<Route>) {
		this.#reopen = reopen;
	}

	/**
	 * What the script said. A way that is found broken before anything has run is made anew once. Throws `vm_not_at_hand`
	 * when nothing was run, `vm_cut` when it is not known.
	 */
	async ask(route: Route, asked: Asked): Promise<string> {
		const first = await this.#once(route, asked);
		if (first.said !== undefined) return first.said;
		asked.signal?.throwIfAborted();
		if (first.begun) throw fault("vm_cut", route.vm, first.complaint || "the connection is gone");
		const again = await this.#once(await this.#reopen(route), asked);
		if (again.said !== undefined) return again.said;
		asked.signal?.throwIfAborted();
		const why = again.complaint || "the connection is gone";
		throw again.begun ? fault("vm_cut", route.vm, why) : fault("vm_not_at_hand", route.vm, why);
	}

	async #once(route: Route, asked: Asked): Promise<Answer> {
		if (route.command.length === 0) return { said: undefined, begun: false, complaint: "" };
		while (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.#running++;
		try {
			return await run(route, asked);
		} finally {
			this.#running--;
			this.#waiting.shift()?.();
		}
	}
}

function run(route: Route, { shell, script, words, input, lasting, signal, heard }: Asked): Promise<Answer> {
	return new Promise((resolve) => {
		const [program = "ssh", ...args] = route.command;
		const child = spawn(program, [...args, `${shell} -c '${script}' flagship ${words.join(" ")}`]);
		let begun = false;
		let said: string | undefined;
		let rest = "";
		const complaints: string[] = [];
		let idle: NodeJS.Timeout | undefined;
		const end = (): void => {
			clearTimeout(idle);
			signal?.removeEventListener("abort", end);
			child.stdin.destroy();
			child.stdout.destroy();
			child.stderr.destroy();
			child.kill();
			resolve({ said, begun, complaint: complaints.at(-1) ?? "" });
		};
		const soon = (): void => {
			clearTimeout(idle);
			idle = setTimeout(end, GRACE);
		};
		const begin = (): void => {
			begun = true;
			child.stdin.write(`\n${input ?? ""}`);
			if (lasting !== true) child.stdin.end();
		};
		const take = (line: string): void => {
			const own = LINE.exec(line)?.[1];
			if (own === "begun") begin();
			else if (own !== undefined) {
				said = own;
				if (lasting === true) soon();
			} else if (line.trim() !== "") complaints.push(line.trim().slice(0, 300));
		};
		child.stdout.on("data", (data: Buffer) => {
			// What a shell over there says at its start is none of the script's.
			if (begun) heard(data);
			if (said !== undefined && lasting === true) soon();
		});
		child.stderr.setEncoding("utf8");
		child.stderr.on("data", (text: string) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) take(line);
		});
		// A script that ends before it has read its input says itself why.
		child.stdin.on("error", () => undefined);
		child.on("error", (error) => {
			complaints.push(error.message);
			end();
		});
		child.on("close", end);
		signal?.addEventListener("abort", end, { once: true });
		if (signal?.aborted === true) end();
	});
}
