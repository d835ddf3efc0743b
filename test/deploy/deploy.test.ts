/** The hub of another machine is brought to this version by a real ssh, or stays what it was. */
import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readHolder } from "../../src/daemon/lock.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { deployFolder, type Phase } from "../../src/deploy/state.ts";
import { bin, flagship, world } from "../cli/support.ts";
import { until } from "../support/until.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { type Edit, packageOf, Stage } from "./stage.ts";

const sim = await startSim({ slots: 40 });
const old = packageOf("0.0.9");

const STEPS = "src/hub/journal/schema.ts";
/** One more step of a schema, as a newer version has it. */
const step = (sql: string): Edit => {
	const text = readFileSync(join(import.meta.dirname, "../..", STEPS), "utf8");
	const end = text.lastIndexOf("]);");
	return [STEPS, text.slice(end), `\`${sql}\`,\n${text.slice(end)}`];
};
/** What a hub at work does, and one on trial does not. */
const atWork = (code: string): Edit => [
	"src/cli/hub.ts",
	"ready: (running) => announce(context, place, running),",
	`ready: (running) => { ${code} announce(context, place, running); },`,
];

const DELETES =
	'const d = world.files.database(place.folder + "/hub.db"); d.exec("pragma busy_timeout = 5000; delete from log"); d.close();';
/** Changes the schema, and loses records once it is at work. */
const GREEDY = [step("create table later (n integer) strict;"), atWork(DELETES)];

/** A deploy that is killed once, when the new hub answers and nothing has been told. */
const killedAtHealth = (mark: string): Edit => {
	const line = 'this.#parts.step("asking after its health");';
	const files = "this.#parts.world.files";
	const kill = `if (${files}.stat("${mark}") === undefined) { ${files}.write("${mark}", ""); process.kill(process.pid, "SIGKILL"); }`;
	return ["src/deploy/course.ts", line, `${line} ${kill}`];
};

/** A machine whose hub is of the older version and has an entry. */
async function oldHub(): Promise<Stage> {
	const stage = await Stage.begin(sim);
	expect(await stage.deploy(old)).toMatchObject({ code: 0, err: "" });
	expect(await stage.there(old, "log", "append", "kept")).toMatchObject({ code: 0 });
	return stage;
}

/** With a client of the older version: a newer one would ask its hub to retire. */
const logOf = async (stage: Stage): Promise<string> =>
	(await stage.there(old, "log", "query", "--last", "1d", "--json")).out;
const feedOf = async (stage: Stage): Promise<string> => (await stage.there(old, "feed", "list", "--json")).out;
const hubOf = (stage: Stage) => livingDaemon(world, stage.home, "hub");

/** `kill -9` of the process there, once it has come so far. */
async function killThere(stage: Stage, phase: Phase): Promise<void> {
	await until(() => stage.state?.phase === phase, phase, 60_000);
	const holder = readHolder(world.files, deployFolder(stage.home));
	expect(holder !== undefined && world.spawn.kill(holder, "SIGKILL")).toBe(true);
}

test("a machine without a hub gets one; an older one is brought up, backup first; the same again does nothing", {
	timeout: 180_000,
}, async () => {
	const stage = await Stage.begin(sim);
	const others = await stage.connect();
	const first = await stage.deploy(old);
	expect(first).toMatchObject({ code: 0, err: "", out: expect.stringContaining("ssh:box has 0.0.9. ") });
	expect(await stage.there(old, "log", "append", "kept")).toMatchObject({ code: 0 });

	const second = await stage.deploy(bin);
	expect(second).toMatchObject({ code: 0, err: "" });
	expect(second.out.split("\n").map((line) => line.replace("ssh:box: ", ""))).toEqual([
		...["connecting", "looking at the machine", "sending Flagship", "looking at the hub there"],
		...["making a backup there, tried by a restore", "trying 0.1.0 on a copy of it", "ending 0.0.9"],
		...["starting 0.1.0, which brings the records to its schema", "asking after its health", "0.1.0 answers"],
		expect.stringMatching(/has 0\.1\.0, in place of 0\.0\.9\. .* is there: \S+\/backups\/hub-\S+\.backup\.$/),
		"",
	]);
	expect(hubOf(stage)?.version).toBe("0.1.0");
	const [log, feed] = [await logOf(stage), await feedOf(stage)];
	expect(log).toMatch(/kept[\s\S]*Deployed Flagship 0\.1\.0 in place of 0\.0\.9, asked for by .* Backup before it: /);
	expect(feed).toContain("backup_made");
	expect(feed).toMatch(/"outcome": "deployed"/);
	const backups = await stage.there(bin, "backups", "list");
	expect(backups.out).toContain(stage.state?.backup?.split("/").at(-1));
	expect(stage.hubFiles).not.toContain("before-deploy.db");

	// The connection over which lieutenants there work.
	expect((await others.run("echo $1", { timeout: 10_000 }, ["here"])).stdout).toBe("here\n");

	const pid = hubOf(stage)?.pid;
	const said = JSON.parse((await stage.begin(bin, stage.at, "--json").end).out);
	expect(said).toMatchObject({ place: "ssh:box", type: "same", version: "0.1.0", address: hubOf(stage)?.address });
	const again = await stage.deploy(bin);
	expect(again).toMatchObject({ code: 0, out: expect.stringContaining("has 0.1.0 already; nothing was done") });
	const older = await stage.deploy(old);
	expect(older).toMatchObject({
		code: 1,
		err: expect.stringMatching(/Not deployed .* has 0\.1\.0, and this is 0\.0\.9/),
	});
	expect(hubOf(stage)?.pid).toBe(pid);
	expect((await logOf(stage)).match(/Deployed Flagship 0\.1\.0/g)).toHaveLength(1);
});

test("a VM gets one, and a newer one, by its own name; what is no place is said to be none", {
	timeout: 180_000,
}, async () => {
	const stage = await Stage.beginVm(sim);
	expect(await stage.deploy(old)).toMatchObject({ code: 0, err: "" });
	expect(await stage.there(old, "log", "append", "kept")).toMatchObject({ code: 0 });
	expect(await stage.deploy(bin)).toMatchObject({
		code: 0,
		err: "",
		out: expect.stringContaining("in place of 0.0.9"),
	});
	expect(await logOf(stage)).toMatch(/kept[\s\S]*Deployed Flagship 0\.1\.0/);
	for (const [place, why] of [
		["local", /no way to 'local'/],
		["ssh:-oProxyCommand=x", /is none/],
		["vers:00000000-0000-4000-8000-000000000000", /Vers does not/],
	] as const)
		expect(await flagship(stage.at, "deploy", place)).toMatchObject({ err: expect.stringMatching(why) });
});

test("a version that cannot take over what is there is found on a copy; the hub is not even ended", {
	timeout: 180_000,
}, async () => {
	const stage = await oldHub();
	const pid = hubOf(stage)?.pid;
	for (const [sql, why] of [
		["insert into nowhere values (1);", /no such table: nowhere/],
		["delete from log;", /the table log has 0 rows, and had 3/],
	] as const) {
		const tried = await stage.deploy(packageOf("0.2.0", [step(sql)]));
		expect(tried).toMatchObject({ code: 1, err: expect.stringMatching(why) });
		expect(tried.err).toContain("Nothing there was changed.");
	}
	expect(hubOf(stage)).toMatchObject({ version: "0.0.9", pid });
	expect(await logOf(stage)).toMatch(/kept[\s\S]*Flagship 0\.2\.0 was not deployed/);
});

test("a hub that does not start, and one that loses records, are rolled back: the one before runs, with all it had", {
	timeout: 240_000,
}, async () => {
	const stage = await oldHub();
	const deaf = packageOf("0.2.0", [atWork("process.exit(78);")]);
	const first = await stage.deploy(deaf);
	expect(first).toMatchObject({
		code: 1,
		err: expect.stringMatching(/0\.2\.0 to ssh:box failed: .* nothing was lost\. Its hub runs 0\.0\.9 again\./s),
	});
	expect(hubOf(stage)?.version).toBe("0.0.9");
	expect(await logOf(stage)).toMatch(/kept[\s\S]*The deploy of Flagship 0\.2\.0 failed/);

	const greedy = packageOf("0.3.0", GREEDY);
	const second = await stage.deploy(greedy);
	expect(second).toMatchObject({
		code: 1,
		err: expect.stringMatching(/the table log has 0 rows.* as the version before left them; nothing of them was lost/s),
	});
	expect(hubOf(stage)?.version).toBe("0.0.9");
	expect(await logOf(stage)).toMatch(/kept[\s\S]*0\.2\.0 failed[\s\S]*0\.3\.0 failed/);
	expect(await feedOf(stage)).toMatch(/"outcome": "rolledBack"/);
	expect(stage.hubFiles.filter((name) => name.startsWith("failed-deploy-"))).toHaveLength(1);

	expect(await stage.deploy(bin)).toMatchObject({ code: 0, out: expect.stringContaining("in place of 0.0.9") });
	expect(await logOf(stage)).toContain("kept");
});

test("a first one that does not start leaves a machine without a hub, and the next one is as a first", {
	timeout: 180_000,
}, async () => {
	const stage = await Stage.begin(sim);
	const failed = await stage.deploy(packageOf("0.0.8", [atWork("process.exit(78);")]));
	expect(failed).toMatchObject({
		code: 1,
		err: expect.stringContaining("No hub ran there before, and none runs now."),
	});
	expect(hubOf(stage)).toBeUndefined();
	expect(await stage.deploy(old)).toMatchObject({ code: 0, err: "" });
	expect(hubOf(stage)?.version).toBe("0.0.9");
});

test.each(["begun", "stopping", "switching", "answering"] as const)(
	"kill -9 there when it is %s: the next one goes on, and it stands in the log once",
	{ timeout: 180_000 },
	async (phase) => {
		const stage = await oldHub();
		const killed = stage.begin(bin);
		await killThere(stage, phase);
		expect((await killed.end).code).toBe(1);
		expect(await stage.deploy(bin)).toMatchObject({ code: 0, err: "" });
		expect(hubOf(stage)?.version).toBe("0.1.0");
		expect(stage.state?.phase).toBe("done");
		expect((await logOf(stage)).match(/Deployed Flagship 0\.1\.0/g)).toHaveLength(1);
		expect(await logOf(stage)).toContain("kept");
		expect(stage.hubFiles.filter((name) => /^before-deploy/.test(name))).toEqual([]);
	},
);

test("kill -9 there when the new hub answers already: the same or another tells it, and goes on from there", {
	timeout: 240_000,
}, async () => {
	const stage = await oldHub();
	const mark = join(stage.box.home, "killed");
	const newer = (version: string) => {
		world.files.remove(mark);
		return packageOf(version, [killedAtHealth(mark), step("create table later (n integer) strict;")]);
	};
	const first = newer("0.0.10");
	expect(await stage.deploy(first)).toMatchObject({ code: 1, err: expect.stringContaining("was cut off") });
	expect(hubOf(stage)?.version).toBe("0.0.10");
	expect(await stage.deploy(first)).toMatchObject({ code: 0, out: expect.stringContaining("but the telling") });
	expect(stage.hubFiles).not.toContain("before-deploy.db");

	expect((await stage.deploy(newer("0.0.11"))).code).toBe(1);
	const other = await stage.deploy(packageOf("0.0.12", [step("create table later (n integer) strict;")]));
	expect(other).toMatchObject({ code: 0, err: "", out: expect.stringContaining("has 0.0.12, in place of 0.0.11") });
	for (const version of [10, 11, 12])
		expect((await logOf(stage)).match(new RegExp(`Deployed Flagship 0\\.0\\.${version} `, "g"))).toHaveLength(1);
	expect(await logOf(stage)).toContain("kept");
});

test("kill -9 there when a hub that loses records answers: another version rolls back first, but nothing that was written for long", {
	timeout: 240_000,
}, async () => {
	const stage = await oldHub();
	const mark = join(stage.box.home, "killed");
	const greedy = packageOf("0.0.10", [...GREEDY, killedAtHealth(mark)]);
	expect((await stage.deploy(greedy)).code).toBe(1);
	const next = await stage.deploy(packageOf("0.0.11"));
	expect(next).toMatchObject({ code: 0, err: "", out: expect.stringContaining("has 0.0.11, in place of 0.0.9") });
	expect(await logOf(stage)).toMatch(/kept[\s\S]*The deploy of Flagship 0\.0\.10 failed: it was cut off/);

	world.files.remove(mark);
	const later = packageOf("0.0.12", [...GREEDY, killedAtHealth(mark)]);
	expect((await stage.deploy(later)).code).toBe(1);
	expect(await stage.there(old, "log", "append", "written since")).toMatchObject({ code: 0 });
	const long = Date.now() / 1_000 - 3_600;
	utimesSync(join(deployFolder(stage.home), "state.json"), long, long);
	const last = await stage.deploy(packageOf("0.0.13", [step("create table later (n integer) strict;")]));
	expect(last).toMatchObject({ code: 0, err: "", out: expect.stringContaining("has 0.0.13, in place of 0.0.12") });
	expect(await logOf(stage)).toContain("written since");
});

test("kill -9 there while it is rolled back: the next one ends that first, also when it brings another version", {
	timeout: 180_000,
}, async () => {
	const stage = await oldHub();
	const greedy = packageOf("0.2.0", GREEDY);
	const killed = stage.begin(greedy);
	await killThere(stage, "rollingBack");
	await killed.end;
	const next = await stage.deploy(bin);
	expect(next).toMatchObject({ code: 1, err: expect.stringContaining("Its hub runs 0.0.9 again.") });
	expect(await logOf(stage)).toContain("kept");
	expect(await stage.deploy(bin)).toMatchObject({ code: 0, out: expect.stringContaining("in place of 0.0.9") });
	expect(await logOf(stage)).toContain("kept");
});

test("kill -9 of the command here: what was begun there ends by itself or is gone on with", {
	timeout: 180_000,
}, async () => {
	const stage = await oldHub();
	const { child, end } = stage.begin(bin);
	await until(() => stage.state?.to.version === "0.1.0", "its beginning there", 60_000);
	child.kill("SIGKILL");
	await end;
	let last = await stage.deploy(bin);
	while (/Another deploy/.test(last.err)) last = await stage.deploy(bin);
	expect(last).toMatchObject({ code: 0, err: "" });
	expect(hubOf(stage)?.version).toBe("0.1.0");
	expect((await logOf(stage)).match(/Deployed Flagship 0\.1\.0/g)).toHaveLength(1);
	expect(await logOf(stage)).toContain("kept");
});

test("two at once: one is at work, the other is refused in words, from this machine and from another", {
	timeout: 180_000,
}, async () => {
	const stage = await oldHub();
	const first = stage.begin(bin);
	await until(() => stage.state?.to.version === "0.1.0", "its beginning there", 60_000);
	const [here, elsewhere] = await Promise.all([stage.deploy(bin), stage.deploy(bin, stage.other())]);
	expect(here).toMatchObject({
		code: 1,
		err: expect.stringMatching(/Another deploy to ssh:box .*from this machine, process/),
	});
	expect(elsewhere).toMatchObject({
		code: 1,
		err: expect.stringMatching(/Another deploy to ssh:box .*there, of 0\.1\.0/),
	});
	expect(await first.end).toMatchObject({ code: 0, err: "" });
});
