import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startHub } from "../../../src/hub/hub.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";
import { PACKAGE } from "../../support/pi.ts";
import { ADMIN, type Body, caller } from "../support.ts";

const text = (name: string, more: string) => `---\nname: ${name}\ndescription: About ${name}\n---\n${more}\n`;

function lay(folder: string, skills: Readonly<Record<string, string>>): string {
	for (const [name, content] of Object.entries(skills)) {
		mkdirSync(join(folder, name), { recursive: true });
		writeFileSync(join(folder, name, "SKILL.md"), content);
	}
	return folder;
}

async function withHub<T>(data: string, skills: string, run: (ask: ReturnType<typeof caller>) => Promise<T>) {
	const complaints: string[] = [];
	const hub = await startHub({
		...{ world: realWorld(), dataFolder: data, host: "127.0.0.1", port: 0, adminTokens: [ADMIN], version: "0.1.0" },
		...{ skills, complain: (what: string) => complaints.push(what) },
	});
	const result = await run(caller(hub.address));
	await hub.close();
	return { result, complaints };
}

const versionsIn = async (ask: ReturnType<typeof caller>) =>
	Object.fromEntries((await ask("GET", "/skills/manifest")).body.skills.map((one: Body) => [one.name, one.version]));

test("an empty hub has the package's own skills from its first answer on, as many as there are", async () => {
	const names = readdirSync(join(PACKAGE, "skills"));
	const data = makeFolder();
	const { result, complaints } = await withHub(data, join(PACKAGE, "skills"), async (ask) => {
		const board = (await ask("GET", "/skills/items/board")).body;
		expect(board).toMatchObject({ version: 1, publishedBy: "flagship", tags: ["flagship"] });
		expect(board.description).toContain("task board");
		return versionsIn(ask);
	});
	expect(complaints).toEqual([]);
	expect(result).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
	const again = await withHub(data, join(PACKAGE, "skills"), async (ask) => {
		expect((await ask("GET", "/feed/stats")).body.byType).toEqual({ skill_published: names.length });
		return versionsIn(ask);
	});
	expect(again.result).toEqual(result);
});

test("a new text of the package is a new version; an old package brings no old text back", async () => {
	const data = makeFolder();
	const [old, newer] = [makeFolder(), makeFolder()];
	lay(old, { one: text("one", "first"), two: text("two", "x") });
	lay(newer, { one: text("one", "second"), two: text("two", "x"), three: text("three", "y") });
	expect((await withHub(data, old, versionsIn)).result).toEqual({ one: 1, two: 1 });
	expect((await withHub(data, newer, versionsIn)).result).toEqual({ one: 2, two: 1, three: 1 });
	expect((await withHub(data, old, versionsIn)).result).toEqual({ one: 2, two: 1, three: 1 });
});

test("what somebody withdrew, switched off or wrote anew is left as it is", async () => {
	const data = makeFolder();
	const [old, newer] = [makeFolder(), makeFolder()];
	const all = (more: string) => Object.fromEntries(["gone", "off", "own"].map((name) => [name, text(name, more)]));
	lay(old, all("first"));
	lay(newer, all("second"));
	await withHub(data, old, async (ask) => {
		await ask("DELETE", "/skills/items/gone");
		await ask("PATCH", "/skills/items/off", { enabled: false });
		await ask("POST", "/skills/items", { name: "own", description: "d", content: "ours", publishedBy: "a person" });
	});
	await withHub(data, newer, async (ask) => {
		expect((await ask("GET", "/skills/items/gone")).status).toBe(404);
		expect((await ask("GET", "/skills/items/off")).body).toMatchObject({ version: 2, enabled: false });
		expect((await ask("GET", "/skills/items/own")).body).toMatchObject({ version: 2, content: "ours" });
		expect((await ask("GET", "/skills/manifest")).body.withdrawn.sort()).toEqual(["gone", "off"]);
	});
});

test("a folder that is no skill is left out and named; a hub without the folder starts", async () => {
	const folder = lay(makeFolder(), { good: text("good", "x"), "Bad Name": text("bad", "x"), mute: "no front matter" });
	const { result, complaints } = await withHub(makeFolder(), folder, versionsIn);
	expect(result).toEqual({ good: 1 });
	expect(complaints).toHaveLength(2);
	expect((await withHub(makeFolder(), join(folder, "nowhere"), versionsIn)).result).toEqual({});
});
