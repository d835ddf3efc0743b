/** A command over ssh, as sshd runs it: bytes as they are, exit code or signal, and no end of it when the link goes. */
import type { ChildProcess } from "node:child_process";
import { type Readable, Transform, type Writable } from "node:stream";
import type { ServerChannel, Session } from "ssh2";
import { signal } from "./processes.ts";
import type { Login } from "./ssh.ts";

/** Lets so many bytes pass, then calls and swallows the rest. */
function cutAfter(bytes: number, then: () => void): Transform {
	let left = bytes;
	return new Transform({
		transform(chunk: Buffer, _encoding, done) {
			if (left <= 0) return done();
			const part = chunk.subarray(0, left);
			left -= part.length;
			done(null, part);
			if (left === 0) then();
		},
	});
}

function finish(channel: ServerChannel, code: number | null, by: NodeJS.Signals | null): void {
	if (by === null) channel.exit(code ?? 1);
	else channel.exit(by.replace(/^SIG/, ""));
	channel.close();
}

/**
 * Both outputs of a command to its channel, one piece at a time: ssh2 forgets a piece of the one that has to wait for the
 * client while the other waits, too.
 */
class Relay {
	#last: Promise<void> = Promise.resolve();

	from(source: Readable, to: Writable): void {
		source.on("data", (data: Buffer) => {
			source.pause();
			this.#last = this.#last.then(() => written(to, data)).finally(() => source.resume());
		});
	}

	/** What was given to it is sent. */
	done(): Promise<void> {
		return this.#last;
	}
}

/** A channel that is gone takes nothing more, and nobody waits for it. */
const written = (to: Writable, data: Buffer): Promise<void> =>
	new Promise((resolve) => {
		to.once("close", resolve);
		to.write(data, () => {
			to.off("close", resolve);
			resolve();
		});
	});

function join(child: ChildProcess, channel: ServerChannel, cut: Transform | undefined): Relay {
	const { stdin, stdout, stderr } = child;
	if (stdin === null || stdout === null || stderr === null) throw new Error("A command has three pipes.");
	// A command that does not read its stdin to the end, as under sshd: the rest is dropped.
	stdin.on("error", () => stdin.destroy());
	channel.pipe(stdin);
	const relay = new Relay();
	relay.from(cut === undefined ? stdout : stdout.pipe(cut), channel);
	relay.from(stderr, channel.stderr);
	channel.on("close", () => {
		// Writing to a link that is gone ends by SIGPIPE; what writes nothing goes on.
		stdin.destroy();
		stdout.destroy();
		stderr.destroy();
	});
	return relay;
}

export function runCommand(
	{ machine, faults, vm, link, socket }: Login,
	session: Session,
	channel: ServerChannel,
	command: string | undefined,
	env: Readonly<Record<string, string>>,
): void {
	const strike = faults.strike("command", "ssh", vm);
	if (strike.get("command_hangs") !== undefined) return;
	const child = machine.shell(command, { env });
	const cut = strike.get("link_cut");
	const end = (): void => {
		if (cut === undefined) return;
		link.endsBy(cut.how);
		// After what was let through: this is written behind it.
		channel.write("", () => socket.end());
	};
	const relay = join(
		child,
		channel,
		cut === undefined ? undefined : cutAfter(cut.bytes, () => setTimeout(end, (cut.after ?? 0) * 1000)),
	);
	session.on("signal", (_accept, _reject, { name }) => {
		const by = `SIG${name}`;
		if (child.pid !== undefined && isSignal(by)) signal(-child.pid, by);
	});
	child.on("error", (error) => {
		channel.stderr.write(`${error.message}\n`);
		finish(channel, 127, null);
	});
	child.on("close", (code, by) => {
		// What it wrote is sent first, as sshd does it, however slowly the client takes it.
		void relay.done().then(() => {
			if (!channel.destroyed) finish(channel, code, by);
		});
	});
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
const isSignal = (name: string): name is (typeof SIGNALS)[number] => SIGNALS.some((known) => known === name);
