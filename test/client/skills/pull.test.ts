import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Client, createClient } from "../../../src/client/client.ts";
import { pull } from "../../../src/client/skills/pull.ts";
import {
	EMPTY,
	extensionFile,
	indexFile,
	isPlainName,
	parseIndex,
	shelfFolder,
	skillFile,
} from "../../../src/client/skills/shelf.ts";
import * as extensions from "../../../src/contract/extensions.ts";
import * as hubWide from "../../../src/contract/skillhub.ts";
import * as skills from "../../../src/contract/skills.ts";
import { fault } from "../../../src/errors.ts";
import { realWorld } from "../../../src/world/real.ts";
import { testHub } from "../../hub/support.ts";
import { makeFolder } from "../../support/folder.ts";

const { hub, mint } = await testHub();
const world = realWorld();
const clientOf = (token: string): Client => {
	const client = createClient({ world, version: "0.1.0", resolve: () => ({ url: hub.address, token }) });
	afterAll(() => client.close());
	return client;
};
const person = clientOf("the-admin-token-of-this-test");
const machine = clientOf(await mint("host", "machine-1"));

let home = "";
let shelf = "";
let complaints: string[] = [];
beforeEach(async () => {
	[home, complaints] = [makeFolder(), []];
	shelf = shelfFolder(home);
	for (const { name } of (await person.call(skills.list, {})).skills) await person.call(skills.remove, { name });
	for (const { name } of (await person.call(extensions.list, {})).extensions)
		await person.call(extensions.remove, { name });
});

const put = (name: string, content: string) => person.call(skills.publish, { name, description: `d ${name}`, content });
const pullBy = (from: Pick<Client, "call"> = machine) =>
	pull({ world, hub: from, shelf, complain: (what) => complaints.push(what) });
const read = (name: string) => readFileSync(skillFile(shelf, name), "utf8");
const index = () => parseIndex(world.files.read(indexFile(shelf)));

/** The hub, lying about what some operations answer. */
const lying = (lies: Readonly<Record<string, (answer: never) => unknown>>): Pick<Client, "call"> => ({
	call: (async (operation: { readonly name: string }, input: never, options: never) => {
		const answer = await machine.call(operation as typeof skills.version, input, options);
		return lies[operation.name]?.(answer as never) ?? answer;
	}) as Client["call"],
});

test("what the hub has stands here afterwards, private, and the hub knows who has which version", async () => {
	await put("a", "first");
	const { version, hash } = await put("a", "second\u2028é");
	await person.call(extensions.publish, { name: "code", description: "d", content: "export {}" });
	expect(await pullBy()).toMatchObject({ removed: [], refused: [], skills: 1 });
	expect(read("a")).toBe("second\u2028é");
	expect(readFileSync(extensionFile(shelf, "code"), "utf8")).toBe("export {}");
	expect(index().skills).toEqual([{ name: "a", version, hash, description: "d a" }]);
	for (const folder of [shelf, `${shelf}/a`, `${shelf}/.extensions`]) expect(statSync(folder).mode & 0o777).toBe(0o700);
	expect(statSync(skillFile(shelf, "a")).mode & 0o777).toBe(0o600);
	expect(await person.call(hubWide.agent, { agentId: "machine-1" })).toMatchObject({
		skills: [{ name: "a", version, hash }],
		extensions: [{ name: "code", hash: expect.any(String) }],
	});
	expect(complaints).toEqual([]);
	const written = statSync(skillFile(shelf, "a")).ino;
	expect(await pullBy()).toMatchObject({ installed: [], skills: 1 });
	expect(statSync(skillFile(shelf, "a")).ino).toBe(written);
});

test("withdrawn and disabled ones go, and are named as withdrawn; published again they are back in the new text", async () => {
	for (const name of ["stays", "goes", "off"]) await put(name, name);
	await pullBy();
	await person.call(skills.remove, { name: "goes" });
	await person.call(skills.update, { name: "off", enabled: false });
	expect((await pullBy()).removed.sort()).toEqual(["goes", "off"]);
	expect(existsSync(`${shelf}/goes`)).toBe(false);
	expect(index().skills.map(({ name }) => name)).toEqual(["stays"]);
	expect(index().withdrawn).toEqual(expect.arrayContaining(["goes", "off"]));
	await put("goes", "again");
	await pullBy();
	expect(read("goes")).toBe("again");
	expect(index().withdrawn).not.toContain("goes");
});

test("content that is not what its hash says is not written; what was here before stays", async () => {
	const { version, hash } = await put("a", "good");
	await pullBy();
	await put("a", "better");
	await put("b", "new");
	const forged = await pullBy(lying({ "skills.version": (one: object) => ({ ...one, content: "evil" }) }));
	expect(forged.refused).toHaveLength(2);
	expect(read("a")).toBe("good");
	expect(index().skills).toEqual([{ name: "a", version, hash, description: "d a" }]);
	expect(existsSync(`${shelf}/b`)).toBe(false);
	// What it says that it has is what it has.
	expect((await person.call(hubWide.agent, { agentId: "machine-1" })).skills).toEqual([{ name: "a", version, hash }]);
});

test("names that could leave the folder, and entries without a hash, are not taken from any hub", async () => {
	await put("good", "good");
	const { skills: told } = await person.call(hubWide.manifest, {});
	const [entry] = told;
	const bad = ["../evil", "a/b", "..", ".extensions", "index.json", "A", "a\n", ""].map((name) => ({ ...entry, name }));
	const from = lying({
		"skills.manifest": (answer: object) => ({
			...answer,
			skills: [...bad, entry, { ...entry, name: "bare", hash: undefined }],
		}),
	});
	expect((await pullBy(from)).refused).toHaveLength(bad.length + 1);
	expect(readdirSync(shelf).sort()).toEqual(["good", "index.json"]);
	expect(readdirSync(home)).toEqual(["skills"]);
});

test("a hub that goes away in the middle, or is away, changes nothing", async () => {
	await put("a", "old");
	await pullBy();
	await put("a", "new");
	await put("b", "b");
	let asked = 0;
	const leaving = lying({
		"skills.version": (answer) => {
			if (++asked > 1) throw fault("hub_away", "");
			return answer;
		},
	});
	const before = world.files.read(indexFile(shelf));
	await expect(pullBy(leaving)).rejects.toMatchObject({ code: "hub_away" });
	expect([read("a"), world.files.read(indexFile(shelf)), existsSync(`${shelf}/b`)]).toEqual(["old", before, false]);
	const nobody = createClient({
		world,
		version: "0.1.0",
		resolve: () => ({ url: "http://127.0.0.1:9" }),
		timeout: 300,
	});
	await expect(pullBy(nobody)).rejects.toMatchObject({ code: "hub_away" });
	expect([read("a"), world.files.read(indexFile(shelf))]).toEqual(["old", before]);
});

test("a file that somebody changed here, or an index that is none, is put right", async () => {
	await put("a", "true");
	await pullBy();
	writeFileSync(skillFile(shelf, "a"), "changed");
	writeFileSync(indexFile(shelf), "{ torn");
	expect(parseIndex(world.files.read(indexFile(shelf)))).toEqual(EMPTY);
	expect((await pullBy()).installed).toEqual([expect.stringMatching(/^a v\d+$/)]);
	expect([read("a"), index().skills.length]).toEqual(["true", 1]);
});

test("on a disk that fills up in the middle, each file is whole, old or new, and the next pull mends it", async () => {
	for (const name of ["a", "b"]) await put(name, "old");
	await pullBy();
	for (const name of ["a", "b"]) await put(name, "new");
	const before = world.files.read(indexFile(shelf));
	let room = 1;
	const write = (path: string, text: string): void => {
		if (room-- === 0) throw new Error("ENOSPC: no space left on device");
		world.files.write(path, text);
	};
	const full = { files: { ...world.files, write } };
	const tried = pull({ world: full, hub: machine, shelf, complain: (what) => complaints.push(what) });
	await expect(tried).rejects.toThrow(/ENOSPC/);
	expect([read("a"), read("b"), world.files.read(indexFile(shelf))]).toEqual(["new", "old", before]);
	await pullBy();
	expect([read("a"), read("b")]).toEqual(["new", "new"]);
});

test("the shelf takes for a name just what the contract takes", () => {
	const contract = (name: string) => new RegExp(skills.SKILL_NAME).test(name) && name.length <= skills.SKILL_NAME_MAX;
	fc.assert(
		fc.property(
			fc.oneof(fc.string({ unit: "binary", maxLength: 70 }), fc.stringMatching(/^[-.a-z0-9/\n]{0,70}$/)),
			(name) => {
				expect(isPlainName(name)).toBe(contract(name));
				if (isPlainName(name)) expect(skillFile("/s", name)).toBe(`/s/${name}/SKILL.md`);
				else expect(() => skillFile("/s", name)).toThrow();
			},
		),
		{ numRuns: 2_000 },
	);
});
