/** Two hubs on one folder: the second is refused, by whatever path it came, and a dead one's lock holds nobody up. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { startHub } from "../../bench/program.ts";
import { ask } from "../../bench/wire.ts";
import { makeHome } from "../../support/home.ts";
import { PACKAGE } from "../../support/pi.ts";

/** How a second `flagship hub run` on the folder ends. */
async function second(
	env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly said: string }> {
	const child = spawn(process.execPath, ["--no-warnings", `${PACKAGE}/bin/flagship.mjs`, "hub", "run"], {
		env: { ...env, PORT: "0" },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (said += String(bytes)));
	const [code] = await once(child, "exit");
	return { code, said };
}

test("a second hub on one folder is refused, also through a link to it; after kill -9 the next one starts", async () => {
	const home = makeHome();
	const folder = `${home.root}/data`;
	const first = await startHub(home, folder);
	symlinkSync(folder, `${home.root}/link`);
	for (const path of [folder, `${home.root}/link`]) {
		const { code, said } = await second({ ...home.env, DATA_DIR: path });
		expect([code === 0, said]).toEqual([
			false,
			expect.stringMatching(/Another hub \(process \d+ at http.+\) already works on/),
		]);
	}
	const text = "kept";
	const write = { method: "POST", path: "/log", token: first.token, body: { text, agent: "a" } } as const;
	const { id } = await ask(first.url, write);
	await first.end("SIGKILL");
	const next = await startHub(home, `${home.root}/link`);
	const { entries } = await ask(next.url, { method: "GET", path: "/log", token: next.token });
	expect(entries).toMatchObject([{ id, text }]);
	await next.end("SIGTERM");
}, 60_000);
