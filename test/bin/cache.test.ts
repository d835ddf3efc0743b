import { hash } from "node:crypto";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { spawn } from "../../src/world/spawn.ts";
import { makeFolder } from "../support/folder.ts";

const bin = fileURLToPath(new URL("../../bin", import.meta.url));
const SOURCE = `interface Unused { readonly a: string }
export async function main(argv: readonly string[]): Promise<number> {
	console.log("from the source");
	if (argv.includes("fail")) throw new Error("on line four");
	return 0;
}
`;

let installed = "";
let home = "";
let main = "";

beforeEach(() => {
	const folder = makeFolder();
	installed = join(folder, "node_modules", "pi-flagship");
	home = join(folder, "home");
	main = join(installed, "src", "cli", "main.ts");
	cpSync(bin, join(installed, "bin"), { recursive: true });
	mkdirSync(join(installed, "src", "cli"), { recursive: true });
	mkdirSync(home, { mode: 0o700 });
	writeFileSync(join(installed, "package.json"), JSON.stringify({ name: "pi-flagship", type: "module" }));
	writeFileSync(main, SOURCE);
});

const run = (args: readonly string[] = [], node: readonly string[] = []) =>
	spawn.run(process.execPath, [...node, join(installed, "bin", "flagship.mjs"), ...args], {
		env: { PATH: process.env.PATH ?? "", FLAGSHIP_HOME: home },
	});
const said = async (node: readonly string[] = []): Promise<string> => {
	const ran = await run([], node);
	expect(ran).toMatchObject({ code: 0, stderr: "" });
	return ran.stdout.trim();
};

const cache = (): string => join(home, "cache", "strip");
/** The one entry of the one module. */
function entry(): string {
	const [generation = ""] = readdirSync(cache());
	const [name = ""] = readdirSync(join(cache(), generation));
	return join(cache(), generation, name);
}
/** An entry that says other words than its source, so that a run shows which of the two it used. */
async function forge(): Promise<void> {
	await said();
	const code = 'export async function main() { console.log("from the cache"); return 0; }\n';
	writeFileSync(entry(), `${hash("sha256", SOURCE)} ${hash("sha256", code)}\n${code}`);
}

describe("stripped code", () => {
	test("is kept private in the home and used by the next process", async () => {
		await forge();
		for (const path of [join(home, "cache"), cache()]) expect(statSync(path).mode & 0o777).toBe(0o700);
		expect(await said()).toBe("from the cache");
	});

	test("an error in kept code names the file and line of the source", async () => {
		await said();
		const ran = await run(["fail"]);
		expect(ran.stderr).toContain(`${main}:4`);
	});

	test("of a source that has changed is not used", async () => {
		await forge();
		writeFileSync(main, SOURCE.replace("from the source", "from the new one"));
		expect(await said()).toBe("from the new one");
	});

	test.each([
		["torn", (text: string) => text.slice(0, -20)],
		["changed", (text: string) => text.replace("from the cache", "from nowhere")],
		["empty", () => ""],
	])("that is %s is not used, and mended", async (_how, spoil) => {
		await forge();
		writeFileSync(entry(), spoil(readFileSync(entry(), "utf8")));
		expect(await said()).toBe("from the source");
		expect(readFileSync(entry(), "utf8")).toContain("from the source");
	});

	test.each(["home", "cache", "strip"])("is not used where others may enter the %s folder", async (which) => {
		await forge();
		chmodSync(which === "home" ? home : which === "cache" ? join(home, "cache") : cache(), 0o755);
		expect(await said()).toBe("from the source");
	});

	test("is not used when the folder belongs to another user", async () => {
		await forge();
		expect(await said(["--import", "data:text/javascript,process.getuid = () => 4242"])).toBe("from the source");
	});

	test("is not used behind a link", async () => {
		await forge();
		renameSync(join(home, "cache"), join(home, "elsewhere"));
		symlinkSync(join(home, "elsewhere"), join(home, "cache"));
		expect(await said()).toBe("from the source");
	});

	test("is not kept without a home, and none is made", async () => {
		renameSync(home, `${home}-away`);
		expect(await said()).toBe("from the source");
		expect(existsSync(home)).toBe(false);
	});

	test("of versions that nobody has started for long is removed", async () => {
		await said();
		const old = join(cache(), "0".repeat(32));
		mkdirSync(old);
		utimesSync(old, 1, 1);
		writeFileSync(main, SOURCE.replace("from the source", "from the new one"));
		await said();
		expect(existsSync(old)).toBe(false);
		expect(readdirSync(cache())).toHaveLength(1);
	});
});
