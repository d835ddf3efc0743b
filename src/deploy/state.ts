/** What a deploy has done so far, in one small file on the machine: after a `kill -9` the next one goes by it. */
import { join } from "node:path";
import type { Manifest } from "../backup/manifest.ts";
import type { Home } from "../daemon/home.ts";
import type { Entry } from "../daemon/run-file.ts";
import { isDiskFull } from "../errors.ts";
import type { Files } from "../world.ts";

/**
 * `begun`: the hub is as it was. `stopping`: it ends, or has ended, its records are as they were. `switching`: the new
 * one may have been started. `answering`: the new one is in its place; it only has to be told. `rollingBack`: the old one
 * is being put back. `done` and `rolledBack` are ends.
 */
export const PHASES = ["begun", "stopping", "switching", "answering", "rollingBack", "done", "rolledBack"] as const;
export type Phase = (typeof PHASES)[number];

/** What a hub's database holds: to be compared with what a newer one makes of it. */
export type Holdings = Pick<Manifest, "schemas" | "counts" | "seq">;

/** The hub that was there. */
export interface Former {
	readonly version: string;
	/** Absent: it did not run, and no deploy has put it there. */
	readonly entry?: string;
	readonly ran: boolean;
}

export interface State {
	readonly id: string;
	readonly phase: Phase;
	/** As it is called where the deploy was asked for. */
	readonly place: string;
	/** `user@machine` */
	readonly by: string;
	/** ISO 8601, UTC */
	readonly at: string;
	readonly to: Entry;
	readonly from?: Former;
	/** The verified backup. */
	readonly backup?: string;
	/** What the database held when the old hub had ended. */
	readonly before?: Holdings;
	/** Why it is rolled back. */
	readonly why?: string;
}

/** Bytes: for a state of some hundreds, and for a hub to start. */
const RESERVE = 2 * 1024 * 1024;

export const deployFolder = (home: Home): string => join(home.root, "deploy");
const stateFile = (home: Home): string => join(deployFolder(home), "state.json");

const reserveFile = (home: Home): string => join(deployFolder(home), "reserve");

export function readState(files: Files, home: Home): State | undefined {
	const text = files.read(stateFile(home));
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isState(value) ? value : undefined;
	} catch {
		// Written whole or not at all, so this was somebody's hand; as good as no file.
		return undefined;
	}
}

/** On a full disk, too: what is kept for that while a deploy is at work, is given up. */
export function writeState(files: Files, home: Home, state: State): void {
	const text = `${JSON.stringify(state)}\n`;
	try {
		files.write(stateFile(home), text);
		if (isOver(state)) giveRoom(files, home);
		else if (state.phase === "begun") files.append(reserveFile(home), "-".repeat(RESERVE));
	} catch (thrown) {
		if (!isDiskFull(thrown)) throw thrown;
		giveRoom(files, home);
		files.write(stateFile(home), text);
	}
}

/** For locks, logs and the start of the old hub, when a full disk is why it has to be put back. */
export const giveRoom = (files: Files, home: Home): void => files.remove(reserveFile(home));

/** ms since 1970 */
export const stateWritten = (files: Files, home: Home): number => files.stat(stateFile(home))?.changed ?? 0;

function isState(value: unknown): value is State {
	if (typeof value !== "object" || value === null) return false;
	const { id, phase, to } = value as { readonly [K in keyof State]?: unknown };
	return typeof id === "string" && PHASES.some((one) => one === phase) && typeof to === "object" && to !== null;
}

export const isOver = ({ phase }: State): boolean => phase === "done" || phase === "rolledBack";
