/** The data folder of a vers-agent-services: which file holds what. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { ImportKind } from "../../contract/imports.ts";

/** One record a line. */
export const LINE_FILES = {
	"feed.jsonl": "event",
	"log.jsonl": "log",
	"journal.jsonl": "journal",
	"commits.jsonl": "commit",
} as const satisfies Readonly<Record<string, ImportKind>>;

/** One document, with lists of records. */
export const DOCUMENTS = {
	"registry.json": { vms: "vm" },
	"board.json": { tasks: "task" },
	"skills.json": { skills: "skill", changeLog: "change" },
	"extensions.json": { extensions: "extension", changeLog: "change" },
	"agent-manifests.json": { manifests: "manifest" },
	"reports.json": { reports: "report" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ImportKind>>>>;

export const LINKS_FILE = "reports.db";
export const USAGE_FILE = "usage.duckdb";
/** What a database had not yet taken into its file when it was copied. */
export const LOGS_AHEAD = { [LINKS_FILE]: `${LINKS_FILE}-wal`, [USAGE_FILE]: `${USAGE_FILE}.wal` } as const;

export const ALL_FILES: readonly string[] = [
	...[...Object.keys(LINE_FILES), ...Object.keys(DOCUMENTS)],
	...[LINKS_FILE, USAGE_FILE, ...Object.values(LOGS_AHEAD)],
];

/** Beside the data, and of no use elsewhere. */
export const PASSED_OVER: ReadonlySet<string> = new Set([`${LINKS_FILE}-shm`]);

export type Found =
	| { readonly type: "file" }
	| { readonly type: "none" }
	| { readonly type: "odd"; readonly why: string };

/** A link is not followed: what is beyond it is not the folder's. */
export function lookAt(folder: string, name: string): Found {
	const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
	if (found === undefined) return { type: "none" };
	if (found.isFile()) return { type: "file" };
	return { type: "odd", why: found.isSymbolicLink() ? "it is a link" : "it is no file" };
}
