/** Skills from a shell, by the shipped command. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shelfFolder, skillFile } from "../../src/client/skills/shelf.ts";
import { begin, flagship, shell } from "./support.ts";

const OWN = readdirSync(new URL("../../skills/", import.meta.url));
const named = (out: string) => JSON.parse(out).skills.map((skill: { name: string }) => skill.name);

function lay(folder: string, name: string, content: string): string {
	mkdirSync(join(folder, name), { recursive: true });
	writeFileSync(join(folder, name, "SKILL.md"), content);
	return join(folder, name);
}
const text = (name: string, body = "Do it.") =>
	`---\nname: ${name}\ndescription: >-\n  About\n  ${name}\n---\n${body}\n`;

it("an empty hub has the package's own skills after its first start, and this machine has them with one command", async () => {
	const at = shell();
	const listed = await flagship(at, "skills", "list", "--json");
	expect([listed.code, named(listed.out).sort()]).toEqual([0, [...OWN].sort()]);
	const pulled = await flagship(at, "skills", "sync");
	expect(pulled).toMatchObject({ code: 0, out: expect.stringContaining(`${OWN.length} skills here.`) });
	const shelf = shelfFolder(at.home.root);
	for (const name of OWN)
		expect(readFileSync(skillFile(shelf, name), "utf8")).toBe(
			readFileSync(new URL(`../../skills/${name}/SKILL.md`, import.meta.url), "utf8"),
		);
	expect((await flagship(at, "skills", "agents")).out).toContain("board v1");
});

it("publishes the skill in a folder, or each of several; what is there already stays as it is", async () => {
	const at = shell();
	const folder = join(at.folder, "team");
	lay(folder, "one", text("one"));
	lay(folder, "two", text("two"));
	const first = await flagship(at, "skills", "publish", folder);
	expect(first).toMatchObject({ code: 0, err: "" });
	expect(first.out).toMatch(/^Published one v1.*\nPublished two v1.*\n$/);
	lay(folder, "two", text("two", "Do it better."));
	const again = await flagship(at, "skills", "publish", "team");
	expect(again.out).toMatch(/^one v1 is there already\.\nPublished two v2.*\n$/);
	const single = await flagship(at, "skills", "publish", join(folder, "two"), "--json");
	expect(JSON.parse(single.out)).toMatchObject([{ name: "two", version: 2, description: "About two" }]);
	expect((await flagship(at, "skills", "history", "two")).out).toMatch(/^v2 .*\nv1 /);
	expect((await flagship(at, "skills", "restore", "two", "1")).out).toContain("two v3 is v1 again.");
	expect((await flagship(at, "skills", "delete", "one")).out).toContain("one is withdrawn.");
	const piped = await begin(at, ["skills", "put", "three", "About three", "-"], "# three\n").end;
	expect(piped).toMatchObject({ code: 0, out: expect.stringContaining("Published three v1") });
});

it("refuses what is no skill before it publishes any, and says why", async () => {
	const at = shell();
	const tries = async (folder: string, why: RegExp) => {
		const { code, err } = await flagship(at, "skills", "publish", folder);
		expect([code, err]).toEqual([1, expect.stringMatching(why)]);
	};
	const bad = join(at.folder, "bad");
	lay(bad, "good", text("good"));
	lay(bad, "mute", "no front matter");
	await tries(bad, /mute\/SKILL\.md does not begin with '---'/);
	expect((await flagship(at, "skills", "get", "good")).code).toBe(1);
	await tries(lay(at.folder, "evil", text("../../evil")), /'\.\.\/\.\.\/evil' cannot be a name/);
	const more = lay(at.folder, "more", text("more"));
	writeFileSync(join(more, "run.sh"), "x");
	await tries(more, /holds more than SKILL\.md \(run\.sh\)/);
	await tries(join(at.folder, "nowhere"), /There is no SKILL\.md/);
	expect((await flagship(at, "skills", "publish")).code).toBe(2);
});
