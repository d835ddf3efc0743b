/** What a mutation writes with: typed SQL in a savepoint of its own, and events that commit with it. */
import { type CompiledQuery, type DatabaseConnection, type QueryResult, Transaction } from "kysely";
import type { FeedEvent } from "../../contract/feed.ts";
import type { Author } from "../author.ts";
import type { Connection } from "./connection.ts";
import { propsFor } from "./dialect.ts";
import type { Tables } from "./tables.ts";

export interface NewEvent {
	readonly type: string;
	readonly by: Author;
	readonly summary: string;
	readonly detail?: unknown;
	readonly metadata?: unknown;
}

/** Stores an event and gives it its `seq`. */
export type Publisher = (gate: Gate, event: NewEvent) => FeedEvent;

/**
 * The only way from one mutation to the database. It closes when its handler settles, so that a statement which a
 * handler left running (`Promise.all` of which one was refused) cannot write into the savepoint of a neighbour.
 * One statement at a time holds by itself: SQLite is called synchronously.
 */
export class Gate implements DatabaseConnection {
	readonly #connection: Connection;
	#open = true;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	close(): void {
		this.#open = false;
	}

	/** The connection, while this mutation may use it. */
	get connection(): Connection {
		if (!this.#open) throw new Error("This mutation is over; a statement came after its handler had settled.");
		return this.#connection;
	}

	async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
		return this.connection.query<R>(sql, parameters);
	}

	streamQuery(): never {
		return this.connection.streamQuery();
	}
}

/** A handler awaits its `tx` and nothing else: other callers' writes share the commit. */
export class Tx extends Transaction<Tables> {
	readonly #gate: Gate;
	readonly #publisher: Publisher;
	readonly #events: FeedEvent[] = [];
	readonly #after: (() => void)[] = [];

	constructor(gate: Gate, publisher: Publisher) {
		super(propsFor(gate));
		this.#gate = gate;
		this.#publisher = publisher;
	}

	/** Adds a feed event to this mutation, as its last step: streams see it after the commit. */
	async publish(event: NewEvent): Promise<FeedEvent> {
		const stored = this.#publisher(this.#gate, event);
		this.#events.push(stored);
		return stored;
	}

	/** An event that this mutation has stored as it was elsewhere: streams see it after the commit, as any other. */
	brought(event: FeedEvent): void {
		this.#events.push(event);
	}

	/** Runs once the commit stands: what memory keeps follows what the disk holds. Must not throw. */
	after(run: () => void): void {
		this.#after.push(run);
	}

	/** For statements too hot to be built each time. */
	get gate(): Gate {
		return this.#gate;
	}

	get events(): readonly FeedEvent[] {
		return this.#events;
	}

	committed(): void {
		for (const run of this.#after) run();
	}
}
