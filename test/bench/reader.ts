/**
 * Readers in a process of their own, so that what they do with an answer delays nobody who measures:
 * `node reader.ts <port> <token> <connections> <path> …`. Each goes round all paths; prints how many answers it got when
 * it is told to end.
 */
import { connect } from "node:net";
import { bytesOf } from "./wire.ts";

const [port = "", token = "", connections = "", ...paths] = process.argv.slice(2);
const requests = paths.map((path) => bytesOf({ method: "GET", path, token }));
const HEAD_END = "\r\n\r\n";
let answers = 0;
let bytes = 0;

/** Counts an answer's bytes and looks at none but its head's. */
function readFrom(first: number): void {
	const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
	let next = first;
	let left = 0;
	let head = "";
	const ask = (): void => void socket.write(requests[next++ % requests.length] ?? "");
	socket.on("connect", ask);
	socket.on("data", (piece: Buffer) => {
		bytes += piece.length;
		let rest = piece.length;
		if (left === 0) {
			head += piece.toString("latin1", 0, 4_096);
			const end = head.indexOf(HEAD_END);
			if (end < 0) return;
			if (!head.startsWith("HTTP/1.1 200")) throw new Error(head);
			left = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0) + end + HEAD_END.length;
			head = "";
		}
		rest = Math.min(rest, left);
		left -= rest;
		if (left > 0) return;
		answers++;
		ask();
	});
}

for (let n = 0; n < Number(connections); n++) readFrom(n);
process.stdout.write("reading\n");
process.once("SIGTERM", () => {
	process.stdout.write(`${JSON.stringify({ answers, bytes })}\n`, () => process.exit(0));
});
