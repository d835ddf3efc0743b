/** A hub that is killed while two publish: what it acknowledged is there, versions are dense, events are as many. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { makeFolder } from "../../support/folder.ts";
import { runHub } from "../hub-process.ts";
import type { Body, caller } from "../support.ts";

async function publishUntilGone(ask: ReturnType<typeof caller>, who: string, kept: Map<number, string>): Promise<void> {
	for (let n = 0; ; n++) {
		const content = `${who} ${n} ${"x".repeat(20_000)}`;
		try {
			const item = { name: "board", description: "d", content, publishedBy: who };
			const { status, body } = await ask("POST", "/skills/items", item);
			if (status === 201) kept.set(body.version, content);
		} catch {
			// The hub is gone: what was not acknowledged was not promised.
			return;
		}
	}
}

test("kill -9 in the middle of two publishers loses no acknowledged version and leaves none half", async () => {
	const folder = makeFolder();
	const kept = new Map<number, string>();
	for (let round = 0; round < 2; round++) {
		const { ask, child, ended } = await runHub(folder);
		const publishers = ["x", "y"].map((who) => publishUntilGone(ask, `${who}${round}`, kept));
		const target = kept.size + 40;
		while (kept.size < target) await new Promise((resolve) => setImmediate(resolve));
		child.kill("SIGKILL");
		await Promise.all([...publishers, ended]);
	}
	const { ask, child, ended } = await runHub(folder);
	const { versions } = (await ask("GET", "/skills/items/board/versions")).body;
	const newest = versions.length;
	expect(versions.map((one: Body) => one.version)).toEqual(Array.from({ length: newest }, (_, i) => newest - i));
	for (const [version, content] of kept) {
		const { body } = await ask("GET", `/skills/items/board/versions/${version}`);
		expect([body.content, body.hash]).toEqual([content, createHash("sha256").update(content).digest("hex")]);
	}
	expect((await ask("GET", "/skills/items/board")).body.version).toBe(newest);
	// A version and its event are one: none of either without the other.
	expect((await ask("GET", "/feed/stats")).body.byType).toEqual({ skill_published: 1, skill_updated: newest - 1 });
	child.kill("SIGTERM");
	await ended;
}, 90_000);
