import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { rightsPage } from "../../scripts/rights-doc.ts";
import { toolsFile, toolsPage } from "../../scripts/tools-doc.ts";
import { cardsFile } from "../../src/fleet/card.ts";
import { everyOperation } from "../fleet/catalog.ts";

it.each([
	["docs/tools.md", new URL("../../docs/tools.md", import.meta.url), toolsPage],
	["docs/rights.md", new URL("../../docs/rights.md", import.meta.url), rightsPage],
	["src/fleet/tools.json", cardsFile, toolsFile],
])("%s says what the contract says; `npm run docs` writes it anew", async (_name, file, made) => {
	expect(readFileSync(file, "utf8")).toBe(made(await everyOperation()));
});
