/**
 * Every lieutenant's session on its way to the hub: what is new in it when it rests or ends, as a person reads it, with
 * secrets masked. It waits in the spool with the other records; how far it went is stored with it.
 */
import type { Static } from "@sinclair/typebox";
import { type append, ENTRY_MAX, type TranscriptEntry } from "../../contract/transcripts.ts";
import { masker, type Secret } from "../../mask.ts";
import type { Entry } from "../../pi/entry.ts";
import { unwrap } from "../../pi/envelope.ts";
import type { Message } from "../../pi/message.ts";
import type { Look } from "../journal.ts";
import type { Standing } from "../store/roster.ts";
import type { Store } from "../store/store.ts";

type Input = Static<typeof append.input>;
type Said = Input["entries"][number];

export interface ArchiveOptions {
	readonly store: Pick<Store, "meta" | "setMeta" | "transaction">;
	/** What must not leave this host, of this lieutenant and in general. */
	secrets(lieutenant: string): readonly Secret[];
	/** Into the spool. */
	keep(input: Input, key: string): void;
}

/** Characters of one record: with every one of them escaped it still fits into a body of the hub. */
const BATCH = 120_000;
/** Entries of one record; each is a row there while everyone waits. */
const BATCH_ENTRIES = 200;

const marker = (lieutenant: string): string => `transcript ${lieutenant}`;

export class Archive {
	readonly #options: ArchiveOptions;

	constructor(options: ArchiveOptions) {
		this.#options = options;
	}

	add({ spec: { id, name }, owner }: Standing, { entries }: Pick<Look, "entries">): void {
		const { store, keep, secrets } = this.#options;
		const last = entries.at(-1)?.id;
		const known = store.meta(marker(id));
		if (last === undefined || last === known) return;
		// One that is not there any more: all of it again, of which the hub keeps what it does not have.
		const fresh = entries.slice(entries.findIndex((entry) => entry.id === known) + 1);
		const mask = masker(secrets(id));
		const said = fresh.flatMap((entry) => saidIn(entry, mask));
		store.transaction(() => {
			for (const batch of batches(said)) {
				const key = `transcript ${id} ${batch[0]?.entry} ${batch.at(-1)?.entry}`;
				keep({ lieutenant: id, name, owner, entries: batch }, key);
			}
			store.setMeta(marker(id), last);
		});
	}
}

/** One entry as a person reads it; none for what nobody said. */
function saidIn(entry: Entry, mask: (text: string) => string): readonly Said[] {
	const spoken = spokenIn(entry);
	if (spoken === undefined) return [];
	// Masked before it is cut, or half a key would be left at the end.
	const text = cutTo(mask(spoken.text).trim());
	return text === "" ? [] : [{ entry: entry.id, timestamp: entry.timestamp || "unknown", role: spoken.role, text }];
}

interface Spoken {
	readonly role: TranscriptEntry["role"];
	readonly text: string;
}

function spokenIn(entry: Entry): Spoken | undefined {
	if (entry.type === "custom_message") return { role: "custom", text: entry.text };
	return entry.type === "message" ? spokenBy(entry.message) : undefined;
}

function spokenBy(message: Message): Spoken | undefined {
	switch (message.role) {
		case "user":
			return { role: "user", text: unwrap(message.text).text };
		case "custom":
			return { role: "custom", text: message.text };
		case "assistant": {
			const calls = message.toolCalls.map(({ name, input }) => `→ ${name} ${JSON.stringify(input) ?? ""}`);
			const failed = message.error === undefined ? [] : [`(${message.stopReason}: ${message.error})`];
			return { role: "assistant", text: [message.text, ...calls, ...failed].filter((part) => part !== "").join("\n") };
		}
		case "toolResult":
			return { role: "tool", text: `${message.toolName}${message.isError ? " failed" : ""}: ${message.text}` };
		default:
			return undefined;
	}
}

/** The beginning and the end: an output's last lines say how it went. */
function cutTo(text: string): string {
	if (text.length <= ENTRY_MAX) return text;
	const half = (ENTRY_MAX - 100) / 2;
	return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters left out …]\n${text.slice(-half)}`;
}

function batches(said: readonly Said[]): Said[][] {
	const all: Said[][] = [];
	let characters = Number.POSITIVE_INFINITY;
	for (const one of said) {
		const open = all.at(-1);
		characters += one.text.length;
		if (open === undefined || characters > BATCH || open.length >= BATCH_ENTRIES) {
			all.push([one]);
			characters = one.text.length;
		} else open.push(one);
	}
	return all;
}
