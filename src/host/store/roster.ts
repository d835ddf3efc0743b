/** The lieutenants of this host as stored: what they were made from, and where they stand. */
import type { LieutenantState } from "../../contract/lieutenants.ts";
import type { ProcessId } from "../../world.ts";
import type { Store } from "./store.ts";

/** What a lieutenant was made from; it does not change in its life. */
export interface Spec {
	readonly id: string;
	readonly name: string;
	readonly role: string;
	readonly place: string;
	readonly cwd: string;
	readonly worktree?: {
		readonly path: string;
		readonly branch: string;
		readonly repository: string;
		readonly base: string;
	};
	readonly model?: string;
	readonly thinking?: string;
	readonly task?: string;
	/** First of its twenty ports. */
	readonly ports: number;
	/** How pi is started: the interpreter and pi's own script, as the orchestrator's session runs it. */
	readonly pi: readonly string[];
	/** Variables of the creating session that its agent needs: the model provider's keys and pi's own settings. */
	readonly env: Readonly<Record<string, string>>;
	readonly createdAt: string;
}

/** One life of its pi process. */
export interface Life {
	readonly k: number;
	readonly process: ProcessId;
	readonly startedAt: number;
}

export interface Standing {
	readonly spec: Spec;
	readonly owner: string;
	readonly state: LieutenantState;
	readonly reason?: string;
	readonly changedAt: string;
	/** How often its pi was started. */
	readonly lives: number;
	/** The life that was started last, until its end is recorded. */
	readonly life?: Life;
	/** Wall times of its unexpected ends, newest last; the third within ten minutes parks it. */
	readonly deaths: readonly number[];
	/** Consecutive runs that ended in a provider's error and were resumed. */
	readonly errors: number;
	/** Session file, once pi has named it. */
	readonly session?: string;
	/** The entry up to which a completion was told. */
	readonly told?: string;
	readonly output?: string;
	readonly turns: number;
	readonly tokens: number;
	readonly costUsd: number;
}

export class Roster {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	/** Living ones, or all with those that are gone, oldest first. */
	list(all = false): readonly Standing[] {
		const rows = this.#store.rows(`select body from lieutenants ${all ? "" : "where gone = 0"} order by id`);
		return rows.map((row) => JSON.parse(String(row.body)) as Standing);
	}

	get(id: string): Standing | undefined {
		const row = this.#store.row("select body from lieutenants where id = ?", id);
		return row === undefined ? undefined : (JSON.parse(String(row.body)) as Standing);
	}

	named(name: string): Standing | undefined {
		const row = this.#store.row("select body from lieutenants where name = ? and gone = 0", name);
		return row === undefined ? undefined : (JSON.parse(String(row.body)) as Standing);
	}

	save(standing: Standing): void {
		const { id, name } = standing.spec;
		this.#store.run(
			`insert into lieutenants (id, name, body, gone) values (?, ?, ?, ?)
			on conflict (id) do update set body = excluded.body, gone = excluded.gone`,
			id,
			name,
			JSON.stringify(standing),
			standing.state === "gone" ? 1 : 0,
		);
	}
}
