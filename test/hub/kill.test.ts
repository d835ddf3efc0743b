import { expect, test } from "vitest";
import { makeFolder } from "../support/folder.ts";
import { runHub } from "./hub-process.ts";
import type { Body, caller } from "./support.ts";

/** Writes to log and board at once until the hub is gone; answers the ids that it acknowledged. */
async function writeUntilGone(ask: ReturnType<typeof caller>, acknowledged: string[]): Promise<void> {
	for (let n = 0; ; n++) {
		try {
			const reply =
				n % 2 === 0
					? await ask("POST", "/log", { text: `entry ${n}`, agent: "a" })
					: await ask("POST", "/board/tasks", { title: `task ${n}`, createdBy: "a" });
			if (reply.status === 201) acknowledged.push(reply.body.id);
		} catch {
			// The hub is gone: what was not acknowledged was not promised.
			return;
		}
	}
}

async function allOf(ask: ReturnType<typeof caller>, path: string, key: string): Promise<Body[]> {
	const found: Body[] = [];
	let cursor = "";
	do {
		const { body } = await ask("GET", `${path}${path.includes("?") ? "&" : "?"}limit=1000${cursor}`);
		found.push(...body[key]);
		cursor = body.next === undefined ? "" : `&cursor=${body.next}`;
	} while (cursor !== "");
	return found;
}

test.each([["SIGKILL"], ["SIGTERM"]] as const)(
	"%s in the middle of writing loses nothing that was acknowledged",
	async (signal) => {
		const folder = makeFolder();
		const acknowledged: string[] = [];
		for (let round = 0; round < 2; round++) {
			const { ask, child, ended } = await runHub(folder);
			const writers = Array.from({ length: 8 }, () => writeUntilGone(ask, acknowledged));
			const target = acknowledged.length + 150;
			while (acknowledged.length < target) await new Promise((resolve) => setImmediate(resolve));
			child.kill(signal);
			await Promise.all([...writers, ended]);
		}
		const { ask, child, ended } = await runHub(folder);
		const entries = await allOf(ask, "/log?last=7d", "entries");
		const tasks = await allOf(ask, "/board/tasks", "tasks");
		const stored = new Set([...entries, ...tasks].map((row) => row.id));
		expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
		// A record and its event are one: none of either without the other.
		const stats = (await ask("GET", "/feed/stats")).body;
		expect(stats.byType).toEqual({ log_appended: entries.length, task_created: tasks.length });
		child.kill("SIGTERM");
		await ended;
	},
	90_000,
);
