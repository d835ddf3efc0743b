/** A backup read back: its manifest, and the database in it, of which every byte is judged on the way. */
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { fault, isDiskFull, reason } from "../errors.ts";
import { Digests, LINE_MAX, type Manifest, manifestOf, PIECE } from "./manifest.ts";

const CHUNK = 1024 * 1024;

interface Head {
	readonly manifest: Manifest;
	/** Where what is packed begins. */
	readonly at: number;
}

/** Throws `not_found`, `backup_damaged`, `newer_data`. */
export const readManifest = async (file: string): Promise<Manifest> => (await headOf(file)).manifest;

async function headOf(file: string): Promise<Head> {
	const handle = await open(file, "r").catch((thrown: unknown) => {
		throw isMissing(thrown) ? fault("not_found", `Backup ${file}`) : fault("backup_damaged", file, reason(thrown));
	});
	try {
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(LINE_MAX), 0, LINE_MAX, 0);
		const end = buffer.subarray(0, bytesRead).indexOf("\n");
		if (end === -1) throw fault("backup_damaged", file, "it does not begin as one");
		return { manifest: manifestOf(buffer.toString("utf8", 0, end), file), at: end + 1 };
	} finally {
		await handle.close();
	}
}

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

/** Writes the database in it to `into`. Throws `backup_damaged` with the place, or what the file system says. */
export async function unpack(file: string, into: string): Promise<Manifest> {
	const { manifest, at } = await headOf(file);
	const digests = new Digests();
	const source = createReadStream(file, { start: at, highWaterMark: CHUNK });
	try {
		await pipeline(
			source,
			createGunzip({ chunkSize: CHUNK }),
			async function* (chunks: AsyncIterable<Buffer>) {
				for await (const chunk of chunks) {
					digests.add(chunk);
					judge(manifest, digests.pieces, file);
					yield chunk;
				}
			},
			createWriteStream(into, { flags: "wx", mode: 0o600, flush: true }),
		);
	} catch (thrown) {
		if (!isUnpacking(thrown)) throw thrown;
		const where = `what is packed in it cannot be read beyond byte ${at + source.bytesRead} of the file (${reason(thrown)})`;
		throw fault("backup_damaged", file, where);
	}
	const { bytes, sha256, pieces } = digests.end();
	judge(manifest, pieces, file);
	if (bytes !== manifest.bytes || sha256 !== manifest.sha256)
		throw fault("backup_damaged", file, `it holds ${bytes} bytes of the database's ${manifest.bytes}`);
	return manifest;
}

/** zlib's own word, not the file system's. */
const isUnpacking = (thrown: unknown): boolean =>
	thrown instanceof Error && "code" in thrown && /^Z_/.test(String(thrown.code)) && !isDiskFull(thrown);

function judge(manifest: Manifest, pieces: readonly string[], file: string): void {
	const wrong = pieces.findIndex((piece, n) => piece !== manifest.pieces[n]);
	if (wrong === -1) return;
	const from = wrong * PIECE;
	const to = Math.min(manifest.bytes, from + PIECE);
	throw fault("backup_damaged", file, `bytes ${from} to ${to} of the database in it are not as they were written`);
}
