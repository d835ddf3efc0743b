/** A file as an answer, piece by piece: whole, or from where a reader was cut off. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { World } from "../../world.ts";

const PIECE = 256 * 1024;

/** The one form of Range that a resumed download sends; any other is passed over, as HTTP allows. */
const FROM = /^bytes=(\d{1,15})-$/;

export function sendFile(
	{ files }: Pick<World, "files">,
	{ path, size }: { readonly path: string; readonly size: number },
	range: string | undefined,
	reply: FastifyReply,
): FastifyReply {
	const [, asked] = FROM.exec(range ?? "") ?? [];
	const from = Number(asked ?? 0);
	reply.type("application/octet-stream").header("accept-ranges", "bytes");
	if (from > size) return reply.code(416).header("content-range", `bytes */${size}`).send("");
	if (asked !== undefined) reply.code(206).header("content-range", `bytes ${from}-${Math.max(0, size - 1)}/${size}`);
	const pieces = function* (): Generator<Uint8Array> {
		for (let at = from; at < size; ) {
			const piece = files.readFrom(path, at, Math.min(PIECE, size - at));
			// It became shorter: the connection is cut, and the reader knows.
			if (piece.length === 0) throw new Error(`${path} ended at ${at} of ${size} bytes`);
			at += piece.length;
			yield piece;
		}
	};
	return reply
		.header("content-length", size - from)
		.send(Readable.from(pieces(), { objectMode: false, highWaterMark: PIECE }));
}
