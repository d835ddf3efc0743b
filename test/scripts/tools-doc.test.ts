import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { toolsPage } from "../../scripts/tools-doc.ts";
import { everyOperation } from "../fleet/catalog.ts";

it("docs/tools.md says what the contract says; `npm run docs` writes it anew", async () => {
	const page = readFileSync(new URL("../../docs/tools.md", import.meta.url), "utf8");
	expect(page).toBe(toolsPage(await everyOperation()));
});
