import { join } from "node:path";
import * as contract from "../../contract/backups.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import { type Chore, type FileHandler, read, work } from "../handle.ts";
import { iso } from "../window.ts";
import { isMaking, makeBackup } from "./make.ts";
import { dueAt, isAlarming, type Past } from "./rules.ts";
import { backupsOf, folderOf } from "./shelf.ts";

export const make = work(contract.make, ({ caller: { name, role }, hub }) => makeBackup(hub, { name, role }));

export const list = read(contract.list, ({ hub }) => {
	const backups = [...backupsOf(hub)];
	return { backups, count: backups.length, folder: folderOf(hub) };
});

export const status = read(contract.status, ({ hub, now }) => {
	const [last] = backupsOf(hub);
	const { past, why } = pastOf(hub);
	const due = dueAt(hub.backups, past);
	return {
		...(last === undefined ? {} : { last }),
		...(past.failed === undefined ? {} : { failed: { at: iso(past.failed), why } }),
		...(due === undefined ? {} : { next: iso(Math.max(due, now)) }),
		alarm: isAlarming(hub.backups, past, now),
		folder: folderOf(hub),
	};
});

export const fetch: FileHandler = {
	type: "file",
	operation: contract.fetch,
	find({ name }, hub) {
		const found = backupsOf(hub).find((one) => one.name === name);
		if (found === undefined) throw fault("not_found", "Backup");
		return { path: join(folderOf(hub), found.name), size: found.size };
	},
};

/** What is on the disk says what was made; the feed says what failed since. */
function pastOf(hub: Context): { readonly past: Past; readonly why: string } {
	const { reader } = hub.database;
	const [last] = backupsOf(hub);
	const newest = last === undefined ? undefined : Date.parse(last.madeAt);
	const first = reader.get<{ timestamp: string }>("select timestamp from feed order by seq limit 1");
	const bad = reader.get<{ timestamp: string; summary: string }>(
		"select timestamp, summary from feed where type = 'backup_failed' order by seq desc limit 1",
	);
	const failed = bad === undefined ? Number.NEGATIVE_INFINITY : Date.parse(bad.timestamp);
	return {
		past: {
			newest,
			oldest: first === undefined ? undefined : Date.parse(first.timestamp),
			failed: failed > (newest ?? 0) ? failed : undefined,
		},
		why: bad?.summary ?? "",
	};
}

/** Nobody asked for it. */
const HUB: Author = { name: "hub", role: "admin" };

/** Makes what is due. A failure is told by its event, and tried again an hour later. */
export async function backUpWhenDue(hub: Context): Promise<void> {
	const due = dueAt(hub.backups, pastOf(hub).past);
	if (due === undefined || due > hub.world.clock.now() || isMaking(hub.database)) return;
	await makeBackup(hub, HUB);
}

export const backingUp: Chore = { type: "chore", every: 60_000, run: backUpWhenDue };
