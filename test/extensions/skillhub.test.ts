/** Skills that come and go while a session runs, in real pi with the whole package. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { type Client, createClient } from "../../src/client/client.ts";
import { indexFile, parseIndex, shelfFolder } from "../../src/client/skills/shelf.ts";
import * as hubWide from "../../src/contract/skillhub.ts";
import * as skills from "../../src/contract/skills.ts";
import { realWorld } from "../../src/world/real.ts";
import { ADMIN, realHub } from "../client/real-hub.ts";
import { makeFolder } from "../support/folder.ts";
import { copySource } from "../support/package.ts";
import { describeEachPi, makeHome, makeModel, PACKAGE, RpcPi, until } from "../support/pi.ts";
import { daemonHome, machineHost, machineHub } from "./machine.ts";

const OWN = readdirSync(join(PACKAGE, "skills"));
const world = realWorld();
const run = promisify(execFile);

interface Offered {
	readonly name: string;
	readonly description: string;
	readonly location: string;
}

/** The skills that a request offered, in their order. */
function offeredIn(request: { readonly system: string } | undefined): Offered[] {
	const entry = /<name>([^<]*)<\/name>\s*<description>([^<]*)<\/description>\s*<location>([^<]*)<\/location>/g;
	return [...(request?.system ?? "").matchAll(entry)].map(([, name = "", description = "", location = ""]) => ({
		...{ name, description, location },
	}));
}
const namesIn = (request: { readonly system: string } | undefined) => offeredIn(request).map(({ name }) => name);

function clientOf(url: string, token: string): Client {
	const client = createClient({ world, version: "0.1.0", resolve: () => ({ url, token }) });
	afterAll(() => client.close());
	return client;
}
const skill = (name: string, description: string, body = "Do it.") => ({
	...{ name, description, content: `---\nname: ${name}\ndescription: ${description}\n---\n${body}\n` },
});

await describeEachPi("the hub's skills in a session", (pi) => {
	it("come into the next request of a run under way, and go, without a reload; a person's own stays", async () => {
		const model = await makeModel({
			script: {
				agents: {
					orc: [
						{ toolCalls: [{ name: "bash", arguments: { command: "echo one" } }], hold: "first" },
						{ toolCalls: [{ name: "bash", arguments: { command: "echo two" } }], hold: "second" },
						{ text: "done" },
					],
				},
				default: { text: "fine" },
			},
		});
		const account = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		mkdirSync(join(account.agent, "skills", "mine"), { recursive: true });
		writeFileSync(join(account.agent, "skills", "mine", "SKILL.md"), skill("mine", "The person's own").content);
		const home = daemonHome(account);
		const hub = await machineHub(home, join(PACKAGE, "skills"));
		const admin = clientOf(hub.address, hub.token);
		await machineHost(home);
		const shelf = () => parseIndex(world.files.read(indexFile(shelfFolder(home.root))));
		const onShelf = (name: string, version: number | undefined) =>
			until(() => shelf().skills.find((one) => one.name === name)?.version === version, `${name} on the shelf`);
		await onShelf("board", 1);
		const rpc = new RpcPi(pi, account, { args: ["-e", PACKAGE] });
		const of = () => model.requests.filter(({ key }) => key === "orc");
		const ran = rpc.prompt("[[agent:orc]] go");

		await until(() => of().length === 1, "the first request");
		expect(namesIn(of()[0])).toEqual(expect.arrayContaining([...OWN, "mine"]));
		expect(namesIn(of()[0])).not.toContain("greet");
		await admin.call(skills.publish, skill("greet", "Say <hello> & mean it"));
		await admin.call(skills.publish, skill("board", "The board anew"));
		await admin.call(skills.publish, skill("mine", "Not the person's"));
		await onShelf("greet", 1);
		await onShelf("mine", 1);
		model.release("first");

		await until(() => of().length === 2, "the second request");
		const second = offeredIn(of()[1]);
		expect(second.find(({ name }) => name === "greet")).toEqual({
			...{ name: "greet", description: "Say &lt;hello&gt; &amp; mean it" },
			location: `${shelfFolder(home.root)}/greet/SKILL.md`,
		});
		expect(second.filter(({ name }) => name === "board").map((one) => one.description)).toEqual(["The board anew"]);
		expect(second.filter(({ name }) => name === "mine").map((one) => one.description)).toEqual([
			"The person&apos;s own",
		]);
		await admin.call(skills.remove, { name: "greet" });
		await admin.call(skills.update, { name: "feed", enabled: false });
		await onShelf("greet", undefined);
		await onShelf("feed", undefined);
		model.release("second");

		expect(await ran).toBe("done");
		const third = namesIn(of()[2]);
		expect(third).toEqual(namesIn(of()[1]).filter((name) => name !== "greet" && name !== "feed"));
		expect(of().map(({ system }) => system.split("<available_skills>").length)).toEqual([2, 2, 2]);

		// What pi has not loaded it cannot expand; the package does.
		await admin.call(skills.publish, skill("deploy", "How to deploy", "Look first."));
		await onShelf("deploy", 1);
		await rpc.prompt("/skill:deploy the hub");
		const asked = JSON.stringify(model.requests.at(-1)?.body);
		expect(asked).toContain("Look first.");
		expect(asked).toContain("the hub");
		expect(asked).not.toContain("/skill:deploy");
		await rpc.prompt("/skill:board what is open?");
		expect(JSON.stringify(model.requests.at(-1)?.body)).toContain("Do it.");
		expect(rpc.records.filter(({ type }) => type === "extension_error")).toEqual([]);
		await rpc.stop();

		const [row] = (await admin.call(hubWide.agents, {})).agents;
		expect(row?.skills).toContainEqual(expect.objectContaining({ name: "board", version: 2 }));
	});

	it("are all there for a lieutenant made on a machine whose package brings none", async () => {
		const bare = makeFolder();
		await copySource(bare);
		rmSync(join(bare, "skills"), { recursive: true });
		symlinkSync(join(PACKAGE, "node_modules"), join(bare, "node_modules"));
		const model = await makeModel({
			script: {
				agents: {
					orc: [
						{
							toolCalls: [
								{ name: "vers_lt_create", arguments: { name: "ada", role: "[[agent:ada]] a tester", task: "x" } },
							],
						},
						{ text: "I wait." },
					],
					ada: { after: { text: "done" } },
				},
				default: { text: "noted" },
			},
		});
		const account = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off" } });
		const home = daemonHome(account);
		const hub = await machineHub(home, join(PACKAGE, "skills"));
		await machineHost(home, () => 0, world, bare);
		const rpc = new RpcPi(pi, account, { args: ["-e", bare] });
		const ada = () => model.requests.find(({ key }) => key === "ada");
		await rpc.prompt("[[agent:orc]] go");
		await until(() => ada() !== undefined, "ada's first request", 40_000);
		expect(namesIn(ada()).sort()).toEqual([...OWN].sort());
		for (const { location } of offeredIn(ada())) expect(location.startsWith(home.root)).toBe(true);
		const admin = clientOf(hub.address, hub.token);
		await until(async () => {
			const [row] = (await admin.call(hubWide.agents, {})).agents;
			return row?.lieutenants.includes("ada") && row.skills.length === OWN.length;
		}, "ada in the inventory");
		await run(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), "lt", "destroy", "ada"], { env: account.env });
		await rpc.stop();
	});

	it("of a hub that a person has chosen for the session are followed by the session itself; away, it waits for nothing", async () => {
		const hub = await realHub();
		const admin = clientOf(hub.url, ADMIN);
		const model = await makeModel({ script: { default: { text: "fine" } } });
		const account = makeHome({ model, env: { VERS_INFRA_URL: hub.url, VERS_AUTH_TOKEN: ADMIN } });
		const rpc = new RpcPi(pi, account, { args: ["-e", PACKAGE] });
		await rpc.prompt("one");
		expect(namesIn(model.requests[0]).sort()).toEqual([...OWN].sort());
		const offers = (name: string) => async () => {
			await rpc.prompt("more");
			return namesIn(model.requests.at(-1)).includes(name);
		};
		await admin.call(skills.publish, skill("live", "Comes while it runs"));
		await until(offers("live"), "the skill in a request");
		await admin.call(skills.remove, { name: "live" });
		await until(async () => !(await offers("live")()), "the request without it");
		await admin.call(skills.publish, skill("kept", "Stays when the hub is away"));
		await until(offers("kept"), "the other skill");
		await hub.close();
		expect(await offers("kept")()).toBe(true);
		await rpc.stop();
	});
});
