/** What SQLite says of a file that cannot be read or written, in words that tell a person what to do. */
import { dirname, join } from "node:path";
import { BACKUP_NAME } from "../../contract/backups.ts";
import { type Fault, fault, reason } from "../../errors.ts";
import type { World } from "../../world.ts";

/** SQLite's primary result codes: SQLITE_CORRUPT, SQLITE_NOTADB; and SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);
const UNUSABLE: ReadonlySet<number> = new Set([3, 8, 14]);

/** The lowest byte of an extended code is the primary one. */
const codeOf = (thrown: unknown): number | undefined =>
	thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number"
		? thrown.errcode & 0xff
		: undefined;

/** A page that cannot be read, met by a hub at work; undefined for any other error. */
export function damageOf(thrown: unknown): Fault | undefined {
	const code = codeOf(thrown);
	if (code === undefined || !DAMAGED.has(code)) return undefined;
	return fault("hub_damaged", "The hub's database", reason(thrown), "What can still be read, can still be exported.");
}

/** The same as a hub meets it that starts on `file`; anything else comes back as it is. */
export function refusalOf(thrown: unknown, file: string, files: Pick<World["files"], "list">): unknown {
	const code = codeOf(thrown);
	if (code === undefined) return thrown;
	if (DAMAGED.has(code)) return fault("hub_damaged", file, reason(thrown), newestBeside(file, files));
	return UNUSABLE.has(code) ? fault("home_unusable", file, reason(thrown)) : thrown;
}

/** The folder that the settings may name instead is the person's to look into: it may be on a disk that is away. */
function newestBeside(file: string, files: Pick<World["files"], "list">): string {
	const folder = join(dirname(file), "backups");
	const newest = files.list(folder).findLast((name) => new RegExp(BACKUP_NAME).test(name));
	return newest === undefined
		? `There is no backup in ${folder}.`
		: `The newest backup beside it is ${join(folder, newest)}.`;
}
