/**
 * What the hub should know, newest word per subject (a lieutenant, a message, a notice), until the hub has kept it. A
 * hub that was away gets each subject once, as it stands now, in the order of the host's counter.
 */
import type { Report } from "../../contract/link.ts";
import type { Store } from "./store.ts";

type Body = Extract<Report, { readonly counter: number }>;
type Unnumbered = { [T in Body["type"]]: Omit<Extract<Body, { type: T }>, "counter"> }[Body["type"]];

export class Reports {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	add(subject: string, body: Unnumbered): void {
		this.#store.run(
			`insert into reports (subject, counter, body) values (?, ?, ?)
			on conflict do update set counter = excluded.counter, body = excluded.body, kept = 0`,
			subject,
			this.#store.count(),
			JSON.stringify(body),
		);
	}

	/** A new link may be to a hub that lost its records: how each lieutenant stands is said again. */
	restate(): void {
		this.#store.run("update reports set kept = 0 where subject like 'lieutenant:%'");
	}

	/** Due ones above a counter, oldest first. */
	due(above: number, limit: number): readonly Body[] {
		return this.#store
			.rows("select counter, body from reports where kept = 0 and counter > ? order by counter limit ?", above, limit)
			.map((row) => ({ ...(JSON.parse(String(row.body)) as Unnumbered), counter: Number(row.counter) }) as Body);
	}

	kept(upTo: number): void {
		this.#store.run("update reports set kept = 1 where kept = 0 and counter <= ?", upTo);
		this.#store.run("delete from reports where kept = 1 and subject not like 'lieutenant:%'");
	}
}
