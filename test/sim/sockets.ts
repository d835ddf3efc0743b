/** Connections between the simulated processes: in order, with a delay, and cut at any moment. */
import { fault } from "../../src/errors.ts";
import type { Connection, Listener } from "../../src/world.ts";
import type { Body } from "./body.ts";
import type { Chance } from "./chance.ts";
import type { Time } from "./time.ts";

class End implements Connection {
	readonly buffered = 0;
	peer: End | undefined;
	readonly #body: Body;
	readonly #time: Time;
	readonly #chance: Chance;
	readonly #early: string[] = [];
	readonly #closers: ((reason: string) => void)[] = [];
	#receive: ((text: string) => void) | undefined;
	#ended: string | undefined;
	#last = 0;

	constructor(body: Body, time: Time, chance: Chance) {
		this.#body = body;
		this.#time = time;
		this.#chance = chance;
		body.onDeath(() => this.sever("the other side is gone"));
	}

	send(text: string): boolean {
		this.#body.step();
		if (this.#ended !== undefined) return false;
		const peer = this.peer;
		const at = Math.max(this.#last, this.#time.elapsed + this.#chance.fraction() * 20);
		this.#last = at;
		this.#time.after(at - this.#time.elapsed, () => peer?.arrive(text));
		return true;
	}

	onMessage(run: (text: string) => void): void {
		this.#receive = this.#body.guard(run);
		for (const text of this.#early.splice(0)) this.#receive(text);
	}

	onClose(run: (reason: string) => void): void {
		const guarded = this.#body.guard(run);
		const ended = this.#ended;
		if (ended === undefined) this.#closers.push(guarded);
		else this.#time.after(0, () => guarded(ended));
	}

	close(reason = "closed"): void {
		if (this.#ended !== undefined) return;
		// What was sent before still arrives.
		this.#time.after(Math.max(0, this.#last - this.#time.elapsed), () => this.sever(reason));
	}

	arrive(text: string): void {
		if (this.#ended !== undefined) return;
		if (this.#receive === undefined) this.#early.push(text);
		else this.#receive(text);
	}

	/** Both ends hear of it, each in its own time; what is under way is lost. */
	sever(reason: string): void {
		for (const end of [this, this.peer]) end?.over(reason);
	}

	over(reason: string): void {
		if (this.#ended !== undefined) return;
		this.#ended = reason;
		for (const run of this.#closers.splice(0)) this.#time.after(this.#chance.fraction() * 50, () => run(reason));
	}
}

export class SimSockets {
	readonly #time: Time;
	readonly #chance: Chance;
	readonly #listeners = new Map<string, { readonly body: Body; accept(connection: Connection): void }>();
	#ends: End[] = [];

	constructor(time: Time, chance: Chance) {
		this.#time = time;
		this.#chance = chance;
	}

	listen(body: Body, path: string, accept: (connection: Connection) => void): Listener {
		const address = `unix:${path}`;
		const own = { body, accept: body.guard(accept) };
		this.#listeners.set(address, own);
		const close = (): void => {
			if (this.#listeners.get(address) === own) this.#listeners.delete(address);
		};
		body.onDeath(close);
		return { address, close: async () => close() };
	}

	connect(body: Body, address: string, timeout: number): Promise<Connection> {
		const within = Math.min(timeout, this.#chance.between(1, 30));
		return body.answer(within, () => {
			const listener = this.#listeners.get(address);
			if (listener === undefined) throw fault("not_connected", address, "nobody listens there");
			const [near, far] = [new End(body, this.#time, this.#chance), new End(listener.body, this.#time, this.#chance)];
			near.peer = far;
			far.peer = near;
			this.#ends.push(near);
			listener.accept(far);
			return near;
		});
	}

	/** Cuts all that is connected. */
	cut(): void {
		for (const end of this.#ends.splice(0)) end.sever("cut");
	}
}
