/** What clients of the old server are answered: judged whole, key by key. */
import { expect } from "vitest";
import type { Body, TestHub } from "../support.ts";

export const ulid: unknown = expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/);
export const iso: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

export const oldClient = (ask: TestHub["ask"]) => ({
	/** Success: its status, and all keys that the answer has. */
	async gives(method: string, path: string, body: unknown, status: number, answer: unknown): Promise<Body> {
		const reply = await ask(method, path, body);
		expect([reply.status, reply.body], `${method} ${path}`).toEqual([status, answer]);
		return reply.body;
	},
	/** The old words under `error`. */
	async refuses(method: string, path: string, body: unknown, status: number, error: string): Promise<void> {
		const reply = await ask(method, path, body);
		expect([reply.status, reply.body.error], `${method} ${path} ${JSON.stringify(body)}`).toEqual([status, error]);
	},
});
