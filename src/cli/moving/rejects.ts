/** What was not taken, or not wholly: told, and kept as it stood, because its folder may be gone tomorrow. */
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { ImportKind } from "../../contract/imports.ts";

export interface Told {
	readonly file: string;
	readonly line: number;
	readonly kind: ImportKind;
	readonly why: string;
}

/** Told of in full up to so many; the file has all of them. */
const TOLD_MAX = 1_000;

export class Rejects {
	readonly path: string;
	readonly told: Told[] = [];
	readonly noted: Told[] = [];
	count = 0;
	notes = 0;

	/** The file is made with the first of them. */
	constructor(path: string) {
		this.path = path;
	}

	get any(): boolean {
		return this.count + this.notes > 0;
	}

	reject(one: Told, raw: string): void {
		this.count++;
		if (this.told.length < TOLD_MAX) this.told.push(one);
		this.#keep({ ...one, raw });
	}

	/** It was taken; something about it has to be known. */
	note(one: Told, raw: string): void {
		this.notes++;
		if (this.noted.length < TOLD_MAX) this.noted.push(one);
		this.#keep({ ...one, taken: true, raw });
	}

	#keep(entry: object): void {
		if (this.count + this.notes === 1) mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
		appendFileSync(this.path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
	}
}
