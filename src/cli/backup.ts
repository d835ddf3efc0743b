/** `flagship backup`, `verify` and `restore`: all that a hub keeps, in one file. */
import { createReadStream } from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { hubSource } from "../backup/from-hub.ts";
import { sshSource } from "../backup/from-ssh.ts";
import { type Made, makeBackup, pack } from "../backup/make.ts";
import type { Manifest } from "../backup/manifest.ts";
import { restoreBackup } from "../backup/restore.ts";
import { inRoom } from "../backup/room.ts";
import { type Source, takeBackup } from "../backup/take.ts";
import { verifyBackup } from "../backup/trial.ts";
import { Fault, fault, reason } from "../errors.ts";
import type { Job } from "../hub/backups/make.ts";
import type { Context } from "./context.ts";

/** Where the data is that is meant: as for `flagship hub run`. */
export const dataFolderOf = ({ env, home }: Context): string => resolve(env.DATA_DIR || home.hub);

/** Throws what `makeBackup` throws. `-` is standard output. */
export async function backup(context: Context, args: readonly string[]): Promise<number> {
	const { file, json, from } = wordsOf(args, "backup <file> [--from url|ssh:host]");
	const { world, out } = context;
	// Also while SQLite makes its copy: it would give it the rights that everybody has.
	process.umask(0o077);
	if (file === "-") return await toOutput(context);
	const made =
		from === undefined
			? await makeBackup(world, dataFolderOf(context), resolve(file))
			: await takeBackup(context, resolve(file), sourceOf(context, from));
	out(json ? JSON.stringify(made, null, 2) : madeLine(made));
	return 0;
}

const ORPHANED_MS = 500;

/** For the hub itself. A refusal goes to it as data. */
export async function job({ world, input, out }: Context): Promise<number> {
	process.umask(0o077);
	const { dataFolder, target }: Job = JSON.parse(await input());
	// Nobody would hear of its end, and what it holds open is a hub's that may be gone.
	const parent = process.ppid;
	world.clock.every(ORPHANED_MS, () => {
		if (process.ppid !== parent) process.exit(1);
	});
	try {
		await makeBackup(world, dataFolder, target);
		return 0;
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		out(JSON.stringify(thrown));
		return 1;
	}
}

/** Untried: who takes it tries it. */
async function toOutput(context: Context): Promise<number> {
	const folder = dataFolderOf(context);
	if (context.terminal) throw fault("usage", "A backup is no text for a terminal; name a file.");
	await inRoom(context.world, join(folder, "output"), "made", async (room) => {
		const packed = join(room, "packed");
		await pack(context.world, folder, packed);
		await pipeline(createReadStream(packed), process.stdout, { end: false });
	});
	return 0;
}

export async function verify(context: Context, args: readonly string[]): Promise<number> {
	const { file, json } = wordsOf(args, "verify <file>");
	process.umask(0o077);
	const path = resolve(file);
	const manifest = await verifyBackup(context.world, path, resolve(path, ".."));
	context.out(json ? JSON.stringify({ file: path, manifest }, null, 2) : `${path} is whole: ${contentOf(manifest)}.`);
	return 0;
}

export async function restore(context: Context, args: readonly string[]): Promise<number> {
	const { file, json } = wordsOf(args, "restore <file>");
	process.umask(0o077);
	const folder = dataFolderOf(context);
	const restored = await restoreBackup(context.world, resolve(file), folder);
	if (json) {
		context.out(JSON.stringify(restored, null, 2));
		return 0;
	}
	const { manifest, former, tokens, seq } = restored;
	context.out(`${folder} holds what it held at ${manifest.madeAt}: ${contentOf(manifest)}.`);
	if (former !== undefined) context.out(`What was there before is in ${former}.`);
	context.out(
		tokens === undefined
			? "Tokens that were revoked or replaced after the backup are valid again: look at `flagship tokens list`."
			: `Of the tokens, ${tokens.revoked} revoked, ${tokens.rotated} replaced and ${tokens.made} made since the backup are as they were.`,
	);
	context.out(`The feed goes on at ${seq}. \`flagship hub start\` starts the hub.`);
	return 0;
}

/** Throws `usage`. */
function sourceOf(context: Context, from: string): Source {
	if (from.startsWith("ssh:")) return sshSource(from.slice("ssh:".length), context.env, context.terminal);
	return hubSource({ ...context, version: context.speaks.version }, from);
}

interface Words {
	readonly file: string;
	readonly from: string | undefined;
	readonly json: boolean;
}

function wordsOf(args: readonly string[], usage: string): Words {
	const { positionals, values } = parse(args);
	const [file, ...more] = positionals;
	const misplaced = values.from !== undefined && (file === "-" || !usage.includes("--from"));
	if (file === undefined || more.length > 0 || misplaced) throw fault("usage", `Usage: flagship ${usage} [--json]`);
	return { file, from: values.from, json: values.json === true };
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: { json: { type: "boolean" }, from: { type: "string" } },
			allowPositionals: true,
		});
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
}

export const sizeOf = (bytes: number): string =>
	bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;

const contentOf = ({ counts, seq, madeAt }: Manifest): string =>
	`${counts.tasks ?? 0} tasks, ${counts.log ?? 0} entries of the log, ${counts.feed ?? 0} events up to ${seq}, of ${madeAt}`;

const madeLine = ({ file, size, manifest }: Made): string =>
	`${file} (${sizeOf(size)}): ${contentOf(manifest)}. Tried by a restore.`;
