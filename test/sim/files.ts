/** Files in memory: what is written stays, whoever dies. */
import type { Stat } from "../../src/world.ts";
import { Fifo } from "./fifo.ts";
import type { Time } from "./time.ts";

type Node = { bytes: Buffer; changed: number } | { fifo: Fifo; changed: number } | { folder: true; changed: number };

const parent = (path: string): string => path.slice(0, path.lastIndexOf("/"));

export class SimFiles {
	readonly #nodes = new Map<string, Node>();
	readonly #time: Time;

	constructor(time: Time) {
		this.#time = time;
	}

	read(path: string): string | undefined {
		const node = this.#nodes.get(path);
		return node !== undefined && "bytes" in node ? node.bytes.toString("utf8") : undefined;
	}

	readFrom(path: string, offset: number, most = Number.POSITIVE_INFINITY): Uint8Array {
		const node = this.#nodes.get(path);
		if (node === undefined || !("bytes" in node)) return new Uint8Array(0);
		return new Uint8Array(node.bytes.subarray(offset, offset + most));
	}

	write(path: string, text: string): void {
		this.#placed(path);
		this.#nodes.set(path, { bytes: Buffer.from(text), changed: this.#time.wall });
	}

	append(path: string, text: string): void {
		this.#placed(path);
		const node = this.#nodes.get(path);
		const before = node !== undefined && "bytes" in node ? node.bytes : Buffer.alloc(0);
		this.#nodes.set(path, { bytes: Buffer.concat([before, Buffer.from(text)]), changed: this.#time.wall });
	}

	remove(path: string): void {
		for (const known of [...this.#nodes.keys()]) {
			if (known === path || known.startsWith(`${path}/`)) this.#nodes.delete(known);
		}
	}

	rename(from: string, to: string): void {
		const node = this.#nodes.get(from);
		if (node === undefined) throw new Error(`there is no ${from}`);
		this.#placed(to);
		this.#nodes.delete(from);
		this.#nodes.set(to, node);
	}

	stat(path: string): Stat | undefined {
		const node = this.#nodes.get(path);
		if (node === undefined) return undefined;
		const kind = "bytes" in node ? "file" : "fifo" in node ? "fifo" : "folder";
		const size = "bytes" in node ? node.bytes.length : 0;
		return { kind, link: false, size, mode: 0o600, owner: 0, changed: node.changed };
	}

	/** There are no links. */
	real(path: string): string {
		return path;
	}

	list(folder: string): readonly string[] {
		const names: string[] = [];
		for (const path of this.#nodes.keys()) if (parent(path) === folder) names.push(path.slice(folder.length + 1));
		return names.sort();
	}

	makeFolder(path: string): void {
		if (path === "" || this.#nodes.has(path)) return;
		this.makeFolder(parent(path));
		this.#nodes.set(path, { folder: true, changed: this.#time.wall });
	}

	makeFifo(path: string): void {
		this.#placed(path);
		this.#nodes.set(path, { fifo: new Fifo(), changed: this.#time.wall });
	}

	fifo(path: string): Fifo {
		const node = this.#nodes.get(path);
		if (node === undefined || !("fifo" in node)) throw new Error(`no FIFO at ${path}`);
		return node.fifo;
	}

	/** As on a real machine: nothing can be put where no folder was made. */
	#placed(path: string): void {
		const folder = this.#nodes.get(parent(path));
		if (folder === undefined || !("folder" in folder)) throw new Error(`ENOENT: there is no folder for ${path}`);
	}
}
