/**
 * Notices in the orchestrator's conversation: each reaches the model once, and is acknowledged only when the transcript
 * shows that it did. A message that pi queued may be dropped without a word (Escape, a hard steer), so what was sent and
 * is not in the transcript when pi settles is sent again.
 */
import type { Notice } from "../contract/link.ts";

/** The custom message's type; its `details.notice` is the notice's id. */
export const NOTICE = "flagship-notice";

/** What of a session entry is looked at. */
export interface EntryLike {
	readonly type: string;
	readonly customType?: string;
	readonly details?: unknown;
	readonly message?: { readonly role: string; readonly stopReason?: string };
}

/** Notices in these entries, and which of them an answer follows. */
export function noticesIn(entries: readonly EntryLike[]): {
	readonly present: ReadonlySet<string>;
	readonly answered: ReadonlySet<string>;
} {
	const present = new Set<string>();
	const answered = new Set<string>();
	for (const entry of entries) {
		const id = entry.type === "custom_message" && entry.customType === NOTICE ? noticeOf(entry.details) : undefined;
		if (id !== undefined) present.add(id);
		if (isAnswer(entry)) for (const one of present) answered.add(one);
	}
	return { present, answered };
}

const isAnswer = ({ type, message }: EntryLike): boolean =>
	type === "message" &&
	message?.role === "assistant" &&
	message.stopReason !== "error" &&
	message.stopReason !== "aborted";

/** The notice's id in the details of its message. */
export function noticeOf(details: unknown): string | undefined {
	if (typeof details !== "object" || details === null || !("notice" in details)) return undefined;
	return typeof details.notice === "string" ? details.notice : undefined;
}

export interface DeskOptions {
	/** The session's path as it stands now. */
	entries(): readonly EntryLike[];
	/** Puts it into the conversation: now when idle, else after the run. */
	send(notice: Notice): void;
	acknowledge(ids: readonly string[]): void;
}

export class NoticeDesk {
	readonly #options: DeskOptions;
	readonly #open = new Map<string, Notice>();
	readonly #sent = new Set<string>();
	#holding = false;

	constructor(options: DeskOptions) {
		this.#options = options;
	}

	/** Notices that the model has not seen yet. */
	get unsent(): readonly Notice[] {
		return [...this.#open.values()].filter((notice) => !this.#sent.has(notice.id));
	}

	/** From the host; repeats are nothing new. `hold` leaves it to `take`. */
	arrived(notice: Notice, hold: boolean): void {
		if (this.#open.has(notice.id)) return;
		this.#open.set(notice.id, notice);
		if (noticesIn(this.#options.entries()).present.has(notice.id)) this.#sent.add(notice.id);
		else if (!hold) this.#send(notice);
	}

	/** Hands out what is unsent; the caller puts it into the transcript itself. */
	take(): readonly Notice[] {
		const taken = this.unsent;
		for (const notice of taken) this.#sent.add(notice.id);
		return taken;
	}

	/** A prompt is on its way into a run: a notice that starts one of its own now would make pi drop the prompt. */
	hold(): void {
		this.#holding = true;
	}

	/** The run has begun, or none came of it. */
	release(): void {
		if (!this.#holding) return;
		this.#holding = false;
		for (const notice of this.unsent) this.#send(notice);
	}

	/** After a turn: what an answer follows has been read. */
	turned(): void {
		const { answered } = noticesIn(this.#options.entries());
		const read = [...this.#open.keys()].filter((id) => answered.has(id));
		for (const id of read) this.#open.delete(id);
		if (read.length > 0) this.#options.acknowledge(read);
	}

	/** pi is idle: what it dropped is sent again. */
	settled(): void {
		this.turned();
		const { present } = noticesIn(this.#options.entries());
		for (const notice of this.#open.values()) {
			if (this.#sent.has(notice.id) && !present.has(notice.id)) this.#send(notice);
		}
	}

	#send(notice: Notice): void {
		if (this.#holding) {
			this.#sent.delete(notice.id);
			return;
		}
		this.#sent.add(notice.id);
		this.#options.send(notice);
	}
}
