/** The records of a data folder, in the order in which they can be taken. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ImportKind } from "../../contract/imports.ts";
import { reason } from "../../errors.ts";
import { type Element, elementsOf } from "./elements.ts";
import { DOCUMENTS, LINE_FILES, LINKS_FILE, lookAt, USAGE_FILE } from "./files.ts";
import { type Fields, type Item, isFields, parsed, rejected } from "./item.ts";
import { LINE_MAX, linesOf } from "./lines.ts";
import { accessItems, linkItems } from "./links.ts";
import { type UsageReader, usageItems } from "./usage.ts";

/** Bytes of a document, beyond which it is not read: the old server, too, holds it in memory. */
const DOCUMENT_MAX = 256 * 1_048_576;

type Document = keyof typeof DOCUMENTS;
type Lines = keyof typeof LINE_FILES;

/** `copies`: a folder of one's own, into which databases are copied before they are opened. */
export async function* itemsOf(folder: string, copies: string, readUsage: UsageReader): AsyncGenerator<Item> {
	yield* documentItems(folder, "registry.json", ["vm"]);
	yield* boardItems(folder);
	for (const name of ["feed.jsonl", "log.jsonl", "journal.jsonl", "commits.jsonl"] as const)
		yield* lineItems(folder, name);
	for (const name of ["skills.json", "extensions.json"] as const) {
		yield* documentItems(folder, name, ["skill", "extension", "change"]);
	}
	yield* documentItems(folder, "agent-manifests.json", ["manifest"]);
	yield* documentItems(folder, "reports.json", ["report"]);
	yield* odd(folder, LINKS_FILE, "link") ?? linkItems(folder, copies);
	if (odd(folder, LINKS_FILE, "access") === undefined) yield* accessItems(folder, copies);
	yield* odd(folder, USAGE_FILE, "session") ?? usageItems(folder, copies, readUsage);
}

/** What stands in place of a file that is none; undefined for one that can be read. */
function odd(folder: string, file: string, kind: ImportKind): readonly Item[] | undefined {
	const found = lookAt(folder, file);
	if (found.type === "file") return undefined;
	return found.type === "none" ? [] : [rejected({ file, line: 0, kind, raw: "" }, found.why)];
}

function* lineItems(folder: string, file: Lines): Generator<Item> {
	const kind = LINE_FILES[file];
	const none = odd(folder, file, kind);
	if (none !== undefined) return yield* none;
	for (const { line, text: raw, ...read } of linesOf(join(folder, file))) {
		const place = { file, line, kind, raw };
		yield read.type === "bad" ? rejected(place, read.why) : parsed(place);
	}
}

function* documentItems(folder: string, file: Document, wanted: readonly ImportKind[]): Generator<Item> {
	const kinds: Readonly<Record<string, ImportKind>> = DOCUMENTS[file];
	const [main] = Object.values(kinds);
	if (main === undefined) return;
	const none = odd(folder, file, main);
	if (none !== undefined) return yield* none;
	const whole = { file, line: 1, kind: main, raw: "" };
	try {
		if (statSync(join(folder, file)).size > DOCUMENT_MAX) throw new Error("it is larger than 256 MiB");
		const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(join(folder, file)));
		for (const element of elementsOf(text)) {
			const kind = Object.hasOwn(kinds, element.key) ? kinds[element.key] : undefined;
			if (kind !== undefined && wanted.includes(kind)) yield itemOf(file, kind, element);
		}
		if (!isWhole(text)) yield rejected(whole, "the file is cut off; what stands whole in it was taken");
	} catch (thrown) {
		yield rejected(whole, `the file cannot be read: ${reason(thrown)}`);
	}
}

/** A document that was cut between two records shows it by nothing else. */
const isWhole = (text: string): boolean => text.trimEnd().endsWith("}");

function itemOf(file: string, kind: ImportKind, { line, text: raw, whole }: Element): Item {
	const place = { file, line, kind, raw };
	if (!whole) return rejected(place, "the file's end cuts it off");
	// A task may be larger: what hangs on it is sent by itself.
	if (kind !== "task" && Buffer.byteLength(raw) > LINE_MAX)
		return rejected(place, `it is longer than ${LINE_MAX} bytes`);
	return parsed(place);
}

/** Tasks first, and then what hangs on them: a dependency may come before the task that it names. */
function* boardItems(folder: string): Generator<Item> {
	const parts: Item[][] = [[], [], []];
	for (const item of documentItems(folder, "board.json", ["task"])) {
		if (item.type === "reject") {
			yield item;
			continue;
		}
		const { notes, artifacts, dependencies, ...task } = item.record;
		yield { ...item, record: task, raw: JSON.stringify(task) };
		const id = task.id;
		parts[0]?.push(...hanging(item, "note", notes, (note) => ({ ...note, task: id })));
		parts[1]?.push(...hanging(item, "artifact", artifacts, numbered(id)));
		parts[2]?.push(...hanging(item, "dependency", dependencies, ({ id: dependency }) => ({ task: id, dependency })));
	}
	for (const items of parts) yield* items;
}

type Hung = Item & { readonly type: "record" };

function hanging(task: Hung, kind: ImportKind, list: unknown, made: (fields: Fields) => Fields): Item[] {
	const { file, line } = task;
	if (list === undefined) return [];
	if (!Array.isArray(list)) return [rejected({ file, line, kind, raw: JSON.stringify(list) }, "it is no list")];
	return list.map((entry: unknown): Item => {
		const place = { file, line, kind, raw: JSON.stringify(entry) ?? "" };
		if (kind === "dependency") return { type: "record", ...place, record: made({ id: entry }) };
		return isFields(entry) ? { type: "record", ...place, record: made(entry) } : rejected(place, "it is no object");
	});
}

/** Artifacts have no id: of those that say the same on one task each has its number. */
function numbered(task: unknown): (artifact: Fields) => Fields {
	const seen = new Map<string, number>();
	return (artifact) => {
		const said = JSON.stringify(artifact);
		const nth = seen.get(said) ?? 0;
		seen.set(said, nth + 1);
		return { ...artifact, task, nth };
	};
}
