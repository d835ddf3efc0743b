/** The three ways in, each into an empty home, each until a real pi offers Flagship's tools to its model. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { spawn } from "../../src/world/spawn.ts";
import { makeFolder } from "../support/folder.ts";
import { gitEnvironment, installTarball, makeRepository, npmEnvironment, packTarball } from "../support/package.ts";
import { describeEachPi, type Home, makeHome, makeModel, PACKAGE, type Pi, RpcPi, runPi } from "../support/pi.ts";

const model = await makeModel();

async function install(pi: Pi, home: Home, source: string, more: { cwd?: string; env?: Record<string, string> } = {}) {
	const ran = await runPi(pi, home, ["install", source], more);
	expect(ran, ran.stderr).toMatchObject({ code: 0, timedOut: false });
}

/** Names of the tools that this home's pi offers to its model in a first prompt, and what it said meanwhile. */
async function offeredTools(pi: Pi, home: Home): Promise<readonly string[]> {
	const driven = new RpcPi(pi, home);
	const before = model.requests.length;
	expect(await driven.prompt("hello")).toBe("echo: hello");
	const errors = driven.records.filter((record) => record.type === "extension_error");
	expect(errors).toEqual([]);
	expect(driven.stderr).not.toMatch(/error|warning/i);
	await driven.stop();
	return model.requests[before]?.tools ?? [];
}

const hasPi = (modules: string): boolean => existsSync(join(modules, "@earendil-works"));

/** npm fetches and unpacks our dependencies: on a busy machine that takes its time. */
const PATIENT = { timeout: 240_000 };

await describeEachPi("installing", (pi) => {
	test("from a folder", async () => {
		const home = makeHome({ model });
		await install(pi, home, PACKAGE);
		expect(await offeredTools(pi, home)).toContain("log_append");
	});

	test("from git; pi fetches our dependencies, and no second pi", PATIENT, async () => {
		const { bare, url } = await makeRepository(makeFolder());
		const env = { ...gitEnvironment(bare), ...(await npmEnvironment()) };
		const home = makeHome({ model, env });
		await install(pi, home, url);
		expect(home.settings().packages).toEqual([url]);
		const clone = join(home.agent, "git", "git.example.invalid", "fleet", "pi-flagship");
		expect(hasPi(join(clone, "node_modules"))).toBe(false);
		expect(existsSync(join(clone, "node_modules", "ws"))).toBe(true);
		expect(await offeredTools(pi, home)).toContain("log_append");
	});
});

describe("installing from npm", async () => {
	let project = "";
	let installed = "";

	beforeAll(async () => {
		const folder = makeFolder();
		project = join(folder, "project");
		installed = await installTarball(await packTarball(folder), project, makeHome());
	}, 180_000);

	test("brings what runs, and neither pi nor tests", () => {
		const names = readdirSync(installed);
		expect(names).toEqual(expect.arrayContaining(["LICENSE", "bin", "extensions", "package.json", "src"]));
		for (const absent of ["test", "scripts", "node_modules", ".ci"]) expect(names).not.toContain(absent);
		expect(hasPi(join(project, "node_modules"))).toBe(false);
	});

	test("the command starts from there", async () => {
		const home = makeHome();
		const command = join(project, "node_modules", ".bin", "flagship");
		const ran = await spawn.run(command, ["--version"], { env: home.env });
		const manifest: { version: string } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
		expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: "" });
		expect(ran.stdout).toContain(manifest.version);
	});

	test("its hub serves the dashboard's files, libraries and all", async () => {
		const home = makeHome();
		const command = join(project, "node_modules", ".bin", "flagship");
		const started = await spawn.run(command, ["hub", "start"], { env: home.env });
		expect(started, started.stderr).toMatchObject({ code: 0 });
		const { stdout } = await spawn.run(command, ["open", "--print", "--json"], { env: home.env });
		const { origin } = new URL(JSON.parse(stdout).url);
		for (const name of ["app.js", "style.css", "lib-preact.js", "lib-hooks.js", "lib-htm.js", "lib-uplot.js"]) {
			const answer = await fetch(`${origin}/ui/static/${name}`);
			expect([name, answer.status, (await answer.text()).length > 300]).toEqual([name, 200, true]);
		}
		await spawn.run(command, ["stop"], { env: home.env });
	});

	await describeEachPi("then from its folder", (pi) => {
		test("with a relative path", async () => {
			const home = makeHome({ model });
			await install(pi, home, "./node_modules/pi-flagship", { cwd: project });
			expect(await offeredTools(pi, home)).toContain("log_append");
		});
	});
});
