/** Ralph loops and their rounds as stored: a row each. */
import { RALPH_SHOWN, type RalphRound } from "../../contract/ralph.ts";
import type { Loop } from "../ralph/loop.ts";
import type { Row, Store } from "./store.ts";

const loopOf = (row: Row): Loop => JSON.parse(String(row.body)) as Loop;

export class Loops {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	get(id: string): Loop | undefined {
		const row = this.#store.row("select body from ralph_loops where id = ?", id);
		return row === undefined ? undefined : loopOf(row);
	}

	/** The newest of this name. */
	named(name: string): Loop | undefined {
		const row = this.#store.row("select body from ralph_loops where name = ? order by id desc limit 1", name);
		return row === undefined ? undefined : loopOf(row);
	}

	running(): readonly Loop[] {
		return this.#store.rows("select body from ralph_loops where running = 1 order by id").map(loopOf);
	}

	/** All that run and the last that have ended, newest first. */
	shown(): readonly Loop[] {
		return this.#store
			.rows(
				`select body from ralph_loops where running = 1
				or id in (select id from ralph_loops where running = 0 order by id desc limit ?) order by id desc`,
				RALPH_SHOWN,
			)
			.map(loopOf);
	}

	save(loop: Loop): void {
		this.#store.run(
			`insert into ralph_loops (id, name, body, running) values (?, ?, ?, ?)
			on conflict (id) do update set body = excluded.body, running = excluded.running`,
			loop.id,
			loop.name,
			JSON.stringify(loop),
			loop.state === "running" ? 1 : 0,
		);
	}

	/** Oldest first. */
	rounds(loop: string): readonly RalphRound[] {
		const rows = this.#store.rows("select body from ralph_rounds where loop = ? order by n", loop);
		return rows.map((row) => JSON.parse(String(row.body)) as RalphRound);
	}

	saveRound(loop: string, round: RalphRound): void {
		this.#store.run(
			"insert into ralph_rounds (loop, n, body) values (?, ?, ?) on conflict (loop, n) do update set body = excluded.body",
			loop,
			round.n,
			JSON.stringify(round),
		);
	}
}
