import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { makeContext } from "../../src/cli/context.ts";
import { open } from "../../src/cli/open.ts";
import { secretOf, visit } from "../hub/access/visit.ts";
import { ADMIN, testHub } from "../hub/support.ts";
import { domOf, noBrowser } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { flagship, shell } from "./support.ts";

const { hub } = await testHub();

/** A machine with a screen, and a browser that notes what it was started with. */
function desk(terminal: boolean) {
	const at = shell();
	const programs = join(at.folder, "programs");
	const noted = join(at.folder, "noted");
	for (const folder of [programs, at.home.run]) mkdirSync(folder, { recursive: true, mode: 0o700 });
	for (const name of ["xdg-open", "open"]) {
		writeFileSync(join(programs, name), `#!/bin/sh\nprintf '%s\\n' "$@" > ${noted}.new; mv ${noted}.new ${noted}\n`);
		chmodSync(join(programs, name), 0o755);
	}
	const PATH = `${programs}:${process.env.PATH ?? ""}`;
	const env = { ...at.env, PATH, DISPLAY: ":0", VERS_INFRA_URL: hub.address, VERS_AUTH_TOKEN: ADMIN };
	const said: string[] = [];
	const context: Context = { ...makeContext(env), terminal, out: (text) => void said.push(text) };
	return { context, noted, said, file: join(at.home.run, "open.html"), PATH };
}

async function opened(terminal: boolean, args: readonly string[] = []) {
	const { context, noted, said, file, PATH } = desk(terminal);
	const before = process.env.PATH;
	process.env.PATH = PATH;
	try {
		expect(await open(context, args)).toBe(0);
	} finally {
		process.env.PATH = before;
	}
	return { noted, file, text: said.join("\n"), url: /http\S+/.exec(said[0] ?? "")?.[0] ?? "" };
}

it("a browser is started with a private file that leads to the link, never with the link", async () => {
	const { noted, file, url, text } = await opened(true);
	expect(text).toContain("Your browser opens it.");
	const argument = await until(() => readFileSync(noted, "utf8"), "the browser");
	expect(argument).toBe(`file://${file}\n`);
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(readFileSync(file, "utf8")).toContain(url);
	const { status, cookie } = await visit(`${hub.address}/ui/login`, { form: { token: secretOf(url) } });
	expect(status).toBe(303);
	expect(JSON.parse((await visit(`${hub.address}/tokens/me`, { cookie })).text).role).toBe("admin");
});

it.skipIf(noBrowser !== undefined)(
	"the file leads a real browser to the button, and that uses nothing up",
	async () => {
		const { file, url } = await opened(true, ["--viewer"]);
		expect(await domOf(`file://${file}`)).toContain("<button>Log in</button>");
		expect((await visit(`${hub.address}/ui/login`, { form: { token: secretOf(url) } })).status).toBe(303);
	},
	90_000,
);

it("without a screen, or with --print, the link is said and nothing is started or written", async () => {
	for (const run of [opened(false), opened(true, ["--print"])]) {
		const { file, url, text } = await run;
		expect(url).toContain("/ui/login?token=");
		expect(text).not.toContain("browser opens");
		expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
	}
});

it("the shipped command says the link of this home's own hub; a lieutenant has no such command", async () => {
	const at = shell();
	const { code, out, err } = await flagship(at, "open", "--viewer");
	expect([code, err]).toEqual([0, ""]);
	const url = /http\S+/.exec(out)?.[0] ?? "";
	expect((await visit(url)).text).toContain("<button>Log in</button>");
	const lieutenant = await flagship({ ...at, env: { ...at.env, FLAGSHIP_LIEUTENANT: "01L" } }, "open");
	expect([lieutenant.code, lieutenant.out]).toEqual([1, ""]);
	expect((await flagship(at, "open", "--nonsense")).code).toBe(2);
});
