/**
 * FIFOs to and from a pi process. Opened read-write: the end of one side is no end of file for the other. As
 * `net.Socket({fd})`, never as `fs` streams: a blocked read of those holds a thread of the pool, and five idle ones
 * stop all file work of the process.
 */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { fault, reason } from "../errors.ts";
import type { Pipe } from "../world.ts";

/** Bytes that may wait before a full FIFO. One message larger than this still goes when nothing else waits. */
const QUEUE = 1024 * 1024;

export function makeFifos(paths: readonly string[]): void {
	execFileSync("mkfifo", ["-m", "600", ...paths], { stdio: ["ignore", "ignore", "pipe"] });
}

class Fifo implements Pipe {
	readonly #path: string;
	/** Held from the start, so that the FIFO keeps its bytes; the first direction used takes it over. */
	#spare: number | undefined;
	/** One socket per direction, each made at its first use: a writer that also read would swallow its own bytes. */
	#reader: Socket | undefined;
	#writer: Socket | undefined;
	#closed: string | undefined;

	constructor(path: string) {
		this.#path = path;
		this.#spare = this.#open();
	}

	#open(): number {
		return openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK);
	}

	#socket(direction: "readable" | "writable"): Socket {
		const fd = this.#spare ?? this.#open();
		this.#spare = undefined;
		const socket = new Socket({ fd, readable: direction === "readable", writable: direction === "writable" });
		socket.on("error", (thrown) => {
			this.#closed ??= reason(thrown);
		});
		return socket;
	}

	async write(bytes: string): Promise<void> {
		if (this.#closed !== undefined) throw fault("pipe_closed", this.#closed);
		this.#writer ??= this.#socket("writable");
		const waiting = this.#writer.writableLength;
		if (waiting > 0 && waiting + Buffer.byteLength(bytes) > QUEUE) throw fault("pipe_full");
		this.#writer.write(bytes);
	}

	onData(run: (bytes: Uint8Array) => void): void {
		if (this.#closed !== undefined) return;
		this.#reader ??= this.#socket("readable");
		this.#reader.on("data", run);
	}

	close(): void {
		this.#closed ??= "closed on this side";
		this.#reader?.destroy();
		this.#writer?.destroy();
		if (this.#spare !== undefined) closeSync(this.#spare);
		this.#spare = undefined;
	}
}

export const openFifo = (path: string): Pipe => new Fifo(path);
