/**
 * Reads, gathered as the writer gathers changes: those that came in one turn of the event loop run one after the other
 * on one snapshot, and only then is anybody answered. Answered each by itself, every answer wakes a client that has one
 * more under way, and taking and giving back the file's lock costs as much as the rows: eight clients got 7,000 answers
 * a second, and get 11,000.
 */
import type { World } from "../../world.ts";
import type { Connection } from "./connection.ts";

/** Milliseconds after which what has been read is answered, and the rest waits a turn: writers come in between. */
const SLICE_MS = 1;

/** Resolves to what `run` answers, or throws what it throws; only what it reads before its first `await` is on the snapshot. */
export type Reads = <T>(run: () => T | Promise<T>) => Promise<T>;

export interface ReadsOptions {
	readonly world: Pick<World, "clock">;
	/** Nothing else leaves a transaction open on it across an `await`. */
	readonly connection: Connection;
	/** Awaited before reads that fill their time: one reader of long pages after the other, and writers are never first. */
	readonly first: () => Promise<void>;
}

interface Begun {
	/** Gives what was read to its caller. */
	answer(): void;
	/** Where the read goes on after its first `await`: its end, which never rejects. */
	readonly goesOn?: Promise<unknown>;
}

/** Reads one. */
type Waiting = () => Begun;

export function createReads({ world: { clock }, connection, first }: ReadsOptions): Reads {
	const queue: Waiting[] = [];
	let scheduled = false;

	const schedule = (): void => {
		if (scheduled) return;
		scheduled = true;
		clock.soon(async () => {
			await first();
			for (const { answer } of await readSome()) answer();
			scheduled = false;
			if (queue.length > 0) schedule();
		});
	};

	const readSome = async (): Promise<Begun[]> => {
		const until = clock.elapsed() + SLICE_MS;
		const begun: Begun[] = [];
		for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
			// One alone takes the lock but once anyhow.
			if (queue.length > 0 && !connection.inTransaction) connection.run("begin");
			const read = next();
			begun.push(read);
			if (read.goesOn !== undefined) {
				endSnapshot();
				// Its statements run only now. Uncounted, fifty of them would run in one turn, and writers wait for all.
				await Promise.race([read.goesOn, turn()]);
			}
			if (clock.elapsed() >= until) break;
		}
		endSnapshot();
		return begun;
	};

	/** SQLite ends a transaction by itself when the file fails. */
	const endSnapshot = (): void => {
		if (connection.inTransaction) connection.run("commit");
	};

	/** Who waits for more than the database, such as for the writer, holds up nobody. */
	const turn = (): Promise<void> => new Promise((resolve) => clock.soon(resolve));

	return (run) =>
		new Promise((resolve, reject) => {
			queue.push(() => {
				try {
					const output = run();
					const answer = () => resolve(output);
					return output instanceof Promise ? { answer, goesOn: output.catch(() => undefined) } : { answer };
				} catch (thrown) {
					return { answer: () => reject(thrown) };
				}
			});
			schedule();
		});
}
