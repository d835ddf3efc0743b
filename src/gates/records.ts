/** What gates and usage need of the hub. One real wiring (`src/fleet/records.ts`), one in memory in the tests. */
import type { Static } from "@sinclair/typebox";
import type { Facts } from "../contract/log.ts";
import type { Territory } from "../contract/task.ts";
import type { recordSession } from "../contract/usage.ts";

import type { WayBack } from "./deploy.ts";
import type { Fired } from "./report.ts";

export type UsageRecord = Static<(typeof recordSession)["input"]>;

export interface GateEntry {
	readonly text: string;
	readonly facts: Facts;
}

export interface GateEvent {
	readonly summary: string;
	readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Records {
	/** Resolves once the entry is in the hub or kept on this machine for it; rejects when it is in neither. */
	append(entry: GateEntry, key: string): Promise<void>;
	/** A `custom` event of the feed; resolves and rejects likewise. */
	publish(event: GateEvent, key: string): Promise<void>;
	/** The newest `custom` events of the feed, oldest first. */
	fired(): Promise<readonly Fired[]>;
	/** Whether this agent holds a task; rejects when the hub cannot say. */
	holdsTask(agent: string): Promise<boolean>;
	/** What held tasks own where this agent works, earliest first; rejects when the hub cannot say. */
	territories(): Promise<readonly Territory[]>;
	/** A note on a task, as `append` is. */
	noteTask(task: string, content: string, key: string): Promise<void>;
	/** Puts a task on the board and claims it; resolves to its id. */
	beginTask(title: string, key: string): Promise<string>;
	/** The newest backup or snapshot of the hub that it knows of; rejects when the hub cannot say. */
	wayBack(): Promise<WayBack | undefined>;
	/** What a session has used so far; it replaces what that session said before. */
	recordUsage(session: UsageRecord, key: string): Promise<void>;
}
