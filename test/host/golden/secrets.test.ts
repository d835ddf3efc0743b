/** What is taken for a secret on a machine, over a real ssh. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { platformKey, secretsOn } from "../../../src/host/golden/secrets.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";
import { wayTo } from "../../support/vers-way.ts";

const sim = await startSim();
const visitor = new Visitor(sim);
const way = wayTo(sim);

/** A machine that runs, and what puts a file into its home. */
async function machine() {
	const vm = await visitor.boot();
	const { folder, userKey } = sim.vms.get(vm).machine;
	const home = join(folder, "root");
	const put = (path: string, content: string | Buffer): void => {
		mkdirSync(dirname(join(home, path)), { recursive: true });
		writeFileSync(join(home, path), content);
	};
	return { vm, home, put, public: userKey.public, ssh: await way(vm) };
}

test("the platform's own key may get in, another may not; names come back, and never what they hold", async () => {
	const { vm, home, put, ssh, public: own } = await machine();
	const key = await platformKey(realWorld(), await visitor.keyFile(vm));
	expect(own).toContain(key);
	const look = () => secretsOn(ssh, vm, [key, "AAAAC3earlier"]);
	expect(await look()).toEqual([]);
	put(".ssh/authorized_keys", `# the platform's\n\n${own}\nssh-ed25519 AAAAC3earlier root\n`);
	expect(await look()).toEqual([]);
	put(".ssh/authorized_keys", `${own}\nssh-ed25519 AAAAC3stranger me\n`);
	expect(await look()).toEqual([`${home}/.ssh/authorized_keys`]);
});

test("without a key of the platform's each one that may get in is a stranger's", async () => {
	const { vm, home, put, ssh, public: own } = await machine();
	put(".ssh/authorized_keys", `${own}\n`);
	const none = await platformKey(realWorld(), join(makeFolder(), "missing.pem"));
	expect(await secretsOn(ssh, vm, [none])).toEqual([`${home}/.ssh/authorized_keys`]);
});

test("shapes of keys are found in any text; usual texts, programs and packages are not", async () => {
	const { vm, home, put, ssh } = await machine();
	put("notes/usual.md", "A task-list of sk-learn, npm_config_registry_of_ours, AKIA, and risk-assessment-of-things.\n");
	put("empty/.env", "");
	put("app/node_modules/some/test/key.txt", `sk-${"a".repeat(40)}\n`);
	put("program", Buffer.concat([Buffer.from([0, 1, 2, 0]), Buffer.from(`sk-${"a".repeat(40)}`)]));
	put(".ssh/id_ed25519.pub", "ssh-ed25519 AAAA me\n");
	expect(await secretsOn(ssh, vm, ["none"])).toEqual([]);
	const shapes = [
		...[`x=sk-ant-api03-${"b".repeat(30)}`, `ghp_${"c".repeat(36)}`, "AKIAIOSFODNN7EXAMPLE"],
		`npm_${"d".repeat(36)}`,
		"-----BEGIN OPENSSH PRIVATE KEY-----",
		`0b9e1fc2-5c1e-4d8a-9f1e-0123456789ab${"e".repeat(64)}`,
	];
	shapes.forEach((shape, at) => {
		put(`found/with blank ${at}`, `${shape}\n`);
	});
	const found = await secretsOn(ssh, vm, ["none"]);
	expect(found.toSorted()).toEqual(shapes.map((_, at) => `${home}/found/with blank ${at}`));
	for (let at = 0; at < 30; at++) put(`many/${at}`, `${shapes[1]}\n`);
	expect((await secretsOn(ssh, vm, ["none"])).at(-1)).toBe("and 16 more");
});

test("what a program was started with is found by its name", async () => {
	const { vm, ssh } = await machine();
	const { machine: there } = sim.vms.get(vm);
	const child = there.start(["sleep", "60"], { env: { SOME_API_KEY: "v", OTHER_TOKEN: "", PLAIN: "v" } });
	expect(await secretsOn(ssh, vm, ["none"])).toEqual(["SOME_API_KEY in an environment"]);
	child.kill("SIGKILL");
});
