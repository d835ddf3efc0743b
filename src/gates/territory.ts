/**
 * Files that another's claimed task owns. Two agents in one file cost a merge, or the work of one of them; so a file
 * belongs to whoever held a task that names it first, and everybody else leaves it.
 */
import type { Territory } from "../contract/task.ts";
import { covers } from "../contract/territory.ts";

export interface Touched {
	/** From the repository's top. */
	readonly path: string;
	/** With all that is in it. */
	readonly whole: boolean;
}

export interface Foreign {
	readonly path: string;
	readonly by: Territory;
}

/** The first of these files that is another's. `territories`: what is held, earliest first. */
export function foreignTo(
	agent: string,
	territories: readonly Territory[],
	touched: readonly Touched[],
): Foreign | undefined {
	for (const { path, whole } of touched) {
		const claims = territories.filter(({ patterns }) => patterns.some((pattern) => covers(pattern, path, whole)));
		// A folder may hold files of several: taken whole, it takes the others' with it.
		const by = whole ? claims.find(({ owner }) => owner !== agent) : claims[0];
		if (by !== undefined && by.owner !== agent) return { path: path === "" ? "." : path, by };
	}
	return undefined;
}

const instead = ({ by: { task, owner } }: Foreign): string =>
	`Say what you need there in a note on task ${task} (board_add_note), which ${owner} reads, or ask the orchestrator with a note of type question on your own task; meanwhile work on your own files.`;

const ownedBy = ({ path, by: { task, title, owner, patterns } }: Foreign): string =>
	`${path} belongs to task ${task} (${title}), which ${owner} holds and which owns ${patterns.join(", ")}`;

export const territoryText = (foreign: Foreign): string => `Not changed: ${ownedBy(foreign)}. ${instead(foreign)}`;

/** The same, for the task that owns the file: a fact that its owner finds there, whatever the agent does about it. */
export const factText = ({ path }: Foreign, agent: string): string =>
	`${agent} changed ${path}, which this task owns; no spelling of the command showed it before. ${agent} was told to put it back.`;

/** For a change that no spelling had shown. */
export const seenText = (foreign: Foreign): string =>
	`${ownedBy(foreign)}, and it was changed here. Put it back (git checkout HEAD -- ${foreign.path}, or undo your commit of it). ${instead(foreign)}`;
