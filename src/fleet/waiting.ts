/**
 * Whom a session waits for. A printed run (`pi -p`) would end while its lieutenants work and nobody would hear them; so
 * it waits for those to whom it gave work, until each has said how that ended.
 */
import type { Lieutenant, LieutenantState } from "../contract/lieutenants.ts";
import type { Notice } from "../contract/link.ts";

/** In these it will not answer by itself. */
const OUT: readonly LieutenantState[] = ["paused", "stopped", "failed", "gone", "needs-credentials"];
/** With these a piece of work is over, or needs its orchestrator. */
const ENDS: readonly Notice["type"][] = ["completion", "stall", "limit", "question"];

export class Waiting {
	readonly #for = new Set<string>();
	/** Who said how its work ended: a quick one may say so before the answer that names it is here. */
	readonly #heard = new Set<string>();
	#wake: () => void = () => undefined;

	/** Work was given to this lieutenant; `made` with it. */
	gave(id: string, made: boolean): void {
		if (!made || !this.#heard.has(id)) this.#for.add(id);
	}

	heard(notice: Notice): void {
		if (ENDS.includes(notice.type)) this.over(notice.lieutenant.id);
		this.#wake();
	}

	/** It needs no waiting for any more. */
	over(id: string): void {
		this.#heard.add(id);
		this.#for.delete(id);
		this.#wake();
	}

	changed(rows: readonly Lieutenant[]): void {
		for (const row of rows) if (OUT.includes(row.state)) this.#for.delete(row.id);
		this.#wake();
	}

	get pending(): number {
		return this.#for.size;
	}

	/** Resolves when something was heard, or at once when nobody is waited for. */
	async next(signal: AbortSignal | undefined): Promise<void> {
		if (this.#for.size === 0 || signal?.aborted === true) return;
		await new Promise<void>((resolve) => {
			this.#wake = resolve;
			signal?.addEventListener("abort", () => resolve(), { once: true });
		});
		this.#wake = () => undefined;
	}
}
