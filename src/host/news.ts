/**
 * Who hears of what has changed: the sessions connected here, the hub, and who waits for a receipt. What is told is
 * stored in the transaction that makes it true; it goes out after that.
 */
import type { Cause } from "../contract/cause.ts";
import type { Lieutenant as Row } from "../contract/lieutenants.ts";
import type { Notice, NoticeType } from "../contract/link.ts";
import type { World } from "../world.ts";
import type { Inbox } from "./store/inbox.ts";
import type { Outbox } from "./store/outbox.ts";
import type { Reports } from "./store/reports.ts";
import type { Standing } from "./store/roster.ts";

export interface NewsParts {
	readonly clock: World["clock"];
	readonly inbox: Inbox;
	readonly outbox: Outbox;
	readonly reports: Reports;
	newId(): string;
	/** Unread notices go to the sessions of this name. */
	deliver(owner: string): void;
	/** These rows go to all sessions. */
	changed(rows: readonly Row[]): void;
	/** The hub is told what has gathered. */
	tell(): void;
}

export class News {
	readonly #parts: NewsParts;
	/** Who waits for a receipt to change. */
	readonly #waiting = new Set<(message: string) => void>();

	constructor(parts: NewsParts) {
		this.#parts = parts;
	}

	/** A lieutenant's row has changed. */
	row(row: Row): void {
		const { reports, changed, tell } = this.#parts;
		reports.add(`lieutenant:${row.id}`, { type: "state", lieutenant: row });
		// After the notice that says why it changed: who waits for it would take the row for the end of the news.
		this.later(() =>
			this.later(() => {
				changed([row]);
				tell();
			}),
		);
	}

	/** A notice about a lieutenant; the end of a round is its loop's affair, which tells its own. */
	of({ owner, spec }: Standing, type: NoticeType, text: string, cause?: Cause): void {
		if (spec.loop === undefined || (type !== "completion" && type !== "limit"))
			this.notice({ owner, about: spec, type, text, ...(cause === undefined ? {} : { cause }) });
	}

	/** A notice about a lieutenant or a loop. */
	notice({ about: { id, name }, ...said }: Omit<Notice, "id" | "at" | "lieutenant"> & { about: Notice["lieutenant"] }) {
		const { clock, inbox, reports, newId, deliver, tell } = this.#parts;
		const at = new Date(clock.now()).toISOString();
		const notice: Notice = { ...said, id: newId(), lieutenant: { id, name }, at };
		inbox.add(notice);
		reports.add(`notice:${notice.id}`, { type: "notice", notice });
		this.later(() => {
			deliver(said.owner);
			tell();
		});
	}

	/** A message's receipt has changed. */
	receipt(id: string): void {
		const message = this.#parts.outbox.get(id);
		if (message === undefined) return;
		const { text: _, ...told } = message;
		this.#parts.reports.add(`message:${id}`, { type: "receipt", message: told });
		for (const run of this.#waiting) run(id);
		this.later(() => this.#parts.tell());
	}

	/** Calls back at each change of a message's receipt, until the returned function is called. */
	onReceipt(run: (message: string) => void): () => void {
		this.#waiting.add(run);
		return () => this.#waiting.delete(run);
	}

	/** Others hear of it after the transaction that makes it true. */
	later(run: () => void): void {
		this.#parts.clock.soon(run);
	}
}
