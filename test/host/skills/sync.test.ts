/** A host and its hub: what is published stands on the machine in a moment, over the link that is there anyway. */
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { type Client, createClient } from "../../../src/client/client.ts";
import { indexFile, parseIndex, shelfFolder, skillFile } from "../../../src/client/skills/shelf.ts";
import * as hubWide from "../../../src/contract/skillhub.ts";
import * as skills from "../../../src/contract/skills.ts";
import { realWorld } from "../../../src/world/real.ts";
import { daemonHome, machineHost, machineHub } from "../../extensions/machine.ts";
import { makeHome } from "../../support/home.ts";
import { until } from "../../support/until.ts";

const world = realWorld();

async function machine() {
	const home = daemonHome(makeHome());
	const shelf = shelfFolder(home.root);
	const names = () => parseIndex(world.files.read(indexFile(shelf))).skills.map(({ name }) => name);
	const person = (hub: { readonly address: string; readonly token: string }): Client => {
		const client = createClient({ world, version: "0.1.0", resolve: () => ({ url: hub.address, token: hub.token }) });
		afterAll(() => client.close());
		return client;
	};
	return { home, shelf, names, person };
}
const skill = (name: string, content = name) => ({ name, description: "d", content });

test("a host that links has what was published before; what changes then reaches it by itself", async () => {
	const { home, shelf, names, person } = await machine();
	const hub = await machineHub(home);
	const admin = person(hub);
	await admin.call(skills.publish, skill("before"));
	await machineHost(home);
	await until(() => names().includes("before"), "the first skills");
	await Promise.all(["x", "y", "z"].map((name) => admin.call(skills.publish, skill(name))));
	await admin.call(skills.publish, skill("x", "newer"));
	await until(() => names().length === 4 && readFileSync(skillFile(shelf, "x"), "utf8") === "newer", "the live ones");
	await admin.call(skills.remove, { name: "y" });
	await until(() => !names().includes("y"), "the end of y");
	expect((await admin.call(hubWide.agents, {})).agents).toHaveLength(1);
	await until(async () => {
		const [row] = (await admin.call(hubWide.agents, {})).agents;
		return row?.skills.map(({ name, version }) => `${name} ${version}`).join() === "before 1,x 2,z 1";
	}, "the inventory");
});

test("what changed while the hub had no link, also a skill withdrawn and published again, is there after the next", async () => {
	const { home, shelf, names, person } = await machine();
	const first = await machineHub(home);
	await person(first).call(skills.publish, skill("kept", "one"));
	const host = await machineHost(home);
	await until(() => names().includes("kept"), "the skill");
	await host.close();
	const admin = person(first);
	await admin.call(skills.remove, { name: "kept" });
	await admin.call(skills.publish, skill("kept", "two"));
	await first.close();
	expect(readFileSync(skillFile(shelf, "kept"), "utf8")).toBe("one");
	await machineHub(home);
	await machineHost(home);
	await until(() => readFileSync(skillFile(shelf, "kept"), "utf8") === "two", "the new text");
});
