/** What a lieutenant, whose pi reads no skills of this package at its start, is offered all the same. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContextWithSystemEvent, ExtensionAPI } from "@earendil-works/pi-coding-agent";
import { expect, test } from "vitest";
import { Offers, packageSkills } from "../../extensions/skillhub/offers.ts";
import { indexFile, skillFile } from "../../src/client/skills/shelf.ts";
import { makeFolder } from "../support/folder.ts";
import { PACKAGE } from "../support/pi.ts";

const OWN = readdirSync(join(PACKAGE, "skills")).sort();
const pi: Partial<ExtensionAPI> = { getActiveTools: () => ["read"], getCommands: () => [] };
const request = { messages: [{ role: "system", sections: { cwd: "here" } }] } as unknown as ContextWithSystemEvent;

async function offered(shelf: string): Promise<string> {
	const changed = await new Offers(pi as ExtensionAPI, shelf, packageSkills()).context(request);
	return JSON.stringify(changed?.messages ?? []);
}

const names = (text: string): readonly string[] =>
	[...text.matchAll(/<name>([^<]*)<\/name>/g)].map(([, name]) => name ?? "");

test("without a shelf every skill of the package is in the first request", async () => {
	expect(names(await offered(makeFolder())).toSorted()).toEqual(OWN);
});

test("what stands on the shelf comes before the package's own, and what was withdrawn is not offered", async () => {
	const shelf = makeFolder();
	mkdirSync(join(shelf, "board"));
	writeFileSync(skillFile(shelf, "board"), "anew");
	const board = { name: "board", version: 2, hash: "h", description: "The board anew" };
	writeFileSync(indexFile(shelf), JSON.stringify({ skills: [board], extensions: [], withdrawn: ["feed"] }));
	const text = await offered(shelf);
	expect(names(text).toSorted()).toEqual(OWN.filter((name) => name !== "feed"));
	expect(text).toContain("The board anew");
	expect(text).toContain(skillFile(shelf, "board"));
});
