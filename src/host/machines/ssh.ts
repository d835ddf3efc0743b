/**
 * One connection to one machine by the system's own ssh: a master that stays, and over it commands and forwards. Keepalive
 * is ssh's: a way that died silently is found within 45 s. What a command gets it reads from its standard input; the
 * commands themselves are constants, so that no name, path or key is ever a part of one.
 */
import { createHash } from "node:crypto";
import { fault } from "../../errors.ts";
import type { ProcessId, Ran, World } from "../../world.ts";
import type { SshAddress } from "./address.ts";

export interface SshParts {
	readonly world: World;
	readonly address: SshAddress;
	/** What the machine is called: in errors, and for the names of its files. */
	readonly place: string;
	/** Of a second connection to the same machine, which must not end the first. */
	readonly purpose?: string | undefined;
	/** Folder for the control socket: short, this user's alone. */
	readonly sockets: string;
	/** Folder for what ssh says, and for the host keys that were met. */
	readonly folder: string;
	/** Another configuration of ssh than the person's own. */
	readonly config?: string | undefined;
	/** Further arguments of each ssh, before those that are given here. */
	readonly options?: readonly string[];
	/** The person's agent, which holds keys for the time of a session. */
	readonly agent?: string | undefined;
	/** `PATH`, `HOME` and the like of this process. */
	readonly env: Readonly<Record<string, string>>;
}

export interface Asked {
	/** Lines for the command's standard input, or a file that becomes it. */
	readonly lines?: readonly string[];
	readonly file?: string;
	/** ms */
	readonly timeout: number;
	readonly signal?: AbortSignal | undefined;
	/** Hears its output as it comes. */
	readonly heard?: ((text: string) => void) | undefined;
}

/** ms for the first answer: addresses, handshake and log-in together. */
const CONNECT_MS = 30_000;
const CHECK_MS = 100;
const CONTROL_MS = 10_000;
const KEEPALIVE = ["ServerAliveInterval=15", "ServerAliveCountMax=3", "TCPKeepAlive=yes"];
/** ssh's own exit code, when there is no connection; also a command may end so. */
const NO_CONNECTION = 255;
/** ms: a repository over a slow line. */
const COPY_MS = 900_000;
const PUT_FILE =
	'F=$1; umask 077; mkdir -p "$' + '{F%/*}" && cat > "$F.part" && mv "$F.part" "$F"; C=$?; rm -f "$F.part"; exit $C';
const FETCH_FILE = 'exec cat "$1"';
const PLAIN_PATH = /^\/[\w./-]{1,300}$/;
/** A name, or what `dataWord` makes of a text of up to 4,096 bytes, the longest path that a system takes. */
const DATA_WORD = /^[\w.-]{1,5500}$/;

/** Begins a connection; resolves once it stands. Rejects with `machine_unreachable` and what ssh said. */
export async function openSsh(parts: SshParts, signal: AbortSignal): Promise<Ssh> {
	const ssh = new Ssh(parts);
	await ssh.open(signal);
	return ssh;
}

export class Ssh {
	/** Resolves with the reason when the connection is gone. */
	readonly closed: Promise<string>;
	readonly #parts: SshParts;
	readonly #control: string;
	readonly #said: string;
	#master: ProcessId | undefined;
	#ended: string | undefined;
	#end: (why: string) => void = () => undefined;

	constructor(parts: SshParts) {
		this.#parts = parts;
		const name = createHash("sha256")
			.update([parts.folder, parts.place, parts.purpose ?? []].flat().join("\n"))
			.digest("hex")
			.slice(0, 12);
		this.#control = `${parts.sockets}/${name}.ssh`;
		this.#said = `${parts.folder}/ssh-${name}.log`;
		this.closed = new Promise((resolve) => {
			this.#end = (why) => {
				this.#ended ??= why;
				resolve(this.#ended);
			};
		});
	}

	async open(signal: AbortSignal): Promise<void> {
		const { world, env, folder } = this.#parts;
		// One that a killed host left behind: its forwards are in the way of ours.
		await this.#tell("exit");
		world.files.remove(this.#control);
		world.files.remove(this.#said);
		const own = [...KEEPALIVE, "ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes"];
		const args = ["-M", "-N", "-T", ...this.#options(), ...own.flatMap((option) => ["-o", option])];
		this.#master = world.spawn.detached({
			command: "ssh",
			args: [...args, ...this.#destination()],
			cwd: folder,
			env: this.#env(env),
			...{ stdin: null, stdout: null, stderr: this.#said },
		});
		world.spawn.onExit(this.#master, () => this.#end(this.#lastWords()));
		try {
			await this.#stands(signal);
		} catch (thrown) {
			this.close();
			throw thrown;
		}
	}

	/**
	 * Runs a constant script of `sh` there. `words` follow it as its arguments and are plain names. A lost connection is
	 * `machine_unreachable`; what the script itself ends with is its code.
	 */
	async run(script: string, asked: Asked, words: readonly string[] = []): Promise<Ran> {
		const { world, place, env } = this.#parts;
		const { lines, file, timeout, signal, heard } = asked;
		const command = `sh -c '${script}' flagship ${words.map(checkedWord).join(" ")}`;
		// Without its master it would connect by itself, and outlive what is told of this connection.
		const over = ["-T", "-o", "ProxyCommand=false", ...this.#options()];
		const ran = await world.spawn.run("ssh", [...over, ...this.#destination(), command], {
			env: this.#env(env),
			timeout,
			...(signal === undefined ? {} : { signal }),
			...(heard === undefined ? {} : { heard }),
			...(file === undefined ? { input: (lines ?? []).map((line) => `${line}\n`).join("") } : { inputFile: file }),
		});
		signal?.throwIfAborted();
		if (ran.timedOut) throw fault("machine_unreachable", place, `a command did not answer within ${timeout / 1_000} s`);
		if (ran.code === NO_CONNECTION && (await this.#tell("check")).code !== 0)
			throw fault("machine_unreachable", place, this.#ended ?? (lastLine(ran.stderr) || "the connection is gone"));
		return ran;
	}

	/** A socket here that leads to one there. Asked again, it is the same way. */
	async local(here: string, there: string): Promise<void> {
		await this.#forward("-L", `${here}:${there}`);
	}

	/** A port of the machine's loopback that leads to one here: `wanted`, or any. */
	async remote(port: number, wanted: number): Promise<number> {
		const said = await this.#forward("-R", `127.0.0.1:${wanted}:127.0.0.1:${port}`);
		return wanted === 0 ? Number(/\d+/.exec(said)?.[0] ?? 0) : wanted;
	}

	/** A file of here becomes one there, whole or not at all. */
	async put(file: string, there: string): Promise<void> {
		const name = plainPath(there);
		const ran = await this.run(PUT_FILE, { file, timeout: COPY_MS }, [name]);
		if (ran.code !== 0)
			throw fault("machine_unfit", this.#parts.place, `a file cannot be kept there (${lastLine(ran.stderr)})`);
	}

	/** A file of there becomes one here, byte by byte. */
	async fetch(there: string, file: string): Promise<void> {
		const code = await this.take(FETCH_FILE, [plainPath(there)], file);
		if (code !== 0)
			throw fault("machine_unreachable", this.#parts.place, `a file did not come whole (${code ?? "ended"})`);
	}

	/** What a constant script of `sh` there prints becomes a file here; its exit code, none when it was ended. */
	async take(script: string, words: readonly string[], file: string): Promise<number | null> {
		const { world, env, folder } = this.#parts;
		world.files.remove(file);
		const over = ["-T", "-n", "-o", "ProxyCommand=false", ...this.#options()];
		const command = `sh -c '${script}' flagship ${words.map(checkedWord).join(" ")}`;
		const child = world.spawn.detached({
			command: "ssh",
			args: [...over, ...this.#destination(), command],
			cwd: folder,
			env: this.#env(env),
			...{ stdin: null, stdout: file, stderr: null },
		});
		return await new Promise<number | null>((resolve) => {
			const late = world.clock.after(COPY_MS, () => void world.spawn.kill(child, "SIGKILL"));
			world.spawn.onExit(child, (ended) => {
				late.cancel();
				resolve(ended);
			});
		});
	}

	/** Arguments of an `ssh` that goes over this connection, up to the destination: a command may follow. */
	argv(): readonly string[] {
		return ["-T", "-o", "ProxyCommand=false", ...this.#options(), ...this.#destination()];
	}

	close(): void {
		const { world } = this.#parts;
		this.#end("it was closed here");
		if (this.#master !== undefined) world.spawn.kill(this.#master, "SIGTERM", "group");
	}

	async #forward(kind: "-L" | "-R", what: string): Promise<string> {
		const ran = await this.#tell("forward", [kind, what]);
		if (ran.code !== 0) throw fault("machine_unreachable", this.#parts.place, lastLine(ran.stderr));
		return ran.stdout;
	}

	/** A word to our own master; it does not go over the network. */
	#tell(word: "exit" | "check" | "forward", more: readonly string[] = []): Promise<Ran> {
		const { world, env } = this.#parts;
		return world.spawn.run("ssh", ["-O", word, ...more, ...this.#options(), ...this.#destination()], {
			env: this.#env(env),
			timeout: CONTROL_MS,
		});
	}

	async #stands(signal: AbortSignal): Promise<void> {
		const { world, place } = this.#parts;
		const until = world.clock.elapsed() + CONNECT_MS;
		for (;;) {
			signal.throwIfAborted();
			if (this.#ended !== undefined) throw fault("machine_unreachable", place, this.#ended);
			const there = world.files.stat(this.#control) !== undefined;
			if (there && (await this.#tell("check")).code === 0) return;
			if (world.clock.elapsed() > until) throw fault("machine_unreachable", place, "ssh does not get there");
			await new Promise<void>((resolve) => world.clock.after(CHECK_MS, resolve));
		}
	}

	/** Of every ssh, master or not. The machine's key is kept when it is first met; another one later is refused. */
	#options(): readonly string[] {
		const { config, address, folder, options: more = [] } = this.#parts;
		const options = [
			"BatchMode=yes",
			"ConnectTimeout=20",
			"LogLevel=ERROR",
			"StrictHostKeyChecking=accept-new",
			`UserKnownHostsFile="${folder}/known_hosts" ~/.ssh/known_hosts`,
		];
		return [
			...(config === undefined ? [] : ["-F", config]),
			...more,
			...["-S", this.#control],
			...options.flatMap((option) => ["-o", option]),
			...(address.port === undefined ? [] : ["-p", String(address.port)]),
		];
	}

	#destination(): readonly string[] {
		return ["--", this.#parts.address.destination];
	}

	#env(env: Readonly<Record<string, string>>): Record<string, string> {
		const { agent } = this.#parts;
		return { ...env, ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }) };
	}

	#lastWords(): string {
		return lastLine(this.#parts.world.files.read(this.#said) ?? "") || "ssh has ended";
	}
}

function checkedWord(word: string): string {
	if (!DATA_WORD.test(word) && !PLAIN_PATH.test(word)) throw fault("name_invalid", word);
	return word;
}

/** A path that is one word of a command. Throws `name_invalid`. */
function plainPath(path: string): string {
	if (!PLAIN_PATH.test(path) || path.includes("..")) throw fault("name_invalid", path);
	return path;
}

/** What ssh says last is why; but a certificate that is not believed only its proxy names. */
const lastLine = (text: string): string => {
	const lines = text.trim().split("\n");
	return (lines.find((line) => /verify (?:error|return)/i.test(line)) ?? lines.at(-1) ?? "").trim().slice(0, 300);
};
