/**
 * The link to the hub: this host dials, tells its states, receipts and notices up, and takes calls down. What was told
 * and not yet kept is told again on the next link; a hub that is away costs nothing but a try now and then.
 */
import type { Call, LinkDown, LinkUp, Report } from "../../contract/link.ts";
import { PROTOCOL } from "../../contract/link.ts";
import { Fault, reason } from "../../errors.ts";
import type { Connection, Timer, World } from "../../world.ts";
import type { Calls } from "../calls.ts";
import type { Reports } from "../store/reports.ts";
import type { Store } from "../store/store.ts";
import type { Access } from "./access.ts";

export interface LinkOptions {
	readonly world: World;
	readonly version: string;
	readonly hostId: string;
	/** ULID of this start. */
	readonly start: string;
	readonly access: Access;
	readonly store: Store;
	readonly reports: Reports;
	readonly calls: Calls;
	/** Each time a link stands: what waited for the hub goes out. */
	linked(): void;
	/** The hub has other skills than it had. */
	skillsChanged(): void;
	complain(what: string): void;
}

const PAUSES_MS = [200, 500, 1_000, 2_000, 5_000, 10_000] as const;
const CONNECT_MS = 3_000;
const BEAT_MS = 5_000;
const LOOK_MS = 50;
/** Reports on their way and not yet kept. */
const WINDOW = 64;

export class Link {
	readonly #options: LinkOptions;
	#connection: Connection | undefined;
	#number = 0;
	#failures = 0;
	#sent = 0;
	#linked = false;
	#timer: Timer | undefined;
	#beat: Timer | undefined;
	#closed = false;

	constructor(options: LinkOptions) {
		this.#options = options;
	}

	/** Dials now, and again after each loss. */
	begin(): void {
		this.#timer?.cancel();
		if (this.#closed || this.#connection !== undefined) return;
		void this.#dial().catch((thrown) => this.#lost(reason(thrown)));
	}

	get linked(): boolean {
		return this.#linked;
	}

	/** Resolves when a link stands, or after `ms`: a hub that is being started beside this host is worth a short wait. */
	async stands(ms: number): Promise<void> {
		const { clock } = this.#options.world;
		const until = clock.elapsed() + ms;
		while (!this.#linked && clock.elapsed() < until) {
			await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
		}
	}

	/** New reports are due. */
	tell(): void {
		if (!this.#linked) return;
		for (const report of this.#options.reports.due(this.#sent, WINDOW)) {
			if (!this.#send(report)) return;
			this.#sent = report.counter;
		}
	}

	close(): void {
		this.#closed = true;
		this.#timer?.cancel();
		this.#beat?.cancel();
		this.#connection?.close("host ends");
	}

	async #dial(): Promise<void> {
		const { world, access, version, hostId, start } = this.#options;
		const url = access.url;
		if (url === null) {
			this.#lost("no hub is known");
			return;
		}
		await access.introduce();
		const connection = await world.sockets.connect(`${url.replace(/^http/, "ws")}/hosts/link`, {
			timeout: CONNECT_MS,
			headers: { authorization: `Bearer ${access.own().token}` },
		});
		this.#connection = connection;
		connection.onMessage((text) => this.#frame(text));
		connection.onClose((why) => this.#lost(why));
		this.#number++;
		this.#send({ type: "link", protocol: PROTOCOL, version, host: hostId, start, link: this.#number });
	}

	#frame(text: string): void {
		const frame = JSON.parse(text) as LinkDown;
		switch (frame.type) {
			case "linked":
				this.#stand();
				return;
			case "kept":
				this.#options.reports.kept(frame.counter);
				this.tell();
				return;
			case "unlinked":
				// A twin of ours, or our former self that the hub has not yet given up: tried again with a pause.
				this.#options.complain(`the hub refused the link: ${frame.error}`);
				this.#connection?.close(frame.code);
				return;
			case "call":
				void this.#call(frame);
				return;
			case "skills":
				this.#options.skillsChanged();
				return;
		}
	}

	#stand(): void {
		this.#linked = true;
		this.#failures = 0;
		this.#sent = 0;
		this.#options.reports.restate();
		this.#beat?.cancel();
		this.#beat = this.#options.world.clock.every(BEAT_MS, () =>
			this.#send({ type: "heartbeat", counter: Number(this.#options.store.meta("counter") ?? 0) }),
		);
		this.tell();
		this.#options.linked();
	}

	async #call(call: Call): Promise<void> {
		const author = call.author?.name ?? "hub";
		try {
			const output = await this.#options.calls.run(call, author);
			this.#send({ type: "answer", id: call.id, output });
		} catch (thrown) {
			const known = thrown instanceof Fault ? thrown : new Fault("internal", `The host met a fault: ${reason(thrown)}`);
			this.#send({ type: "refusal", id: call.id, error: known.toJSON() });
		}
	}

	#lost(_why: string): void {
		this.#linked = false;
		this.#connection = undefined;
		this.#beat?.cancel();
		if (this.#closed) return;
		const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)] ?? 10_000;
		this.#failures++;
		this.#timer?.cancel();
		this.#timer = this.#options.world.clock.after(pause, () => this.begin());
	}

	#send(frame: LinkUp | Report): boolean {
		return this.#connection?.send(JSON.stringify(frame)) ?? false;
	}
}
