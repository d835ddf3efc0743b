/**
 * The files of a lieutenant's lives, in `lieutenants/<id>/`: `life.json` and, per life k, `in.<k>`, `out.<k>`,
 * `stderr.<k>`.
 */
import { LIFE_FILE, LOCK_FOLDER } from "../../pi/pack/lock.ts";
import { count, isShape, type Shape, shape } from "../../pi/shape.ts";
import type { Files, ProcessId, World } from "../../world.ts";

/** What the last life left behind. */
export interface LifeNote {
	readonly life: number;
	/** Absent between the decision to start pi and its start. */
	readonly process?: ProcessId;
	/** Set when it is proven dead, or given up before it began; a pi that comes late ends itself. */
	readonly ended: boolean;
}

export const inputFifo = (folder: string, life: number): string => `${folder}/in.${life}`;
export const outputFifo = (folder: string, life: number): string => `${folder}/out.${life}`;
export const stderrFile = (folder: string, life: number): string => `${folder}/stderr.${life}`;
export const groupsFolder = (folder: string): string => `${folder}/groups`;

export function readNote(files: Pick<Files, "read">, folder: string): LifeNote | undefined {
	const value = parsed(files.read(`${folder}/${LIFE_FILE}`));
	if (value === undefined || count(value.life) < 1) return undefined;
	const process = processIn(shape(value.process));
	return { life: count(value.life), ended: value.ended === true, ...(process === undefined ? {} : { process }) };
}

/** The newest life of which a process is known to have begun; 0: none. */
export function begunLife(files: Pick<Files, "read">, folder: string): number {
	const note = readNote(files, folder);
	if (note === undefined) return 0;
	return note.ended || note.process !== undefined ? note.life : note.life - 1;
}

export const writeNote = (files: Pick<Files, "write">, folder: string, note: LifeNote): void =>
	files.write(`${folder}/${LIFE_FILE}`, `${JSON.stringify(note)}\n`);

/** The pi that holds the session lock, as it says itself; perhaps of an earlier life, so only a living one counts. */
export function lockHolder(world: Pick<World, "files" | "spawn">, folder: string): ProcessId | undefined {
	const process = processIn(parsed(world.files.read(`${folder}/${LOCK_FOLDER}/lock.json`)) ?? {});
	return process !== undefined && world.spawn.alive(process) ? process : undefined;
}

/** FIFOs of other lives, and the stderr of all but this life and the one before. */
export function removeOlder(files: Files, folder: string, life: number): void {
	for (const name of files.list(folder)) {
		const [, kind, number] = /^(in|out|stderr)\.(\d+)$/.exec(name) ?? [];
		const keep = kind === "stderr" ? life - 1 : life;
		if (number !== undefined && Number(number) < keep) files.remove(`${folder}/${name}`);
	}
}

function processIn({ pid, started }: Shape): ProcessId | undefined {
	return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
}

function parsed(text: string | undefined): Shape | undefined {
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isShape(value) ? value : undefined;
	} catch {
		// Written whole or not at all, so this was somebody's hand; as good as no file.
		return undefined;
	}
}
