/**
 * One link from a client: raw bytes relayed between its socket and the TLS server behind. The relay stands between them
 * so that a link can be reset, closed, or left open without a byte passing, at any moment and any byte.
 */
import type { Socket } from "node:net";

export type CutHow = "reset" | "close" | "silent";

export class Link {
	readonly #front: Socket;
	readonly #back: Socket;
	#how: Exclude<CutHow, "silent"> = "close";

	constructor(front: Socket, back: Socket) {
		this.#front = front;
		this.#back = back;
		// A relay that waits to fill a packet adds its own 40 ms to every answer.
		for (const socket of [front, back]) socket.setNoDelay(true);
		front.pipe(back, { end: false });
		back.pipe(front, { end: false });
		front.on("end", () => back.end());
		back.on("end", () => this.#finish());
		// A reset by either side is what links are for here: the other one learns of it by "close".
		for (const socket of [front, back]) socket.on("error", () => socket.destroy());
		front.on("close", () => back.destroy());
		back.on("close", () => this.#finish());
	}

	/** What the server has written is with the client; then its end comes as a FIN or as an RST. */
	#finish(): void {
		if (this.#front.destroyed || this.#front.writableEnded) return;
		if (this.#how === "close") this.#front.end();
		else this.#front.write("", () => this.#front.resetAndDestroy());
	}

	/** Of the client's socket, both ways. */
	get bytes(): number {
		return this.#front.bytesRead + this.#front.bytesWritten;
	}

	/** How the link is to end once the server closes it. */
	endsBy(how: Exclude<CutHow, "silent">): void {
		this.#how = how;
	}

	/** At once, whatever is on its way. */
	cut(how: CutHow): void {
		if (how === "silent") {
			this.#front.unpipe(this.#back).pause();
			this.#back.unpipe(this.#front).pause();
			return;
		}
		if (how === "reset") this.#front.resetAndDestroy();
		else this.#front.destroy();
		this.#back.destroy();
	}

	/** After so many ms without a byte either way. */
	whenIdle(ms: number, how: "close" | "silent"): void {
		this.#front.setTimeout(ms, () => this.cut(how));
	}
}
