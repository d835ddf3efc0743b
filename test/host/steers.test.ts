/** The steer ladder through real pi: nobody says hard, and it lands all the same. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Message } from "../../src/contract/lieutenants.ts";
import { makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { makeModel, type Step } from "../support/model.ts";
import { describeEachPi } from "../support/pi.ts";
import { until } from "../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const sleep: Step = { toolCalls: [{ name: "bash", arguments: { command: "sleep 60" } }] };
const read: Step = { toolCalls: [{ name: "read", arguments: { path: "a.txt" } }], delayMs: 200 };
const hang: Step = { hang: true };
const HARDENED = "not consumed in 3 s, so it was made hard";

await describeEachPi("a steer lands", (pi) => {
	/** A lieutenant in the middle of its first steps. */
	const begin = async (agent: object) => {
		const model = await makeModel({ script: { agents: { ada: agent } } });
		const home = makeHome({ model });
		mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
		writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ bounds: { steerSeconds: 3 } }));
		writeFileSync(join(home.work, "a.txt"), "words\n");
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const { id } = await host.create({ name: "ada" });
		await host.send("ada", "first-words");
		await until(() => model.requests.length > 0, "the first request", 30_000);
		const steer = async (text: string): Promise<string> => (await host.send("ada", text, { mode: "steer" })).message.id;
		const ended = async (steerId: string): Promise<Message | undefined> =>
			(await host.quiet("ada", 50_000)).find((message) => message.id === steerId);
		return { home, host, id, steer, ended };
	};

	test("while bash sleeps, made hard under its own id; and two at once", async () => {
		const { host, steer, ended } = await begin({ steps: [sleep], after: { text: "steered" } });
		await until(async () => (await host.status("ada"))?.tool !== undefined, "ada in a tool", 20_000);
		const [one, two] = [await steer("steer-one"), await steer("steer-two")];
		expect(await ended(one)).toMatchObject({ receipt: "consumed", mode: "steer", because: HARDENED });
		expect(await ended(two)).toMatchObject({ receipt: "consumed", mode: "steer" });
	});

	test("in a tool loop, by itself", async () => {
		const { steer, ended } = await begin({ steps: [{ ...read, repeat: 8 }], after: { text: "steered" } });
		expect(await ended(await steer("steer-one"))).toMatchObject({ receipt: "consumed" });
	});

	test("in a stream that hangs", async () => {
		const { steer, ended } = await begin({ steps: [hang], after: { text: "steered" } });
		expect(await ended(await steer("steer-one"))).toMatchObject({ receipt: "consumed", because: HARDENED });
	});

	test("or its lieutenant is stopped and reported, and the steer says that it is lost", async () => {
		const { home, host, id, steer, ended } = await begin({ steps: [], after: hang });
		const lost = await steer("steer-one");
		const row = await host.state("ada", "stopped", 40_000);
		expect(row.reason).toMatch(/^a steer not consumed in 6 s, 0 files → report r\w{3}$/);
		expect((await ended(lost))?.receipt).toBe("lost");
		expect(readdirSync(join(home.flagship, "lieutenants", id, "reports"))).toHaveLength(1);
		await until(() => host.notices.some((notice) => notice.type === "limit"), "the notice");
	});
});
