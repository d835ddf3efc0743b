import { stripTerminalSequences } from "@earendil-works/pi-tui";
import { expect, test } from "vitest";
import type { Lieutenant } from "../../../src/contract/lieutenants.ts";
import { FleetView } from "../../../src/fleet/view/fleet-view.ts";
import { DEFAULT_KEYS, isKey } from "../../../src/fleet/view/keys.ts";

const lieutenant = (name: string, more: Partial<Lieutenant> = {}): Lieutenant => ({
	...{ id: `id-${name}`, name, role: "r", state: "working", place: "local", host: "h", owner: "me", cwd: "/w" },
	...{ pending: 0, turns: 0, tokens: 0, costUsd: 0, lives: 1, createdAt: "", changedAt: "", ...more },
});

function opened(rows: Lieutenant[], watch?: string) {
	const done: string[] = [];
	const act =
		(word: string) =>
		async ({ name }: Lieutenant): Promise<string> => {
			if (name === "stuck") throw new Error("it does not answer");
			done.push(`${word} ${name}`);
			return `${name}: ${word}`;
		};
	const view = new FleetView(
		{
			...{ keys: DEFAULT_KEYS, rows: () => rows, money: () => undefined, now: () => 0, height: () => 12 },
			own: (data, binding) => binding === "tui.select.cancel" && isKey(data, "escape"),
			paint: { accent: (text) => text, dim: (text) => text },
			redraw: () => undefined,
			leave: () => void done.push("left"),
			read: async ({ name }) => `${name} says so`,
			send: async ({ name, state }, text) => {
				done.push(`${state} ${name}: ${text}`);
				return "queued";
			},
			...{ stop: act("stop"), resume: act("resume") },
		},
		watch,
	);
	const press = async (...keys: string[]): Promise<string> => {
		for (const key of keys) view.handleInput(key);
		await new Promise((resolve) => setImmediate(resolve));
		return view.render(80).map(stripTerminalSequences).join("\n");
	};
	return { view, done, rows, press };
}

const ENTER = "\r";
const ESCAPE = "\u001b";

test("enter opens the chosen one's transcript, q goes back and then out", async () => {
	const { press, done } = opened([lieutenant("ada"), lieutenant("ben")]);
	expect(await press("j")).toMatch(/^›⟳ ben/m);
	expect(await press(ENTER)).toContain("ben says so");
	expect(await press("q")).toMatch(/^›⟳ ben/m);
	expect(done).toEqual([]);
	await press("q");
	expect(done).toEqual(["left"]);
});

test("s types to it, letters of keys included; the line stays open until escape", async () => {
	const { press, done } = opened([lieutenant("ada")]);
	expect(await press("s")).toContain("To ada: enter sends, escape ends the line.");
	expect(await press(..."quit xX", ENTER)).toContain("ada: queued");
	expect(await press(..."more", ENTER, ESCAPE)).not.toContain("›  ");
	expect(done).toEqual(["working ada: quit xX", "working ada: more"]);
	await press(ESCAPE);
	expect(done.at(-1)).toBe("left");
});

test("x asks before it stops one, X before it stops all that run; what failed is said", async () => {
	const rows = [lieutenant("ada"), lieutenant("stuck"), lieutenant("old", { state: "paused" }), lieutenant("ben")];
	const { press, done } = opened(rows);
	expect(await press("x")).toContain("Stop ada? Its session is kept. y: yes; other keys: no");
	expect(await press(ENTER)).toContain("Nothing was done.");
	expect(done).toEqual([]);
	expect(await press("x", "y")).toContain("ada: stop");
	expect(await press("X")).toContain("Stop all 3? Their sessions are kept.");
	expect(await press("y")).toContain("2 stopped. Not stopped: it does not answer");
	expect(done).toEqual(["stop ada", "stop ada", "stop ben"]);
	expect(await press("j", "j", "x")).toContain("old is paused.");
	expect(await press("r")).toContain("old: resume");
});

test("one that is gone while it is watched gives the rows back, and the choice does not jump", async () => {
	const { press, rows } = opened([lieutenant("ada"), lieutenant("ben"), lieutenant("cleo")]);
	await press("j", "j");
	rows.shift();
	expect(await press()).toMatch(/^›⟳ cleo/m);
	await press(ENTER);
	rows.pop();
	expect(await press()).toMatch(/^›⟳ ben/m);
});

test("opened for one it is watched at once with the line open, and what cannot be read is said", async () => {
	const { press, view } = opened([lieutenant("ada")], "ada");
	expect(await press()).toMatch(/ada says so.*To ada: enter sends/s);
	await view.refresh();
	expect(await press(ESCAPE, "?")).toContain("Keys of /fleet");
	expect(await press("?", "q")).toMatch(/^›⟳ ada/m);
});
