/** The run itself is one of CI's steps; here it is shown that it sees what it is there to see. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FeedEvent } from "../../src/contract/feed.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeFolder } from "../support/folder.ts";
import { endProcessesNaming, processesNaming } from "../support/leftovers.ts";
import { ownersIn } from "./owners.ts";
import { unrecorded, unsafe } from "./snapshots.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const KEYS = [
	...["ok", "lieutenants", "changes", "logged", "tasks", "owners", "unbounded", "pushesTried", "pushesToMain"],
	...["compactions", "refusalsIgnored", "tokensServed", "tokensCounted", "requestsCut", "requestsEstimated"],
	...["deaths", "deathsTold", "snapshots", "snapshotsInLedger"],
];

async function amnesiac(...args: string[]) {
	const temporary = makeFolder();
	atEnd(() => endProcessesNaming(temporary));
	const env = { PATH: process.env.PATH ?? "", HOME: temporary, TMPDIR: temporary };
	const child = spawn(process.execPath, ["--no-warnings", MAIN, ...args], { env, stdio: "pipe" });
	let said = "";
	for (const pipe of [child.stdout, child.stderr])
		pipe.on("data", (bytes) => {
			said += String(bytes);
		});
	const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
	return { code, said, temporary };
}

test("with the gates of the work log and of pushes off it fails, says why, and leaves nothing behind", async () => {
	const { code, said, temporary } = await amnesiac("--set", "gates.workLog=off", "--set", "gates.pushToMain=off");
	expect(code, said).toBe(1);
	const figures = JSON.parse(said.trimEnd().split("\n").at(-1) ?? "");
	expect(Object.keys(figures)).toEqual(KEYS);
	expect(figures).toMatchObject({ ok: false, lieutenants: 6, deaths: 5, deathsTold: 5, unbounded: 0 });
	expect(figures.logged).toBeLessThan(figures.changes);
	expect(figures.pushesToMain).toBeGreaterThan(0);
	expect(said).toContain("not in the work log: ");
	expect(said).toContain("pushed to protected branches: ");
	expect(processesNaming(temporary)).toEqual([]);
	expect(readdirSync(temporary).filter((name) => name.startsWith("fd-"))).toEqual([]);
}, 240_000);

test("what it cannot read is answered with a sentence before anything is started", async () => {
	const { code, said } = await amnesiac("--set", "gates.workLog=loud");
	expect(code).toBe(2);
	expect(said).toContain("Usage: npm run amnesiac");
});

test("a snapshot that the ledger does not have is missed, and one with keys that passes for one without is seen", () => {
	const ledger = [
		{ commitId: "plain", label: "plain", containsSecrets: true },
		{ commitId: "marked", label: "unsafe", containsSecrets: true, tags: ["mine"] },
	];
	expect(unrecorded({ snapshots: ["plain", "marked", "third"], ledger })).toEqual(["third"]);
	expect(unsafe({ snapshots: [], ledger })).toEqual([]);
	const worse = [
		{ commitId: "bare", label: "unsafe" },
		{ commitId: "first", label: "plain", tags: ["golden"] },
	];
	expect(unsafe({ snapshots: [], ledger: [...ledger, ...worse] })).toEqual(["bare", "first"]);
});

test("a task that a second one takes while the first holds it has no single owner", () => {
	const event = (seq: number, type: string, agent: string, task: string): FeedEvent => ({
		...{ id: `e${seq}`, seq, type, agent, summary: "", timestamp: "2026-03-10T12:00:00Z", detail: { task } },
	});
	const owners = ownersIn([
		event(1, "task_claimed", "ada", "a"),
		event(2, "task_released", "ada", "a"),
		event(3, "task_claimed", "bo", "a"),
		event(4, "task_claimed", "ada", "b"),
		event(5, "task_claimed", "ada", "b"),
		event(6, "task_claimed", "ada", "c"),
		event(7, "task_claimed", "bo", "c"),
		event(8, "task_claimed", "bo", "c"),
	]);
	expect(Object.fromEntries(owners)).toEqual({ a: "one", b: "one", c: "several" });
});
