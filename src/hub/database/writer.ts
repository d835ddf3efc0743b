/**
 * The one writer (`protocol.md` §5). Mutations queue; what has gathered is written in one transaction with a savepoint
 * each and one commit, and only then is anybody answered: one fsync serves up to 64 callers.
 */

import type { FeedEvent } from "../../contract/feed.ts";
import { Fault, fault, reason } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { Connection } from "./connection.ts";
import { damageOf } from "./damage.ts";
import { Gate, type Publisher, Tx } from "./tx.ts";

/** Callers that share one commit. */
const BATCH = 64;
/**
 * Turns of the event loop that a commit waits for callers of the last one who have not come again. Without it eight steady
 * callers settle into two groups of four that take turns: twice the commits, and half as many answers a second.
 */
const GATHER_TURNS = 16;
/** Milliseconds after which it waits no turn more: those of a busy loop are long. */
const GATHER_MS = 0.25;
/** Milliseconds that one handler may keep all others waiting. */
const HANDLER_TIMEOUT = 1_000;

export interface Writer {
	/** Answers after the commit. Throws what `run` threw, or `handler_timeout`, or `storage_failed`; then nothing was kept. */
	write<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
	/** What has gathered is committed now. Who is about to keep the loop busy calls it first. */
	hurry(): Promise<void>;
	/** Refuses new mutations and resolves when those begun are answered. */
	close(): Promise<void>;
}

export interface WriterOptions {
	readonly world: Pick<World, "clock">;
	readonly connection: Connection;
	readonly publisher: Publisher;
	/** Called after each commit with its events in order, before anything else can be committed. */
	readonly deliver: (events: readonly FeedEvent[]) => void;
}

/** One queued mutation; `run` settles its own caller only through `resolve` and `reject`, after the commit. */
interface Queued {
	readonly run: (tx: Tx) => Promise<unknown>;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: unknown) => void;
}

type Outcome =
	| { readonly type: "done"; readonly value: unknown }
	| { readonly type: "failed"; readonly error: unknown };

export function createWriter({ world, connection, publisher, deliver }: WriterOptions): Writer {
	const queue: Queued[] = [];
	let busy = false;
	/** The gathering that has not come to its commit; another number, or none, and it has been overtaken. */
	let gathering: number | undefined;
	let gatherings = 0;
	let closed = false;
	let emptied: (() => void) | undefined;
	/** Who was answered by the last commit, and who had to wait for it. */
	let expected = 0;

	const schedule = (): void => {
		if (busy) return;
		busy = true;
		const until = world.clock.elapsed() + GATHER_MS;
		const mine = ++gatherings;
		gathering = mine;
		world.clock.soon(() => gather(mine, GATHER_TURNS, until));
	};

	const gather = (mine: number, turns: number, until: number): void => {
		if (gathering !== mine) return;
		const waits = queue.length < expected && turns > 0 && !closed && world.clock.elapsed() < until;
		if (waits) world.clock.soon(() => gather(mine, turns - 1, until));
		else void drain();
	};

	const drain = async (): Promise<void> => {
		gathering = undefined;
		const batch = queue.splice(0, BATCH);
		await commitTogether(batch);
		expected = Math.min(BATCH, batch.length + queue.length);
		busy = false;
		if (queue.length > 0) schedule();
		else emptied?.();
	};

	/** Never throws: every failure is some caller's answer. */
	const commitTogether = async (batch: readonly Queued[]): Promise<void> => {
		const settled: { readonly tx: Tx; readonly outcome: Outcome; readonly queued: Queued }[] = [];
		try {
			connection.run("begin immediate");
			for (const queued of batch) {
				const tx = new Tx(new Gate(connection), publisher);
				const outcome = await inSavepoint(queued.run, tx);
				settled.push({ tx, outcome, queued });
			}
			connection.run("commit");
		} catch (thrown) {
			if (connection.inTransaction) connection.run("rollback");
			for (const queued of batch) queued.reject(storageFailed(thrown));
			return;
		}
		const kept = settled.filter(({ outcome }) => outcome.type === "done");
		for (const { tx } of kept) tx.committed();
		deliver(kept.flatMap(({ tx }) => tx.events));
		for (const { outcome, queued } of settled) {
			if (outcome.type === "done") queued.resolve(outcome.value);
			else queued.reject(outcome.error);
		}
	};

	/** Throws only when the transaction as a whole is gone. */
	const inSavepoint = async (run: Queued["run"], tx: Tx): Promise<Outcome> => {
		connection.run("savepoint one");
		const outcome = await settle(run, tx);
		tx.gate.close();
		if (!connection.inTransaction) throw lost(outcome);
		if (outcome.type === "failed") connection.run("rollback to one");
		connection.run("release one");
		return outcome;
	};

	const settle = (run: Queued["run"], tx: Tx): Promise<Outcome> =>
		new Promise((resolve) => {
			const timer = world.clock.after(HANDLER_TIMEOUT, () =>
				resolve({ type: "failed", error: fault("handler_timeout") }),
			);
			const settled = (outcome: Outcome): void => {
				timer.cancel();
				resolve(outcome);
			};
			// Wrapped, so that a handler which throws before its first await fails alone, too.
			(async () => run(tx))().then(
				(value) => settled({ type: "done", value }),
				(error: unknown) => settled({ type: "failed", error: asStorage(error) }),
			);
		});

	return {
		write: <T>(run: (tx: Tx) => Promise<T>) =>
			new Promise<T>((resolve, reject) => {
				if (closed) return reject(fault("hub_away", ""));
				// The queue holds mutations of every kind; each is resolved with what its own `run` gave.
				queue.push({ run, resolve: resolve as (value: unknown) => void, reject });
				schedule();
			}),
		hurry: async () => {
			if (gathering !== undefined) await drain();
		},
		close: () =>
			new Promise((resolve) => {
				closed = true;
				if (!busy && queue.length === 0) return resolve();
				emptied = resolve;
			}),
	};
}

/** SQLite's result codes for "the disk or file will not take it": read-only, I/O, corrupt, full, cannot open, not a database. */
const STORAGE_CODES = new Set([8, 10, 11, 13, 14, 26]);

const isStorage = (thrown: unknown): boolean =>
	thrown instanceof Error &&
	"errcode" in thrown &&
	typeof thrown.errcode === "number" &&
	// The low byte; the rest says which kind of I/O failed.
	STORAGE_CODES.has(thrown.errcode & 0xff);

const storageFailed = (thrown: unknown): Fault =>
	thrown instanceof Fault ? thrown : (damageOf(thrown) ?? fault("storage_failed", reason(thrown)));

const asStorage = (thrown: unknown): unknown => (isStorage(thrown) ? storageFailed(thrown) : thrown);

const lost = (outcome: Outcome): Fault =>
	outcome.type === "failed"
		? storageFailed(outcome.error)
		: fault("storage_failed", "the transaction was ended by SQLite");
