/**
 * How old the newest backup of the hub is, for whoever looks at the fleet; a failure is said once, and stays in sight until
 * a backup is made. A backup that nobody asks for is one that nobody misses until the disk is lost.
 */
import type { BackupStatus } from "../contract/backups.ts";
import type { Timer, World } from "../world.ts";
import { span } from "./present.ts";

export interface BackupWatchParts {
	readonly clock: Pick<World["clock"], "after" | "now">;
	status(): Promise<BackupStatus>;
	/** What is shown may have changed. */
	changed(): void;
	/** A scheduled backup failed; once for each failure. */
	warn(text: string): void;
}

/** ms between two looks. */
const EACH = 15 * 60_000;
const REASON = 120;

export class BackupWatch {
	readonly #parts: BackupWatchParts;
	#status: BackupStatus | undefined;
	#warned = "";
	#timer: Timer | undefined;

	constructor(parts: BackupWatchParts) {
		this.#parts = parts;
		this.#again(0);
	}

	/** `backup 3h`; undefined where there is none, or it is an alarm. */
	get age(): string | undefined {
		const last = this.#status?.last;
		return last === undefined || this.#status?.alarm === true ? undefined : `backup ${this.#since(last.madeAt)}`;
	}

	/** The line of an alarm, with what to do. */
	get alarm(): string | undefined {
		const status = this.#status;
		if (status?.alarm !== true) return undefined;
		const { failed, last } = status;
		if (failed !== undefined)
			return ` ! backup failed ${this.#since(failed.at)} ago: ${failed.why.slice(0, REASON)}; flagship backups make`;
		return last === undefined
			? " ! no backup; flagship backups make"
			: ` ! backup ${this.#since(last.madeAt)} old; flagship backups make`;
	}

	close(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}

	#since(at: string): string {
		return span(this.#parts.clock.now() - Date.parse(at));
	}

	#again(ms: number): void {
		this.#timer = this.#parts.clock.after(ms, () => {
			const timer = this.#timer;
			void this.#look().finally(() => {
				if (this.#timer === timer) this.#again(EACH);
			});
		});
	}

	async #look(): Promise<void> {
		try {
			this.#status = await this.#parts.status();
		} catch {
			// A hub that is away, or too old to say: what was heard last still stands, and other calls say what is wrong.
			return;
		}
		const { failed } = this.#status;
		if (failed !== undefined && failed.at !== this.#warned) {
			this.#warned = failed.at;
			this.#parts.warn(
				`the hub's backup failed: ${failed.why.slice(0, REASON)}. \`flagship backups make\` tries it now; \`flagship backups status\` says more.`,
			);
		}
		this.#parts.changed();
	}
}
