/** What plain node:http can do: `GET /<n>` is answered with n bytes of JSON. Prints its address. */
import { createServer } from "node:http";

const bodies = new Map<string, Buffer>();

function bodyOf(path: string): Buffer {
	const known = bodies.get(path);
	if (known !== undefined) return known;
	const body = Buffer.from(JSON.stringify("x".repeat(Math.max(0, Number(path.slice(1)) - 2))));
	bodies.set(path, body);
	return body;
}

const server = createServer((request, response) => {
	response.setHeader("content-type", "application/json");
	response.end(bodyOf(request.url ?? "/2"));
});
server.listen(0, "127.0.0.1", () => {
	const address = server.address();
	const port = typeof address === "object" && address !== null ? address.port : 0;
	process.stdout.write(`http://127.0.0.1:${port}\n`);
});
