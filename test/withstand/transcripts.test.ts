/** What a lieutenant said outlives it, without the secrets that it saw. Real pi, real host, real hub. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import * as lieutenants from "../../src/contract/lieutenants.ts";
import { daemonHome, machineHub } from "../extensions/machine.ts";
import { atEnd } from "../support/cleanup.ts";
import { TestHost } from "../support/host.ts";
import { describeEachPi, makeHome, makeModel, until } from "../support/pi.ts";

vi.setConfig({ testTimeout: 120_000 });

const KEY = "a-key-of-no-known-shape-1234";
const SHAPED = `ghp_${"aB3dE5gH7jK9".repeat(3)}`;

await describeEachPi("a lieutenant's transcript", (pi) => {
	test("is in the hub once, also what was said while the hub was away, and after it is destroyed; no secret is", async () => {
		const command = `echo "$ANTHROPIC_API_KEY $VERS_AUTH_TOKEN ${SHAPED}"; echo quokka`;
		const model = await makeModel({
			script: {
				agents: {
					ada: [{ toolCalls: [{ name: "bash", arguments: { command } }] }, { text: "seen" }, { text: "the wombat" }],
				},
			},
		});
		const env = { FLAGSHIP_SET: "gates.workLog=off", ANTHROPIC_API_KEY: KEY };
		const account = makeHome({ model, env });
		const home = daemonHome(account);
		const first = await machineHub(home);
		const host = new TestHost(account, pi);
		atEnd(() => host.end());
		await host.start();
		const { id } = await host.create({ name: "ada", worktree: false });
		await host.send("ada", "look around");
		await host.quiet("ada");
		const get = async (hub: { address: string; token: string }, path: string) => {
			const answer = await fetch(hub.address + path, { headers: { authorization: `Bearer ${hub.token}` } });
			return JSON.parse(await answer.text());
		};
		await until(async () => (await get(first, `/transcripts/${id}`)).count === 4, "what was said first", 20_000);
		await first.close();
		await host.send("ada", "what else");
		await host.quiet("ada");
		await host.client.call(lieutenants.destroy, { name: "ada" });

		const hub = await machineHub(home);
		const read = await until(
			async () => {
				const found = await get(hub, `/transcripts/${id}`);
				return found.count >= 6 && found;
			},
			"what was said since",
			30_000,
		);
		const said = read.entries.map(({ role, text }: { role: string; text: string }) => `${role}: ${text}`);
		expect(said).toEqual([
			"user: look around",
			expect.stringContaining("assistant: → bash"),
			"tool: bash: [masked: ANTHROPIC_API_KEY] [masked: token of ada] [masked]\nquokka",
			"assistant: seen",
			"user: what else",
			"assistant: the wombat",
		]);
		const { found } = await get(hub, "/transcripts/search?words=quokka&role=tool");
		expect(found).toMatchObject([{ lieutenant: id, name: "ada", role: "tool" }]);
		for (const name of readdirSync(home.hub).filter((file) => file.startsWith("hub.db"))) {
			const bytes = readFileSync(`${home.hub}/${name}`, "latin1");
			expect(bytes).not.toContain(KEY);
			expect(bytes).not.toContain(SHAPED);
		}
	});
});
