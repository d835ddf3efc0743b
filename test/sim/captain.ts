/**
 * The orchestrator's side: the real connection to the host and the real desk of notices, in a session that has a
 * conversation, drops what it queued now and then, and may be killed. The conversation outlives it when it is resumed.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { createHostClient, type HostClient } from "../../src/client/host.ts";
import type { Notice } from "../../src/contract/link.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { Fault } from "../../src/errors.ts";
import { type EntryLike, NOTICE, NoticeDesk } from "../../src/fleet/notice-desk.ts";
import { Body } from "./body.ts";
import type { Chance } from "./chance.ts";
import type { Checks } from "./checks.ts";
import type { Machine } from "./machine.ts";

/** pi's session of the orchestrator, as its file holds it. */
export interface Conversation {
	readonly id: string;
	readonly entries: EntryLike[];
}

export interface CaptainParts {
	readonly machine: Machine;
	readonly chance: Chance;
	readonly checks: Checks;
	readonly conversation: Conversation;
	/** Unix address of the host. */
	readonly address: string;
	/** Nothing goes wrong any more. */
	peace(): boolean;
	/** The fleet has a budget. */
	readonly budget?: boolean;
}

/** Failed or slow to answer: done or not, the same key asks again. */
const UNCLEAR = ["host_silent", "host_unreachable"];
const EXPECTED = ["lieutenant_deaf", "lieutenant_unknown", "lieutenant_exists", "ralph_unknown"];
/** Where there is a budget: money is given by the hub alone, and only while there is some. */
const SHORT = ["budget_spent", "hub_away"];

export class Captain {
	readonly body: Body;
	readonly client: HostClient;
	/** Calls without an answer. */
	under = 0;
	readonly #parts: CaptainParts;
	readonly #desk: NoticeDesk;
	readonly #queue: Notice[] = [];
	#running = false;

	constructor(parts: CaptainParts) {
		this.#parts = parts;
		const { machine, conversation } = parts;
		this.body = new Body(machine, `session ${conversation.id}`, parts.chance.fork());
		this.client = createHostClient({
			world: this.body.world,
			version: "0.1.0",
			caller: { type: "orchestrator", name: "captain", session: conversation.id, pid: 1, started: conversation.id },
			findHost: async () => parts.address,
		});
		this.#desk = new NoticeDesk({
			entries: () => conversation.entries,
			send: (notice) => this.#send(notice),
			acknowledge: (ids) => this.client.acknowledge(ids),
		});
		this.client.listen({ onNotice: (notice) => this.#desk.arrived(notice, false) });
		this.client.connect();
	}

	/** The person types something: what stands in the conversation gets an answer. */
	prompt(): void {
		if (!this.#running) this.#begin();
	}

	/** Asks until it is answered or refused, always with the same key. */
	async ask<I extends TSchema, O extends TSchema>(
		operation: Operation<I, O>,
		input: Static<I>,
		key: string,
	): Promise<Static<O> | undefined> {
		const { checks, machine } = this.#parts;
		this.under += 1;
		try {
			for (;;) {
				try {
					const launch = { pi: ["/pi"], cwd: "/work", env: {} };
					return await this.client.call(operation, input, { key, launch });
				} catch (thrown) {
					if (thrown instanceof Fault && UNCLEAR.includes(thrown.code)) continue;
					const code = thrown instanceof Fault ? thrown.code : String(thrown);
					const full = ["host_storage_failed", "storage_failed", "disk_low"].includes(code) && machine.wasFull;
					checks.note(`${operation.name} refused: ${String(thrown)}`);
					const short = this.#parts.budget === true && SHORT.includes(code);
					if (!EXPECTED.includes(code) && !full && !short)
						checks.fail(`${operation.name} was refused: ${code} ${String(thrown)}`);
					return undefined;
				}
			}
		} finally {
			this.under -= 1;
		}
	}

	/** pi takes it: now when idle, else after the run. Escape drops what is queued, without a word. */
	#send(notice: Notice): void {
		if (this.#running && !this.#parts.peace() && this.#parts.chance.often(0.2)) return;
		this.#queue.push(notice);
		this.prompt();
	}

	#begin(): void {
		this.#running = true;
		this.#turn();
	}

	#turn(): void {
		const { conversation, checks, chance } = this.#parts;
		const notice = this.#queue.shift();
		if (notice !== undefined) {
			conversation.entries.push({ type: "custom_message", customType: NOTICE, details: { notice: notice.id } });
			checks.heard(conversation.id, notice);
		}
		this.body.world.clock.after(chance.between(50, 4_000), () => this.#answered());
	}

	#answered(): void {
		const { conversation, chance, peace } = this.#parts;
		const failed = !peace() && chance.often(0.1);
		const stopReason = failed ? chance.pick(["error", "aborted"]) : "stop";
		conversation.entries.push({ type: "message", message: { role: "assistant", stopReason } });
		this.#desk.turned();
		if (this.#queue.length > 0) {
			this.#turn();
			return;
		}
		this.#running = false;
		this.#desk.settled();
	}
}
