import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
import { expect, it, vi } from "vitest";
import hub from "../../extensions/hub.ts";

vi.mock(import("../../src/fleet/pi-version.ts"), async (original) => ({
	...(await original()),
	piVersion: async () => "0.73.1",
}));

it("in a pi that is too old nothing is registered, and one notice says what to do", async () => {
	const handlers = new Map<string, (event: unknown, ctx: unknown) => unknown>();
	const registered: unknown[] = [];
	const pi = {
		on: (name: string, run: (event: unknown, ctx: unknown) => unknown) => handlers.set(name, run),
		registerTool: (tool: unknown) => registered.push(tool),
	};
	await hub(pi as unknown as ExtensionAPI);
	const said: unknown[][] = [];
	const ctx = { hasUI: true, ui: { notify: (...words: unknown[]) => said.push(words) } };
	await handlers.get("session_start")?.({}, ctx);
	expect(registered).toEqual([]);
	expect(said).toEqual([["Flagship needs pi 0.87 or newer; this is 0.73.1. Update pi.", "error"]]);
});
