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
	readonly type: "message" | "custom";
	readonly id: string;
	readonly parentId: string | null;
	readonly timestamp: string;
	/** Empty in a custom entry. */
	readonly message: SimMessage;
	readonly customType?: string;
	readonly data?: unknown;
}

const NO_MESSAGE: SimMessage = { role: "none", content: [] };

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
		this.#add({ type: "message", ...this.#next(wall), message });
	}

	/** What an extension notes; not part of what the model reads. */
	note(customType: string, data: unknown, wall: number): void {
		this.#add({ type: "custom", ...this.#next(wall), message: NO_MESSAGE, customType, data });
	}

	#next(wall: number): { readonly id: string; readonly parentId: string | null; readonly timestamp: string } {
		const parentId = this.entries.at(-1)?.id ?? null;
		return { id: `${this.#mark}-${this.entries.length}`, parentId, timestamp: new Date(wall).toISOString() };
	}

	#add(entry: SimEntry): void {
		this.entries.push(entry);
		if (this.#onDisk) this.#files.append(this.#path, `${JSON.stringify(entry)}\n`);
		else if (entry.message.role === "assistant") {
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
		if (!line.startsWith('{"type":"message"') && !line.startsWith('{"type":"custom"')) return [];
		try {
			return [JSON.parse(line) as SimEntry];
		} catch {
			// Torn by a kill in the middle of it.
			return [];
		}
	});
}

/** A file that only grows, read as it grows: the checks look at it at each answer. */
export class Reader {
	readonly #entries: SimEntry[] = [];
	#read = 0;

	entries(text: string): readonly SimEntry[] {
		const end = text.lastIndexOf("\n") + 1;
		if (end > this.#read) this.#entries.push(...readEntries(text.slice(this.#read, end)));
		this.#read = Math.max(end, this.#read);
		return this.#entries;
	}
}
