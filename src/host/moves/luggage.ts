/** All of a lieutenant in one file: its row, its messages, its session, its branch. */
import { fault } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { Standing } from "../store/roster.ts";
import type { Row } from "../store/store.ts";
import type { Carried } from "./branch.ts";

/** Besides the session's files and the bundle. */
export interface Manifest {
	readonly standing: Standing;
	readonly messages: readonly Row[];
	readonly branch?: Carried;
}

const PATIENT = { timeout: 600_000 };
const MANIFEST = "manifest.json";
export const BUNDLE = "branch.bundle";
/** Name of the folder, as `lieutenants/<id>` has it. */
const SESSION = "session";

/** `folder` holds bundle and manifest; the session lies in `home`. Answers the size of `file` in bytes. */
export async function packed(world: World, folder: string, home: string, manifest: Manifest, file: string) {
	world.files.write(`${folder}/${MANIFEST}`, JSON.stringify(manifest), 0o600);
	world.files.makeFolder(file.slice(0, file.lastIndexOf("/")), 0o700);
	world.files.makeFolder(`${home}/${SESSION}`, 0o700);
	const names = world.files.list(folder).filter((name) => [MANIFEST, BUNDLE].includes(name));
	await tar(world, "-czf", file, "-C", folder, ...names, "-C", home, SESSION);
	return world.files.stat(file)?.size ?? 0;
}

/** Into `folder`, which is emptied before. Throws `move_failed` for a file that is not whole. */
export async function unpacked(world: World, file: string, bytes: number, folder: string): Promise<Manifest> {
	const size = world.files.stat(file)?.size ?? 0;
	if (size !== bytes) throw fault("move_failed", `${size} of ${bytes} bytes have come`);
	world.files.remove(folder);
	world.files.makeFolder(folder, 0o700);
	await tar(world, "-xzf", file, "-C", folder);
	return JSON.parse(world.files.read(`${folder}/${MANIFEST}`) ?? "") as Manifest;
}

/** Puts the session where pi looks for it. Its header names the folder that the conversation is about: the new one. */
export function placeSession({ files }: World, folder: string, home: string, cwd: string): void {
	const to = `${home}/${SESSION}`;
	files.remove(to);
	files.makeFolder(to, 0o700);
	for (const name of files.list(`${folder}/${SESSION}`)) {
		const [header = "", ...rest] = (files.read(`${folder}/${SESSION}/${name}`) ?? "").split("\n");
		files.write(`${to}/${name}`, [headed(header, cwd), ...rest].join("\n"), 0o600);
	}
}

function headed(line: string, cwd: string): string {
	try {
		const header: unknown = JSON.parse(line);
		const isHeader = typeof header === "object" && header !== null && "type" in header && header.type === "session";
		return isHeader ? JSON.stringify({ ...header, cwd }) : line;
	} catch {
		// A first line that is none of pi's: carried as it is, pi says itself what it makes of it.
		return line;
	}
}

async function tar(world: World, ...args: readonly string[]): Promise<void> {
	const ran = await world.spawn.run("tar", args, PATIENT);
	if (ran.code !== 0) throw fault("move_failed", ran.stderr.trim().split("\n").at(-1) ?? `tar ended with ${ran.code}`);
}
