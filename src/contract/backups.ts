/** Backups that a hub makes of itself. Making one at any place, trying and restoring are the command's: `docs/backup.md`. */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";

/** Only such names are asked for, listed and removed: what a person puts beside them stays. */
export const BACKUP_NAME = "^hub-\\d{8}T\\d{9}Z\\.backup$";

export const Backup = Type.Object({
	name: Type.String({ description: "of the file, in `folder`" }),
	madeAt: Type.String({ description: "ISO 8601, UTC" }),
	size: Type.Integer({ description: "bytes" }),
});
export type Backup = Static<typeof Backup>;

export const BackupStatus = Type.Object({
	last: Type.Optional(Backup),
	failed: Type.Optional(
		Type.Object({ at: Type.String(), why: Type.String() }, { description: "there when none was made since" }),
	),
	next: Type.Optional(Type.String({ description: "when the schedule makes one; absent without a schedule, or data" })),
	alarm: Type.Boolean({ description: "the last one failed, or is older than two periods" }),
	folder: Type.String(),
});
export type BackupStatus = Static<typeof BackupStatus>;

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`;
const line = ({ name, madeAt, size }: Backup): string => `${name}  ${megabytes(size)}  of ${madeAt}`;

export const make = operation({
	name: "backups.make",
	at: "hub",
	tool: "backups_make",
	cli: "backups make",
	summary: "Make a backup of the hub now, in its own folder, tried by a restore. One that is being made is waited for.",
	method: "POST",
	path: "/backups",
	status: 201,
	input: Type.Object({}),
	output: Backup,
	allow: ["admin"],
	patience: 900_000,
	tell: (backup) => `${line(backup)}. Tried by a restore.`,
});

export const list = operation({
	name: "backups.list",
	at: "hub",
	tool: "backups_list",
	cli: "backups list",
	summary: "List the backups that the hub has of itself, newest first.",
	method: "GET",
	path: "/backups",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ backups: Type.Array(Backup), count: Type.Integer(), folder: Type.String() }),
	allow: ["admin"],
	tell: ({ backups, folder }) => [...backups.map(line), `${backups.length} in ${folder}`].join("\n"),
});

export const status = operation({
	name: "backups.status",
	at: "hub",
	tool: "backups_status",
	cli: "backups status",
	summary: "Say how old the newest backup of the hub is, whether the last one failed, and when the next is due.",
	method: "GET",
	path: "/backups/status",
	status: 200,
	input: Type.Object({}),
	output: BackupStatus,
	allow: ["admin", "orchestrator"],
	tell: ({ last, failed, next, alarm, folder }) =>
		[
			last === undefined ? "No backup." : `Last: ${line(last)}`,
			...(failed === undefined ? [] : [`Failed at ${failed.at}: ${failed.why}`]),
			next === undefined ? "Nothing is scheduled." : `Next: ${next}`,
			`Folder: ${folder}${alarm ? "\nThis needs a person: without a backup a lost disk is a lost hub." : ""}`,
		].join("\n"),
});

export const fetch = operation({
	name: "backups.fetch",
	at: "hub",
	cli: { none: "its answer is a file, which `flagship backup <file> --from <url>` takes" },
	summary: "Download a backup; the header Range resumes one that was cut off.",
	method: "GET",
	path: "/backups/:name",
	status: 200,
	answers: "file",
	input: Type.Object({ name: Type.String({ minLength: 1, maxLength: 100, description: "from the list" }) }),
	output: Type.Unknown({ description: "the file" }),
	allow: ["admin"],
	tell: () => "",
});
