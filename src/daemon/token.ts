/** The admin token of a hub on this machine: a file that only its owner can read, made once. */
import type { World } from "../world.ts";
import { adminTokenFile } from "./home.ts";

/** Only the holder of the data folder's lock calls this, so no two tokens are made. */
export function makeAdminToken(world: World, dataFolder: string): string {
	const known = readAdminToken(world, dataFolder);
	return known ?? renewAdminToken(world, dataFolder);
}

/** Another one in its place: who holds the old one has to read the file again. */
export function renewAdminToken(world: World, dataFolder: string): string {
	const token = Buffer.from(world.random.bytes(32)).toString("base64url");
	world.files.write(adminTokenFile(dataFolder), `${token}\n`);
	return token;
}

/** Undefined while no hub has run on this folder. */
export function readAdminToken(world: World, dataFolder: string): string | undefined {
	const token = world.files.read(adminTokenFile(dataFolder))?.trim();
	return token === "" ? undefined : token;
}
