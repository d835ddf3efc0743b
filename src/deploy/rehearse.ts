/** A verified backup of the hub of this machine, and what this version would make of it: tried on a copy, beside the hub. */
import { join } from "node:path";
import { makeBackup } from "../backup/make.ts";
import { inRoom } from "../backup/room.ts";
import { tryRestore } from "../backup/trial.ts";
import { type Client, createClient } from "../client/client.ts";
import * as backups from "../contract/backups.ts";
import { type Environment, type Home, settingsFile } from "../daemon/home.ts";
import { readSettings } from "../daemon/settings.ts";
import { readAdminToken } from "../daemon/token.ts";
import { fault } from "../errors.ts";
import { backupSettings } from "../hub/backups/rules.ts";
import { nameAt } from "../hub/backups/shelf.ts";
import type { World } from "../world.ts";
import { holdingsOf, lossOf } from "./holdings.ts";

export interface Here {
	readonly world: World;
	readonly home: Home;
	readonly env: Environment;
	/** This version. */
	readonly version: string;
}

/** ms for a hub of many gigabytes on a slow disk. */
const BACKUP_WITHIN = 900_000;

/** A client of the hub of this home, as its admin. */
export const hubClient = ({ world, home, version }: Here, url: string): Client =>
	createClient({ world, version, resolve: () => ({ url, token: readAdminToken(world, home.hub) }), timeout: 20_000 });

/** Made by the hub that runs, so that its feed and its shelf know it; else from its records. Answers the file. */
export async function backUp(here: Here, address: string | undefined): Promise<string> {
	const { world, home, env } = here;
	if (address === undefined) {
		const { folder } = backupSettings(readSettings(home, env).values, settingsFile(home));
		const file = join(folder ?? join(home.hub, "backups"), nameAt(world.clock.now()));
		return (await makeBackup(world, home.hub, file)).file;
	}
	const client = hubClient(here, address);
	try {
		const { name } = await client.call(backups.make, {}, { timeout: BACKUP_WITHIN });
		const { folder } = await client.call(backups.list, {});
		return join(folder, name);
	} finally {
		client.close();
	}
}

/** Throws why this version cannot take over what is in the backup. */
export const rehearse = ({ world, home }: Here, backup: string): Promise<void> =>
	inRoom(world, join(home.hub, "rehearsal"), "tried", async (folder) => {
		const before = await tryRestore(world, backup, folder);
		const now = holdingsOf(world.files, join(folder, "trial"));
		const loss = now === undefined ? "nothing is left of them" : lossOf(before, now);
		if (loss !== undefined) throw fault("backup_failed", "taken over on trial", loss);
	});
