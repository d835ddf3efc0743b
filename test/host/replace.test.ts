/** A fresh agent in a lieutenant's place: real pi, real git, a host that is killed. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../src/contract/lieutenants.ts";
import { replace } from "../../src/contract/replace.ts";
import { makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { makeModel } from "../support/model.ts";
import { describeEachPi } from "../support/pi.ts";
import { until } from "../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

const bash = (command: string) => ({ toolCalls: [{ name: "bash", arguments: { command } }] });

await describeEachPi("a lieutenant that is replaced", (pi) => {
	const begin = async (agents: NonNullable<NonNullable<Parameters<typeof makeModel>[0]>["script"]>["agents"]) => {
		const model = await makeModel({ script: { agents: agents ?? {} } });
		const home = makeHome({ model });
		mkdirSync(home.work, { recursive: true });
		const git = (...args: string[]) => execFileSync("git", args, { cwd: home.work, env: home.env, encoding: "utf8" });
		git("init", "-q");
		git("config", "user.name", "Tester");
		git("config", "user.email", "tester@example.invalid");
		writeFileSync(join(home.work, "README.md"), "# project\n");
		git("add", ".");
		git("commit", "-q", "-m", "begin");
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		const fresh = (more: { note?: string; model?: string } = {}) =>
			host.client.call(replace, { name: "ada", ...more }, { launch: host.launch });
		return { model, home, host, fresh };
	};
	const stuck = { cursor: "turns" as const, steps: [bash("echo one > one.txt; sleep 300")] };

	test("has a successor with its folder, its work, what it left and what it had not read; it itself is gone", async () => {
		const { host, home, model, fresh } = await begin({
			ada: stuck,
			eve: { steps: [bash("cat one.txt"), { text: "finished what was begun" }], after: { text: "and that, too" } },
		});
		const made = await host.create({ name: "ada", task: "Write one file" });
		await until(() => existsSync(join(made.cwd, "one.txt")), "the file");
		const { message } = await host.send("ada", "unread-words", { mode: "followUp" });
		const next = await fresh({ note: "Do not sleep. [[agent:eve]]" });
		expect(next).toMatchObject({ name: "ada", cwd: made.cwd, branch: made.branch, owner: made.owner, role: made.role });
		expect(next.id).not.toBe(made.id);
		expect(next.due).toBeDefined();
		await until(
			() => host.notices.some(({ type, text }) => type === "completion" && text.includes("and that, too")),
			"the successor's last answer",
			30_000,
		);
		const all = (await host.client.call(contract.status, { all: true })).lieutenants;
		expect(all.find(({ id }) => id === made.id)).toMatchObject({
			state: "gone",
			reason: expect.stringContaining(next.id),
		});
		expect(all.filter(({ state, name }) => name === "ada" && state !== "gone")).toHaveLength(1);
		expect((await host.messages("ada")).find(({ id }) => id === message.id)).toMatchObject({
			lieutenant: next.id,
			receipt: "consumed",
			text: "unread-words",
		});
		const first = JSON.stringify(model.requests.find(({ key }) => key === "eve")?.body);
		for (const text of ["Before you an agent of this name", "one.txt", "Do not sleep.", "Write one file"])
			expect(first, text).toContain(text);
		expect(first).not.toContain("sleep 300");
		const shown = model.requests.filter(({ key }) => key === "eve").map(({ lastTool }) => lastTool ?? "");
		expect(shown.join("")).toContain("one\n");
		expect(readFileSync(join(home.flagship, "lieutenants", made.id, "role.md"), "utf8")).not.toContain("Before you");
		expect(host.notices.filter(({ type }) => type === "death")).toEqual([]);
	});

	test("by a host that is killed at any moment of it: one is left, and every message is read once", {
		timeout: 120_000,
	}, async () => {
		for (const after of [0, 30, 60, 120]) {
			const { host, model, fresh } = await begin({ ada: stuck, eve: { after: { text: "I am here" } } });
			const made = await host.create({ name: "ada" });
			await host.send("ada", `words-${after}`);
			await until(() => existsSync(join(made.cwd, "one.txt")), "the file");
			await host.send("ada", `unread-${after}`, { mode: "followUp" });
			const asked = fresh({ note: "[[agent:eve]]" });
			asked.catch(() => undefined);
			await new Promise((resolve) => setTimeout(resolve, after));
			await host.kill();
			await host.start();
			// The client asks again under the same key and for the same lieutenant.
			const next = await asked;
			expect(next.id).not.toBe(made.id);
			await host.quiet("ada");
			const { lieutenants } = await host.client.call(contract.status, {});
			expect(lieutenants.map(({ id }) => id)).toEqual([next.id]);
			expect(existsSync(join(made.cwd, "one.txt"))).toBe(true);
			const read = model.requests.filter(({ key }) => key === "eve").at(-1);
			expect(JSON.stringify(read?.body).split(`unread-${after}`)).toHaveLength(2);
			expect((await host.messages("ada")).every(({ receipt }) => receipt === "consumed")).toBe(true);
			host.end();
		}
	});

	test("at rest: the successor rests, and knows what was; two at once make one", async () => {
		const { host, model, fresh } = await begin({
			ada: { after: { text: "done and said" } },
			eve: { after: { text: "I know" } },
		});
		const made = await host.create({ name: "ada", task: "Say something" });
		await until(() => host.notices.some(({ type }) => type === "completion"), "the completion", 20_000);
		const both = await Promise.allSettled([fresh({ note: "[[agent:eve]]" }), fresh({ note: "[[agent:eve]]" })]);
		const made2 = both.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
		expect(made2.length).toBeGreaterThan(0);
		await host.state("ada", "idle");
		const { lieutenants } = await host.client.call(contract.status, {});
		expect(lieutenants).toHaveLength(1);
		expect(model.requests.filter(({ key }) => key === "eve")).toEqual([]);
		await host.send("ada", "What was said?");
		await until(() => host.notices.some(({ text }) => text.includes("I know")), "its answer", 20_000);
		expect(JSON.stringify(model.requests.at(-1)?.body)).toContain("done and said");
		expect(lieutenants[0]?.id).not.toBe(made.id);
	});
});
