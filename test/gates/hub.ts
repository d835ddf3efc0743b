/** A hub that takes everything: what real pi sends to it over HTTP is what a test looks at. */
import { createServer } from "node:http";
import { afterAll } from "vitest";

export interface Taken {
	readonly path: string;
	readonly body: Readonly<Record<string, unknown>>;
	readonly key: string | undefined;
}

export interface TakingHub {
	readonly url: string;
	readonly taken: Taken[];
	bodies(path: string): readonly Readonly<Record<string, unknown>>[];
	/** Answers 503 from now on, as a hub whose disk is full. */
	refuse(yes: boolean): void;
}

export async function makeTakingHub(): Promise<TakingHub> {
	const taken: Taken[] = [];
	let refusing = false;
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const body: Record<string, unknown> = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
		const key = request.headers["idempotency-key"];
		response.setHeader("content-type", "application/json");
		if (refusing) {
			response.writeHead(503).end(JSON.stringify({ error: "full", code: "storage_failed", remedy: "Free space." }));
			return;
		}
		taken.push({ path: request.url ?? "", body, key: typeof key === "string" ? key : undefined });
		response
			.writeHead(201)
			.end(JSON.stringify({ id: `01ID${taken.length}`, timestamp: "2026-01-01T00:00:00.000Z", ...body }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	afterAll(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	const port = typeof address === "object" && address !== null ? address.port : 0;
	return {
		url: `http://127.0.0.1:${port}`,
		taken,
		bodies: (path) => taken.filter((one) => one.path === path).map((one) => one.body),
		refuse(yes) {
			refusing = yes;
		},
	};
}
