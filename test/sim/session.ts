/** pi's session file: begun with the first assistant message, appended to from then on, read again by the next life. */
import type { SimFiles } from "./files.ts";

export interface SimMessage {
	readonly role: string;
	readonly content: readonly unknown[];
	readonly stopReason?: string;
	readonly errorMessage?: string;
	readonly [more: string]: unknown;
}

export interface SimEntry {
	readonly type: "message";
	readonly id: string;
	readonly parentId: string | null;
	readonly timestamp: string;
	readonly message: SimMessage;
}

export const userText = (entry: SimEntry): string | undefined => {
	const [first] = entry.message.content;
	const text = typeof first === "object" && first !== null && "text" in first ? first.text : undefined;
	return entry.message.role === "user" && typeof text === "string" ? text : undefined;
};

export class Session {
	readonly entries: SimEntry[] = [];
	readonly #files: SimFiles;
	readonly #path: string;
	readonly #mark: string;
	#onDisk = false;

	constructor(files: SimFiles, folder: string, id: string, mark: string) {
		this.#files = files;
		this.#path = `${folder}/2026-01-05T09-00-00-000Z_${id}.jsonl`;
		this.#mark = mark;
	}

	load(): void {
		const text = this.#files.read(this.#path);
		if (text === undefined) return;
		this.#onDisk = true;
		if (!text.endsWith("\n")) this.#files.append(this.#path, "\n");
		this.entries.push(...readEntries(text));
	}

	append(message: SimMessage, wall: number): void {
		const parentId = this.entries.at(-1)?.id ?? null;
		const id = `${this.#mark}-${this.entries.length}`;
		const entry: SimEntry = { type: "message", id, parentId, timestamp: new Date(wall).toISOString(), message };
		this.entries.push(entry);
		if (this.#onDisk) this.#files.append(this.#path, `${JSON.stringify(entry)}\n`);
		else if (message.role === "assistant") {
			const lines = [{ type: "session", id: "header" }, ...this.entries].map((line) => JSON.stringify(line));
			this.#files.append(this.#path, `${lines.join("\n")}\n`);
			this.#onDisk = true;
		}
	}

	/** Killed in the middle of an append. */
	tear(): void {
		if (this.#onDisk) this.#files.append(this.#path, `{"type":"message","id":"torn-${this.entries.length}","mess`);
	}
}

/** What the file holds; torn lines are passed over, as pi does. */
export function readEntries(text: string): readonly SimEntry[] {
	return text.split("\n").flatMap((line) => {
		try {
			const entry = JSON.parse(line) as SimEntry;
			return entry.type === "message" ? [entry] : [];
		} catch {
			return [];
		}
	});
}
