/** Answers already given, by the caller's key: a lost answer is safe to ask for again (`docs/protocol.md` §4). */
import { fault } from "../../errors.ts";
import type { Store } from "./store.ts";

const KEPT_MS = 7 * 24 * 3_600_000;

export class Answers {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	/** The stored answer; throws `key_reused` when the key came with another input. */
	find(caller: string, operation: string, key: string, input: string): { readonly output: unknown } | undefined {
		const row = this.#store.row(
			"select input, output from answers where caller = ? and operation = ? and key = ?",
			caller,
			operation,
			key,
		);
		if (row === undefined) return undefined;
		if (row.input !== input) throw fault("key_reused");
		return { output: JSON.parse(String(row.output)) as unknown };
	}

	keep(caller: string, operation: string, key: string, input: string, output: unknown, now: number): void {
		this.#store.run("delete from answers where at < ?", now - KEPT_MS);
		this.#store.run(
			"insert into answers (caller, operation, key, input, output, at) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
			caller,
			operation,
			key,
			input,
			JSON.stringify(output ?? null),
			now,
		);
	}
}
