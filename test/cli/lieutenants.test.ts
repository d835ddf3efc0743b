import { expect, test } from "vitest";
import { realWorld } from "../../src/world/real.ts";
import { type Home, makeHome } from "../support/home.ts";
import { makeModel } from "../support/model.ts";
import { PACKAGE } from "../support/pi.ts";
import { until } from "../support/until.ts";

const flagship = async (home: Home, ...args: string[]) => {
	const ran = await realWorld().spawn.run(process.execPath, [`${PACKAGE}/bin/flagship.mjs`, ...args], {
		cwd: home.work,
		env: home.env,
		timeout: 60_000,
	});
	return { ...ran, said: ran.stdout.trim() };
};

test("from a shell alone a lieutenant is made, given work, read and ended", { timeout: 150_000 }, async () => {
	const model = await makeModel({ script: { agents: { ada: [{ text: "The answer is 42." }] } } });
	const home = makeHome({ model });
	const made = await flagship(home, "lt", "create", "ada", "[[agent:ada]] a tester");
	expect(made.said, made.stderr).toMatch(/^ada is idle in /);
	const sent = await flagship(home, "lt", "send", "ada", "Find the answer", "--wait", "consumed");
	expect(sent.said, sent.stderr).toMatch(/^Message \w{26} is consumed\./);
	await until(async () => (await flagship(home, "lt", "read", "ada")).said.includes("The answer is 42."), "the answer");
	expect((await flagship(home, "lt", "status")).said).toMatch(/^ada {2}idle/);
	expect((await flagship(home, "lt", "destroy", "*")).said).toBe("ada ended.");
	await flagship(home, "stop");
});
