/**
 * A restore on trial, in a folder of its own: unpack, let SQLite judge every page and key, count again, and open it with
 * the hub's own code, which brings it up to its schema and answers questions over HTTP. Only what passes is a backup.
 */
import { join } from "node:path";
import { createClient } from "../client/client.ts";
import * as feed from "../contract/feed.ts";
import { packageVersion } from "../daemon/version.ts";
import { fault, reason } from "../errors.ts";
import type { World } from "../world.ts";
import { countsOf, type Manifest } from "./manifest.ts";
import { readManifest, unpack } from "./read.ts";
import { inRoom, needSpace } from "./room.ts";

/** Throws `backup_damaged`, `newer_data` or `backup_failed`, and leaves nothing behind. */
export const verifyBackup = (world: World, file: string, near: string): Promise<Manifest> =>
	inRoom(world, join(near, "verify"), "tried", (folder) => tryRestore(world, file, folder));

/** In a folder that the caller removes. */
export async function tryRestore(world: World, file: string, folder: string): Promise<Manifest> {
	const { bytes } = await readManifest(file);
	needSpace(world, folder, bytes);
	const data = join(folder, "trial");
	world.files.makeFolder(data);
	const manifest = await unpack(file, join(data, "hub.db"));
	try {
		inspect(world, join(data, "hub.db"), manifest, file);
		await openByHub(world, data, manifest, file);
	} catch (thrown) {
		throw isDamage(thrown) ? fault("backup_damaged", file, reason(thrown)) : thrown;
	}
	return manifest;
}

/** SQLite's word for a file whose pages do not fit together, or that is no database. */
const isDamage = (thrown: unknown): boolean =>
	thrown instanceof Error && "errcode" in thrown && [11, 26].includes(Number(thrown.errcode) & 0xff);

/** Throws `backup_damaged`. */
function inspect({ files }: Pick<World, "files">, database: string, manifest: Manifest, file: string): void {
	const opened = files.database(database);
	try {
		const said = opened
			.prepare("pragma integrity_check(3)")
			.all()
			.map((row) => String(row.integrity_check));
		if (said.join() !== "ok") throw fault("backup_damaged", file, said.join("; "));
		const [orphan] = opened.prepare("pragma foreign_key_check").all();
		if (orphan !== undefined)
			throw fault(
				"backup_damaged",
				file,
				`a row of ${orphan.table} belongs to one of ${orphan.parent} that is not there`,
			);
		const { counts } = countsOf(opened);
		const tables = new Set([...Object.keys(counts), ...Object.keys(manifest.counts)]);
		const wrong = [...tables].find((table) => counts[table] !== manifest.counts[table]);
		if (wrong !== undefined)
			throw fault(
				"backup_damaged",
				file,
				`${wrong} has ${counts[wrong] ?? 0} rows, and had ${manifest.counts[wrong] ?? 0}`,
			);
	} finally {
		opened.close();
	}
}

/** Throws `newer_data` when a newer Flagship made it. */
async function openByHub(world: World, data: string, manifest: Manifest, file: string): Promise<void> {
	const { startHub } = await import("../hub/hub.ts");
	const token = Buffer.from(world.random.bytes(32)).toString("hex");
	const version = packageVersion();
	const heard: string[] = [];
	const complain = (what: string): void => void heard.push(what);
	const hub = await startHub({
		...{ world, dataFolder: data, host: "127.0.0.1", port: 0, adminTokens: [token], version, complain },
	});
	const client = createClient({ world, version, resolve: () => ({ url: hub.address, token }), timeout: 20_000 });
	try {
		const { total } = await client.call(feed.stats, {});
		if (total !== (manifest.counts.feed ?? 0))
			throw fault("backup_damaged", file, `the hub finds ${total} events in it, not ${manifest.counts.feed}`);
	} finally {
		client.close();
		await hub.close();
	}
}
