/** How a service answers an operation of the contract. Handlers are found by folder: exporting one is enough. */
import type { IncomingHttpHeaders } from "node:http";
import type { Static, TSchema } from "@sinclair/typebox";
import type { Kysely } from "kysely";
import type { FeedEvent } from "../contract/feed.ts";
import type { AnyOperation, Operation } from "../contract/operation.ts";
import type { Author, Caller } from "./author.ts";
import type { Proof } from "./board/proof.ts";
import type { Context } from "./context.ts";
import type { Tables } from "./database/tables.ts";
import type { Tx } from "./database/tx.ts";

export interface Stamp {
	/** A ULID. Names the record; order comes from the feed's `seq`. */
	readonly id: string;
	/** The hub's time, ISO 8601. */
	readonly timestamp: string;
	/** The same, in ms since 1970. */
	readonly at: number;
}

export interface WriteCall<Input> {
	readonly input: Input;
	readonly author: Author;
	readonly caller: Caller;
	readonly tx: Tx;
	readonly stamp: Stamp;
	readonly hub: Context;
	/** Where the handler says that it `proves`: how the task's check stands. */
	readonly proof: Proof | undefined;
}

export interface ReadCall<Input> {
	readonly input: Input;
	readonly caller: Caller;
	readonly db: Kysely<Tables>;
	/** The hub's time, ms since 1970. */
	readonly now: number;
	readonly hub: Context;
}

/** A change: runs inside the writer, and awaits its `tx` and nothing else (`protocol.md` §5). */
export interface WriteHandler<I extends TSchema = TSchema, O extends TSchema = TSchema> {
	readonly type: "write";
	readonly operation: Operation<I, O>;
	/** The answer holds a secret: it is not stored under an idempotency key, and a repeat makes another. */
	readonly secret?: true;
	/** The task whose check its host is asked for before the write; undefined for none. */
	proves?(input: Static<I>): string | undefined;
	run(call: WriteCall<Static<I>>): Promise<Static<O>>;
}

export interface ReadHandler<I extends TSchema = TSchema, O extends TSchema = TSchema> {
	readonly type: "read";
	readonly operation: Operation<I, O>;
	/** What is answered to this is no page of rows, or has bounds besides them, such as bytes: no pieces make it up. */
	whole?(input: Static<I>): boolean;
	run(call: ReadCall<Static<I>>): Promise<Static<O>> | Static<O>;
}

/** A change outside of the database, which takes longer than the writer may be held: its answer alone is kept by its key. */
export interface WorkHandler<I extends TSchema = TSchema, O extends TSchema = TSchema> {
	readonly type: "work";
	readonly operation: Operation<I, O>;
	/** As of a write: the answer holds a secret. */
	readonly secret?: true;
	/** Asked again while it runs, it answers with what it is at. */
	run(call: Omit<ReadCall<Static<I>>, "db">): Promise<Static<O>>;
}

/** Where a stream begins and what it leaves out; how it travels is not its business. */
export interface StreamHandler {
	readonly type: "stream";
	readonly operation: AnyOperation;
	/** Of the feed's events only these; absent: as the query says. */
	readonly types?: ReadonlySet<string>;
	/** What is sent of an event; absent: all of it. */
	view?(event: FeedEvent): unknown;
}

/** A file that is sent as it is, also a part of it. */
export interface FileHandler {
	readonly type: "file";
	readonly operation: AnyOperation;
	/** Throws `not_found`. */
	find(input: Readonly<Record<string, unknown>>, hub: Context): { readonly path: string; readonly size: number };
}

/** What a service does by itself from time to time. A failure is told in the hub's log; the next time is another try. */
export interface Chore {
	readonly type: "chore";
	/** Milliseconds between two times. */
	readonly every: number;
	/** Once more as the hub ends. */
	readonly last?: true;
	run(hub: Context): Promise<unknown>;
}

type Texts = Readonly<Record<string, string | undefined>>;

export interface PageRequest {
	readonly params: Texts;
	readonly query: Texts;
	/** What a POST has sent as a form does. */
	readonly form: Texts;
	readonly headers: IncomingHttpHeaders;
	/** The address at the other end of the connection; empty when it is already gone. */
	readonly peer: string;
}

export interface PageAnswer {
	readonly status: 200 | 303 | 304 | 400 | 401 | 404;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | Buffer;
}

/** What is answered without a token. It says itself to whom it shows what. */
export interface Page {
	readonly type: "page";
	/** GET when absent. */
	readonly method?: "POST";
	readonly path: `/${string}`;
	/** What it shows, in a sentence. */
	readonly about: string;
	run(request: PageRequest, hub: Context): Promise<PageAnswer>;
}

export type Handler = WriteHandler | ReadHandler | WorkHandler | StreamHandler | FileHandler;

export const write = <I extends TSchema, O extends TSchema>(
	operation: Operation<I, O>,
	run: WriteHandler<I, O>["run"],
	options: Pick<WriteHandler<I, O>, "secret" | "proves"> = {},
): WriteHandler<I, O> => ({ type: "write", operation, run, ...options });

export const read = <I extends TSchema, O extends TSchema>(
	operation: Operation<I, O>,
	run: ReadHandler<I, O>["run"],
	options: Pick<ReadHandler<I, O>, "whole"> = {},
): ReadHandler<I, O> => ({ type: "read", operation, run, ...options });

export const work = <I extends TSchema, O extends TSchema>(
	operation: Operation<I, O>,
	run: WorkHandler<I, O>["run"],
	options: Pick<WorkHandler<I, O>, "secret"> = {},
): WorkHandler<I, O> => ({ type: "work", operation, run, ...options });
