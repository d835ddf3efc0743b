import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { files } from "../../src/world/files.ts";
import { sockets } from "../../src/world/sockets.ts";
import { spawn } from "../../src/world/spawn.ts";
import type { Connection, Pipe } from "../../src/world.ts";
import { makeFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";

const folder = makeFolder();
const pipes: Pipe[] = [];
afterAll(() => {
	for (const pipe of pipes) pipe.close();
});

function fifo(name: string): string {
	const path = join(folder, name);
	sockets.makeFifos([path]);
	return path;
}

function open(path: string): Pipe {
	const pipe = sockets.openFifo(path);
	pipes.push(pipe);
	return pipe;
}

/** Everything that a pipe gave so far. */
function reading(pipe: Pipe): () => string {
	const decoder = new TextDecoder();
	let text = "";
	pipe.onData((bytes) => {
		text += decoder.decode(bytes, { stream: true });
	});
	return () => text;
}

describe("FIFOs", () => {
	test("a FIFO is private, and its bytes wait for a reader", async () => {
		const path = fifo("wait");
		expect(files.stat(path)).toMatchObject({ kind: "fifo", mode: 0o600 });
		const writer = open(path);
		await writer.write("one\n");
		await writer.write("zwö\n");
		const read = reading(open(path));
		await until(() => read() === "one\nzwö\n", "both lines");
	});

	test("the writer's end is no end of file for the reader", async () => {
		const path = fifo("survivor");
		const read = reading(open(path));
		const first = open(path);
		await first.write("a");
		await until(() => read() === "a", "the first byte");
		first.close();
		await expect(first.write("lost")).rejects.toMatchObject({ code: "pipe_closed" });
		await open(path).write("b");
		await until(() => read() === "ab", "the second writer's byte");
	});

	test("a full pipe refuses in words, keeps what it took, and goes on when a reader comes", async () => {
		const path = fifo("full");
		const writer = open(path);
		const block = "x".repeat(100_000);
		let taken = 0;
		const fill = async (): Promise<void> => {
			for (; taken < 1000; taken++) await writer.write(block);
		};
		await expect(fill()).rejects.toMatchObject({ code: "pipe_full" });
		expect(taken).toBeGreaterThan(5);
		const read = reading(open(path));
		await until(() => read().length === taken * block.length, "all that was taken");
		await writer.write("end");
		await until(() => read().endsWith("end"), "the later write");
	});

	test("one message larger than the queue goes through an idle pipe whole", async () => {
		const path = fifo("large");
		const writer = open(path);
		const read = reading(open(path));
		await writer.write("y".repeat(3_000_000));
		await until(() => read().length === 3_000_000, "the whole message");
	});

	test("twenty idle readers leave file work free", async () => {
		for (let n = 0; n < 20; n++) reading(open(fifo(`idle${n}`)));
		const { readFile } = await import("node:fs/promises");
		expect((await readFile(new URL(import.meta.url), "utf8")).length).toBeGreaterThan(0);
	});

	test("a process on two FIFOs is served, and stays when the writer goes", async () => {
		const stdin = fifo("in.1");
		const stdout = fifo("out.1");
		const env = { PATH: process.env.PATH ?? "" };
		const child = spawn.detached({ command: "cat", args: [], cwd: folder, env, stdin, stdout, stderr: null });
		try {
			const read = reading(open(stdout));
			const first = open(stdin);
			await first.write("one ");
			await until(() => read() === "one ", "the first echo");
			first.close();
			await open(stdin).write("two");
			await until(() => read() === "one two", "the second echo");
			expect(spawn.alive(child)).toBe(true);
		} finally {
			spawn.kill(child, "SIGKILL");
		}
	});
});

describe("WebSocket connections", () => {
	const echo = (connection: Connection): void => connection.onMessage((text) => connection.send(`echo ${text}`));

	test("frames go both ways over a private unix socket, also one sent before anyone listens", async () => {
		const path = join(folder, "host.sock");
		const listener = await sockets.listen(path, (connection) => {
			connection.send("hello");
			echo(connection);
		});
		expect(files.stat(path)).toMatchObject({ kind: "socket", mode: 0o600 });
		const connection = await sockets.connect(listener.address, { timeout: 5000 });
		const heard: string[] = [];
		await new Promise((resolve) => setImmediate(resolve));
		connection.onMessage((text) => heard.push(text));
		expect(connection.send("größe")).toBe(true);
		await until(() => heard.length === 2, "both frames");
		expect(heard).toEqual(["hello", "echo größe"]);
		const ended = new Promise<string>((resolve) => connection.onClose(resolve));
		await listener.close();
		expect(await ended).toBe("the server is ending");
		expect(connection.send("late")).toBe(false);
		expect(await new Promise<string>((resolve) => connection.onClose(resolve))).toBe("the server is ending");
	});

	test("a socket file of a dead process is replaced, anything else in its place is not", async () => {
		const stale = join(folder, "stale.sock");
		const script = `require("node:net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 9))`;
		await spawn.run(process.execPath, ["-e", script]);
		expect(files.stat(stale)?.kind).toBe("socket");
		const listener = await sockets.listen(stale, echo);
		await (await sockets.connect(listener.address, { timeout: 5000 })).close();
		await listener.close();

		const precious = join(folder, "precious");
		files.append(precious, "text");
		await expect(sockets.listen(precious, echo)).rejects.toMatchObject({ code: "cannot_listen" });
		expect(files.read(precious)).toBe("text");
	});

	test("nobody there, and nobody answering, are told as not connected", async () => {
		const nobody = sockets.connect(`unix:${join(folder, "nobody.sock")}`, { timeout: 5000 });
		await expect(nobody).rejects.toMatchObject({ code: "not_connected" });
		const path = join(folder, "mute.sock");
		const mute = createServer();
		await new Promise<void>((resolve) => mute.listen(path, resolve));
		await expect(sockets.connect(`unix:${path}`, { timeout: 100 })).rejects.toMatchObject({ code: "not_connected" });
		mute.close();
	});

	test("a peer that vanishes is told with a reason; a long reason is cut to what a frame holds", async () => {
		const path = join(folder, "gone.sock");
		const accepted: Connection[] = [];
		const listener = await sockets.listen(path, (connection) => accepted.push(connection));
		const connection = await sockets.connect(listener.address, { timeout: 5000 });
		const [peer] = await until(() => accepted.length > 0 && accepted, "the accepted end");
		const ended = new Promise<string>((resolve) => peer?.onClose(resolve));
		connection.close(`${"ä".repeat(100)}`);
		expect(await ended).toBe("ä".repeat(61));
		await listener.close();
	});

	test("a frame above the limit closes the connection instead of filling memory", async () => {
		const path = join(folder, "limit.sock");
		const heard: string[] = [];
		const listener = await sockets.listen(path, (connection) => connection.onMessage((text) => heard.push(text)));
		const connection = await sockets.connect(listener.address, { timeout: 5000 });
		const ended = new Promise<string>((resolve) => connection.onClose(resolve));
		connection.send("z".repeat(17 * 1024 * 1024));
		await ended;
		expect(heard).toEqual([]);
		await listener.close();
	});
});
