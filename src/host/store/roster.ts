/** The lieutenants of this host as stored: what they were made from, and where they stand. */
import type { Cause } from "../../contract/cause.ts";
import type { LieutenantState } from "../../contract/lieutenants.ts";
import type { Bound, Course } from "../bounds/bound.ts";
import type { Workspace } from "../places/place.ts";
import type { Store } from "./store.ts";

/** What a lieutenant was made from; it does not change in its life. */
export interface Spec {
	readonly id: string;
	readonly name: string;
	readonly role: string;
	readonly place: string;
	readonly cwd: string;
	readonly worktree?: Workspace["worktree"];
	readonly model?: string;
	readonly thinking?: string;
	readonly task?: string;
	/** It is one round of a Ralph loop, whose workspace outlives it. */
	readonly loop?: { readonly id: string; readonly round: number; readonly of: number };
	/** First of its twenty ports. */
	readonly ports: number;
	/** The pi that it runs in; the environment to choose from stands in `lieutenants/<id>/launch.json` (0600). */
	readonly pi: readonly string[];
	/** Who asked for it under which key: a repeated request finds it by them. */
	readonly request?: { readonly caller: string; readonly key: string };
	/** Another machine's host asked for it, and is told what becomes of it. */
	readonly from?: { readonly host: string; readonly place: string };
	/** How often it went to another machine; absent: never. Of two hosts that tell of it the later one is believed. */
	readonly moves?: number;
	/** By host: the repository that its branch was in there. */
	readonly homes?: Readonly<Record<string, string>>;
	/** The one whose place it took, and what it is told of it. */
	readonly before?: { readonly id: string; readonly text: string };
	readonly createdAt: string;
}

export interface Standing {
	readonly spec: Spec;
	readonly owner: string;
	readonly state: LieutenantState;
	readonly reason?: string;
	/** The same as data. */
	readonly cause?: Cause;
	readonly changedAt: string;
	/** What it was told of its disk; one that was paused for it goes on by itself. */
	readonly disk?: "low" | "full" | undefined;
	/** It was paused in the middle of a run. */
	readonly interrupted?: true | undefined;
	/** How often its pi was started. */
	readonly lives: number;
	/** The newest life whose end is recorded and told; below `lives` while one lives. */
	readonly dead: number;
	/** Wall times of its unexpected ends, newest last; the third within ten minutes parks it. */
	readonly deaths: readonly number[];
	/** Consecutive runs that ended in a provider's error and were resumed. */
	readonly errors: number;
	/** The entry up to which a completion was told. */
	readonly told?: string;
	readonly output?: string;
	readonly turns: number;
	readonly tokens: number;
	readonly costUsd: number;
	/** Answers of the model so far, and how many there were at the last write. */
	readonly steps?: Pick<Course, "turns" | "worked">;
	/** The work that it has; none once its end is told. */
	readonly bound?: Bound | undefined;
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
