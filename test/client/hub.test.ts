import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import * as board from "../../src/contract/board.ts";
import * as claims from "../../src/contract/claims.ts";
import * as feed from "../../src/contract/feed.ts";
import * as log from "../../src/contract/log.ts";
import * as review from "../../src/contract/review.ts";
import * as tokens from "../../src/contract/tokens.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";
import { ADMIN, realHub } from "./real-hub.ts";

const world = realWorld();
const clientOf = (url: () => string, token = ADMIN) =>
	createClient({ world, version: "0.1.0", resolve: () => ({ url: url(), token }) });

async function agent(url: string, name: string) {
	const { secret } = await clientOf(() => url).call(tokens.mint, { role: "lieutenant", name });
	return clientOf(() => url, secret);
}

describe("the client with the real hub", () => {
	it("works a task from its creation to its approval, as the agent that its token is", async () => {
		const { url } = await realHub();
		const [ada, bob] = await Promise.all([agent(url, "ada"), agent(url, "bob")]);
		const task = await ada.call(board.create, { title: "totals by day", tags: ["usage"] });
		expect(task.createdBy).toBe("ada");
		expect((await ada.call(claims.claim, { id: task.id })).claim?.by).toBe("ada");
		await expect(bob.call(claims.claim, { id: task.id })).rejects.toMatchObject({ status: 409 });
		await ada.call(board.addNote, { taskId: task.id, content: "needs an index", type: "finding" });
		const branch = { type: "branch", url: "lt/ada", label: "totals by day" } as const;
		await ada.call(review.submit, { taskId: task.id, summary: "done", artifacts: [branch] });
		await expect(ada.call(review.approve, { taskId: task.id })).rejects.toMatchObject({ name: "Fault" });
		expect((await bob.call(review.approve, { taskId: task.id })).status).toBe("done");
		expect((await bob.call(board.list, { tag: "usage", status: "done" })).tasks.map((one) => one.id)).toEqual([
			task.id,
		]);
		expect((await bob.call(board.get, { id: task.id })).notes.length).toBeGreaterThan(0);
	});

	it("does a mutation once, however often it is asked with one key", async () => {
		const { url } = await realHub();
		const client = clientOf(() => url);
		const first = await client.call(log.append, { text: "once" }, { key: "k1" });
		const again = await client.call(log.append, { text: "once" }, { key: "k1" });
		expect(again.id).toBe(first.id);
		expect((await client.call(log.query, {})).entries).toHaveLength(1);
		await expect(client.call(log.append, { text: "other" }, { key: "k1" })).rejects.toMatchObject({
			code: "key_reused",
		});
	});

	it("finds the hub again on another port, with everything in it", async () => {
		const folder = makeFolder();
		let hub = await realHub(folder);
		const client = clientOf(() => hub.url);
		await client.call(log.append, { text: "before" });
		const before = hub.url;
		await hub.close();
		hub = await realHub(folder);
		await client.call(log.append, { text: "after" });
		expect(hub.url).not.toBe(before);
		expect((await client.call(log.query, {})).entries.map((entry) => entry.text)).toEqual(["before", "after"]);
	});

	it("follows the feed through a restart of the hub without gap or repeat", async () => {
		const folder = makeFolder();
		let hub = await realHub(folder);
		const client = clientOf(() => hub.url);
		const seen: string[] = [];
		const stream = client.subscribe(
			feed.stream,
			{ type: "custom" },
			{ since: "0", onEvent: (event) => seen.push(event.summary) },
		);
		const publish = (summary: string) => client.call(feed.publish, { type: "custom", summary });
		await publish("1");
		await until(() => seen.length === 1, "the first event");
		await hub.close();
		hub = await realHub(folder);
		await publish("2");
		await publish("3");
		await until(() => seen.length === 3, "the others");
		stream.close();
		expect(seen).toEqual(["1", "2", "3"]);
	});

	it("reads text where the operation answers with text", async () => {
		const { url } = await realHub();
		const client = clientOf(() => url);
		await client.call(log.append, { text: "a line" });
		expect(await client.call(log.raw, {})).toMatch(/^\[.*\] .*a line$/);
	});

	it("gives a refusal of the real hub with its remedy", async () => {
		const { url } = await realHub();
		await expect(clientOf(() => url).call(board.get, { id: "NOPE" })).rejects.toMatchObject({
			code: "not_found",
			message: "task not found",
			remedy: expect.stringMatching(/./),
		});
		await expect(clientOf(() => url, "wrong").call(log.query, {})).rejects.toMatchObject({ code: "unauthorized" });
	});
});
