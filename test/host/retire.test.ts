/** What becomes of the token of one that is gone: a real hub, the host's own store, and what sends for it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import * as log from "../../src/contract/log.ts";
import * as contract from "../../src/contract/tokens.ts";
import { Access } from "../../src/host/hub/access.ts";
import { Drain } from "../../src/host/hub/drain.ts";
import { Spool } from "../../src/host/store/spool.ts";
import { Tokens } from "../../src/host/store/tokens.ts";
import { realWorld } from "../../src/world/real.ts";
import { ADMIN, type RealHub, realHub } from "../client/real-hub.ts";
import { makeFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";
import { TestStore } from "./database.ts";

const world = realWorld();
const HOST = "01JDHHHHHHHHHHHHHHHHHHHHHH";
const ADA = "lieutenant:01JDAAAAAAAAAAAAAAAAAAAAAA";

let hub: RealHub | undefined;
let complaints: string[];
let store: TestStore;
let parts: ReturnType<typeof begin>;

function begin() {
	const tokens = new Tokens(world, store.store);
	const spool = new Spool(store.store);
	const access = new Access({
		...{ world, version: "0.1.0", tokens, hostId: HOST },
		find: () => (hub === undefined ? undefined : { url: hub.url, authority: ADMIN }),
	});
	const operations = new Map([[log.append.name, log.append]]);
	const drain = new Drain({ world, spool, tokens, access, operations, complain: (what) => complaints.push(what) });
	return { tokens, spool, access, drain };
}

beforeEach(() => {
	[hub, complaints, store] = [undefined, [], new TestStore()];
	parts = begin();
});
afterEach(() => {
	parts.drain.close();
	parts.access.close();
});

const asked = (token: string) =>
	createClient({
		...{ world, version: "0.1.0" },
		resolve: async () => (hub === undefined ? undefined : { url: hub.url, token }),
	});
const known = async () => (await asked(ADMIN).call(contract.list, {})).tokens.filter(({ name }) => name === "ada");
const gone = () => until(() => parts.tokens.list().every(({ subject }) => subject !== ADA), "its end");

test("it is revoked once it is gone, and what it left is recorded in its name before", async () => {
	hub = await realHub();
	const { tokens, spool, access, drain } = parts;
	const { token } = tokens.of(ADA, "lieutenant", "ada");
	await access.introduce();
	expect((await asked(token).call(contract.me, {})).name).toBe("ada");
	drain.begin();
	spool.add({ author: ADA, operation: "log.append", key: "last", input: { text: "its last words" }, at: Date.now() });
	tokens.end(ADA);
	drain.begin();
	await gone();
	await expect(asked(token).call(contract.me, {})).rejects.toThrow("Unauthorized");
	const { entries } = await asked(ADMIN).call(log.query, {});
	expect(entries.map((entry) => [entry.agent, entry.text])).toEqual([["ada", "its last words"]]);
	// A later link makes the living ones known again, and this one stays ended.
	await access.introduce();
	expect((await known()).map(({ revokedAt }) => revokedAt !== undefined)).toEqual([true]);
	expect(complaints).toEqual([]);
});

test("with the hub away it waits, also over a crash of the host, and is done when the hub is there", async () => {
	const folder = makeFolder();
	hub = await realHub(folder);
	const { token } = parts.tokens.of(ADA, "lieutenant", "ada");
	await parts.access.introduce();
	const port = Number(new URL(hub.url).port);
	await hub.close();
	parts.tokens.end(ADA);
	parts.drain.begin();
	parts.drain.close();
	parts.access.close();
	store.crash();
	parts = begin();
	expect(parts.tokens.ended().map(({ subject }) => subject)).toEqual([ADA]);
	hub = await realHub(folder, port);
	expect((await asked(token).call(contract.me, {})).name).toBe("ada");
	parts.drain.begin();
	await gone();
	await expect(asked(token).call(contract.me, {})).rejects.toThrow("Unauthorized");
	expect(parts.tokens.inUse(ADA)).toBe(false);
});

test("a token that is in use is left alone", async () => {
	hub = await realHub();
	const { token } = parts.tokens.of(ADA, "lieutenant", "ada");
	await parts.access.introduce();
	parts.drain.begin();
	parts.tokens.of("lieutenant:01JDBBBBBBBBBBBBBBBBBBBBBB", "lieutenant", "bob");
	parts.tokens.end("lieutenant:01JDBBBBBBBBBBBBBBBBBBBBBB");
	parts.drain.begin();
	await until(() => parts.tokens.list().every(({ name }) => name !== "bob"), "bob's end");
	expect((await asked(token).call(contract.me, {})).name).toBe("ada");
});
