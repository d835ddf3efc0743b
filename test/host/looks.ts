/** What a host sees of a lieutenant: how it stands, and its session's entries, made of a few words. */
import { WORK } from "../../src/gates/ledger.ts";
import { type Look, seenIn } from "../../src/host/journal.ts";
import type { Standing } from "../../src/host/store/roster.ts";
import { type Entry, parseEntry } from "../../src/pi/entry.ts";
import { tally } from "../../src/pi/tally.ts";
import { endingOf, outputsOf, pathTo } from "../../src/pi/transcript.ts";

const spec: Standing["spec"] = {
	...{
		id: "01JD0000000000000000000001",
		name: "usage",
		role: "x",
		place: "local",
		cwd: "/w",
		ports: 42_000,
		pi: ["pi"],
	},
	worktree: { path: "/w", repository: "/r", branch: "lt/usage", base: "0" },
	task: "01JD0000000000000000000031",
	createdAt: "2026-01-01T00:00:00.000Z",
};
export const standing: Standing = {
	...{ spec, owner: "me", state: "idle", changedAt: "", lives: 1, dead: 0 },
	...{ deaths: [], errors: 0, turns: 0, tokens: 0, costUsd: 0 },
};

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
const usage = (cost: number) => ({
	...{ input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2 },
	cost: { input: 0, output: cost, cacheRead: 0, cacheWrite: 0, total: cost },
});

export interface Raw {
	readonly at: number;
	readonly [field: string]: unknown;
}

/** Entries one after another, each the child of the one before. */
export function session(...raw: readonly Raw[]): readonly Entry[] {
	return raw.flatMap(({ at: seconds, ...fields }, n) => {
		const node = { id: `e${n}`, parentId: n === 0 ? null : `e${n - 1}`, timestamp: at(seconds) };
		return parseEntry({ ...node, ...fields }) ?? [];
	});
}

export const asked = (seconds: number) => ({ at: seconds, type: "message", message: { role: "user", content: "go" } });
export const answer = (seconds: number, text: string, cost: number) => ({
	at: seconds,
	type: "message",
	message: { role: "assistant", content: [{ type: "text", text }], stopReason: "stop", usage: usage(cost) },
});
/** A turn that goes on: it calls a tool that only looks, and has its result. */
export const reading = (seconds: number, id: string) => [
	{
		at: seconds,
		type: "message",
		message: {
			role: "assistant",
			content: [{ type: "toolCall", id, name: "read", arguments: { path: "a.txt" } }],
			stopReason: "toolUse",
			usage: usage(0.01),
		},
	},
	{
		at: seconds,
		type: "message",
		message: { role: "toolResult", toolCallId: id, toolName: "read", content: [], isError: false },
	},
];
export const work = (seconds: number, data: unknown) => ({ at: seconds, type: "custom", customType: WORK, data });
export const changed = (files: readonly string[], commits: readonly string[]) => ({
	...{ type: "changed", id: files.join() + commits.join(), files, effects: [] },
	commits: commits.map((id) => ({ id, subject: "s", files: [] })),
});

export const look = (entries: readonly Entry[]): Look => ({
	seen: seenIn(entries),
	ending: endingOf(pathTo(entries)),
	tally: tally(entries),
	outputs: outputsOf(pathTo(entries)),
	answer: entries.findLast((entry) => entry.type === "message" && entry.message.role === "assistant")?.id,
	entries,
});
