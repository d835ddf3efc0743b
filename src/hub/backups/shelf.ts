/** The folder with a hub's own backups. What is there under such a name was tried by a restore before it had it. */
import { dirname, join } from "node:path";
import { BACKUP_NAME, type Backup } from "../../contract/backups.ts";
import type { Context } from "../context.ts";
import { iso } from "../window.ts";
import { kept } from "./rules.ts";

const NAME = new RegExp(BACKUP_NAME);

type Hub = Pick<Context, "backups" | "database" | "world">;

/** The folder that the hub's database is in. */
export function dataFolderOf({ database }: Pick<Context, "database">): string {
	const files = database.reader.all<{ name: string; file: string }>("pragma database_list");
	return dirname(files.find(({ name }) => name === "main")?.file ?? "");
}

export const folderOf = (hub: Hub): string => hub.backups.folder ?? join(dataFolderOf(hub), "backups");

/** `hub-20260131T120000000Z.backup` */
export const nameAt = (ms: number): string => `hub-${iso(ms).replaceAll(/[-:.]/g, "")}.backup`;

/** The moment in such a name, ms since 1970. */
const momentOf = (name: string): number =>
	Date.parse(name.replace(/^hub-(....)(..)(..)T(..)(..)(..)(...)Z.*$/, "$1-$2-$3T$4:$5:$6.$7Z"));

/** Newest first. */
export function backupsOf(hub: Hub): readonly Backup[] {
	const { files } = hub.world;
	const folder = folderOf(hub);
	const names = files.list(folder).filter((name) => NAME.test(name) && !Number.isNaN(momentOf(name)));
	return names.reverse().flatMap((name) => {
		const size = files.stat(join(folder, name))?.size;
		return size === undefined ? [] : [{ name, madeAt: iso(momentOf(name)), size }];
	});
}

/** Removes what the rules do not keep; answers the names. Only once a newer one is there, and whole. */
export function rotate(hub: Hub): readonly string[] {
	const all = backupsOf(hub);
	const wanted = kept(
		all.map(({ madeAt }) => Date.parse(madeAt)),
		hub.backups,
		hub.world.clock.now(),
	);
	const gone = all.filter(({ madeAt }) => !wanted.has(Date.parse(madeAt))).map(({ name }) => name);
	for (const name of gone) hub.world.files.remove(join(folderOf(hub), name));
	return gone;
}
