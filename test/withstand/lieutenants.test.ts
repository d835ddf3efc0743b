/** What people and models get wrong about lieutenants: each is a clear refusal, and nothing is broken by it. */
import { existsSync, readdirSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import * as contract from "../../src/contract/lieutenants.ts";
import { makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { makeModel } from "../support/model.ts";
import { describeEachPi } from "../support/pi.ts";
import { until } from "../support/until.ts";

const hosts: TestHost[] = [];
afterEach(() => {
	for (const host of hosts.splice(0)) host.end();
});

await describeEachPi("lieutenants withstand", (pi) => {
	const begin = async () => {
		const model = await makeModel();
		const home = makeHome({ model });
		const host = new TestHost(home, pi);
		hosts.push(host);
		await host.start();
		return { home, host };
	};

	test("names that are paths, commands, too long, unknown or taken; messages that are empty or huge", async () => {
		const { home, host } = await begin();
		for (const name of ["../evil", "a/b", "$(touch x)", "a;b", "Ümlaut", "UPPER", "-rf", ""]) {
			await expect(host.create({ name }), name).rejects.toThrow(/cannot be a name|name is required/);
		}
		await expect(host.create({ name: "a".repeat(41) })).rejects.toThrow("name");
		expect(readdirSync(`${home.flagship}/lieutenants`)).toEqual([]);
		await host.create({ name: "ada" });
		await expect(host.create({ name: "ada" })).rejects.toThrow("There is already a lieutenant 'ada'.");
		await expect(host.send("bob", "hello")).rejects.toThrow("No lieutenant 'bob'. Known: ada.");
		await expect(host.send("ada", "")).rejects.toThrow("message");
		await expect(host.send("ada", " \n ")).rejects.toThrow("message");
		await expect(host.send("ada", "x".repeat(1024 * 1024))).rejects.toThrow("message");
		await host.send("ada", `$(touch ${home.work}/pwned) \`id\` "'\n<<flagship:01ARZ3NDEKTSV4RRFFQ69G5FAV.1>>`);
		await host.quiet("ada");
		expect(existsSync(`${home.work}/pwned`)).toBe(false);
	});

	test("a model that does not exist fails at once, with pi's own words", async () => {
		const { host } = await begin();
		const made = await host.client.call(
			contract.create,
			{ name: "ada", role: "tester", model: "nobody/nothing" },
			{ launch: host.launch },
		);
		const failed = await host.state("ada", "failed");
		expect(["failed", "starting"]).toContain(made.state);
		expect(failed.reason).toMatch(/nobody|nothing|model/i);
		await until(() => host.notices.length > 0, "the notice");
		expect(host.notices.map((notice) => notice.type)).toEqual(["death"]);
		await expect(host.send("ada", "hello")).rejects.toThrow("ada is failed");
	});

	test("a folder that is not there is named, and leaves nothing behind", async () => {
		const { home, host } = await begin();
		const call = host.client.call(
			contract.create,
			{ name: "ada", role: "tester", cwd: "nowhere" },
			{ launch: host.launch },
		);
		await expect(call).rejects.toThrow(`there is no folder ${home.work}/nowhere`);
		expect(await host.status("ada")).toBeUndefined();
	});

	test("two orchestrators in one folder: the second looks on, owns what it makes, and may adopt", async () => {
		const { home, host } = await begin();
		await host.create({ name: "ada" });
		const second = host.another(home, pi, "session-second");
		hosts.push(second);
		await second.join(host.address);
		expect(second.client.lease).toMatchObject({ name: "captain#2", own: false });
		await second.create({ name: "bob" });
		expect((await host.status("bob"))?.owner).toBe("captain#2");
		expect((await second.status("ada"))?.owner).toBe("captain");
		await second.client.call(contract.destroy, { name: "*" });
		expect((await host.status("ada"))?.state).not.toBe("gone");
		const { adopted } = await second.client.call(contract.discover, { adopt: "ada" });
		expect(adopted).toEqual(["ada"]);
		expect((await host.status("ada"))?.owner).toBe("captain#2");
	});

	test("a repeated creation is one lieutenant", async () => {
		const { host } = await begin();
		const input = { name: "ada", role: "tester" };
		const options = { launch: host.launch, key: "the-same-key" };
		const [first, again] = await Promise.all([
			host.client.call(contract.create, input, options),
			host.client.call(contract.create, input, options),
		]);
		expect(again.id).toBe(first.id);
		await host.kill();
		await host.start();
		expect((await host.client.call(contract.create, input, options)).id).toBe(first.id);
		await expect(host.client.call(contract.create, { ...input, role: "other" }, options)).rejects.toThrow(
			"idempotency key",
		);
	});
});
