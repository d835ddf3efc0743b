/** Connections between the simulated processes: in order, with a delay, and cut at any moment. */
import { fault } from "../../src/errors.ts";
import type { Connection, ConnectOptions, Listener } from "../../src/world.ts";
import type { Body } from "./body.ts";
import type { Chance } from "./chance.ts";
import type { Time } from "./time.ts";

/** Lets frames arrive in an order of its own; those of one end stay in theirs, as on a socket. */
export type Turnstile = (end: object, label: string, arrive: () => void) => void;

/** How the links are just now. */
export interface Weather {
	/** The longest that one frame or request is under way, in ms. */
	slow: number;
	/** What may be said twice is: whoever lost a connection says it again on the next. */
	twice: boolean;
	/** Where somebody else than time decides what arrives first. */
	turnstile?: Turnstile;
}

/** Frames that their senders repeat when they do not know what became of them. */
const REPEATED = /^\{"type":"(call|answer|refusal|acknowledge|notice|lieutenants|state|receipt|kept|beat|heartbeat)"/;

class End implements Connection {
	readonly buffered = 0;
	peer: End | undefined;
	readonly #body: Body;
	readonly #time: Time;
	readonly #chance: Chance;
	readonly #weather: Weather;
	readonly #early: string[] = [];
	readonly #closers: ((reason: string) => void)[] = [];
	#receive: ((text: string) => void) | undefined;
	#ended: string | undefined;
	#last = 0;

	constructor(body: Body, time: Time, chance: Chance, weather: Weather) {
		this.#body = body;
		this.#time = time;
		this.#chance = chance;
		this.#weather = weather;
		body.onDeath(() => this.sever("the other side is gone"));
	}

	get open(): boolean {
		return this.#ended === undefined;
	}

	send(text: string): boolean {
		this.#body.step();
		if (this.#ended !== undefined) return false;
		this.#carry(text);
		if (this.#weather.twice && REPEATED.test(text)) this.#carry(text);
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

	/** This end gives it up; the other one still reads what is on its way, after what a newer connection brought. */
	strand(late: number): void {
		this.over("cut on this side");
		this.#time.after(late, () => this.peer?.over("cut"));
	}

	over(reason: string): void {
		if (this.#ended !== undefined) return;
		this.#ended = reason;
		for (const run of this.#closers.splice(0)) this.#time.after(this.#chance.fraction() * 50, () => run(reason));
	}

	#carry(text: string): void {
		const { peer } = this;
		this.#last = Math.max(this.#last, this.#time.elapsed + this.#chance.fraction() * this.#weather.slow);
		const arrive = (): void => peer?.arrive(text);
		const { turnstile } = this.#weather;
		const due = turnstile === undefined ? arrive : () => turnstile(this, `from ${this.#body.name}`, arrive);
		this.#time.after(this.#last - this.#time.elapsed, due);
	}
}

type Accept = (connection: Connection, headers: Readonly<Record<string, string>>) => void;

export class SimSockets {
	readonly weather: Weather = { slow: 20, twice: false };
	readonly #time: Time;
	readonly #chance: Chance;
	readonly #listeners = new Map<string, { readonly body: Body; readonly accept: Accept }>();
	#ends: End[] = [];

	constructor(time: Time, chance: Chance) {
		this.#time = time;
		this.#chance = chance;
	}

	listen(body: Body, address: string, accept: Accept): Listener {
		const own = { body, accept: body.guard(accept) };
		this.#listeners.set(address, own);
		const close = (): void => {
			if (this.#listeners.get(address) === own) this.#listeners.delete(address);
		};
		body.onDeath(close);
		return { address, close: async () => close() };
	}

	connect(body: Body, address: string, { timeout, headers = {} }: ConnectOptions): Promise<Connection> {
		const within = Math.min(timeout, this.#chance.between(1, 30));
		return body.answer(within, () => {
			const listener = this.#listeners.get(address);
			if (listener === undefined) throw fault("not_connected", address, "nobody listens there");
			const end = (of: Body): End => new End(of, this.#time, this.#chance, this.weather);
			const [near, far] = [end(body), end(listener.body)];
			near.peer = far;
			far.peer = near;
			this.#ends = [...this.#ends.filter((known) => known.open), near];
			listener.accept(far, headers);
			return near;
		});
	}

	/** ms that one frame or request takes now. */
	under(): number {
		return this.#chance.fraction() * this.weather.slow;
	}

	/** Cuts all that is connected. */
	cut(): void {
		for (const end of this.#ends.splice(0)) end.sever("cut");
	}

	/** Callers give up their connections; what they had sent arrives among what they send anew. */
	strand(): void {
		for (const end of this.#ends.splice(0)) end.strand(this.#chance.between(500, 5_000));
	}
}
