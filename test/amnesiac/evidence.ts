/** What hub, git, session files and the model's own log hold when it is over. Nothing is taken from who ran it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../../src/client/client.ts";
import * as board from "../../src/contract/board.ts";
import * as commits from "../../src/contract/commits.ts";
import * as feed from "../../src/contract/feed.ts";
import { type Lieutenant, status } from "../../src/contract/lieutenants.ts";
import { type LogEntry, query } from "../../src/contract/log.ts";
import type { Task } from "../../src/contract/task.ts";
import * as usage from "../../src/contract/usage.ts";
import type { Ended, Served } from "../../src/demo/model/server.ts";
import { git, type Stage } from "../../src/demo/stage.ts";
import { type Entry, parseEntry } from "../../src/pi/entry.ts";
import { shape, text } from "../../src/pi/shape.ts";
import type { World } from "../../src/world.ts";
import { DIARY, ORCHESTRATOR } from "./script.ts";

/** One agent's work in git, since the repository was made. */
export interface Work {
	readonly agent: string;
	readonly commits: readonly string[];
	/** Changed and not committed. */
	readonly files: readonly string[];
	/** What is there of the files that another's task owns. */
	readonly trespassed: readonly string[];
}

export interface Transcript {
	readonly agent: string;
	readonly entries: readonly Entry[];
	/** Ids of the answers that it holds with what they took, as the provider gave them. */
	readonly responses: readonly string[];
}

export interface Evidence {
	readonly lieutenants: readonly Lieutenant[];
	readonly tasks: readonly Task[];
	readonly entries: readonly LogEntry[];
	readonly events: readonly feed.FeedEvent[];
	readonly sessions: readonly usage.UsageSession[];
	readonly estimates: readonly usage.UsageEstimate[];
	readonly work: readonly Work[];
	/** How often each protected branch of the remote has moved since the beginning. */
	readonly moved: Readonly<Record<string, number>>;
	readonly transcripts: readonly Transcript[];
	readonly requests: readonly Served[];
	readonly answers: readonly Ended[];
	/** Ids of the snapshots that the platform of machines has. */
	readonly snapshots: readonly string[];
	/** What the hub has of them. */
	readonly ledger: readonly commits.Commit[];
}

const PAGE = 1_000;
export const PROTECTED = ["main", "master"] as const;
export const remoteOf = (stage: Pick<Stage, "root">): string => join(stage.root, "origin.git");
export const answersOf = (stage: Pick<Stage, "root">): string => join(stage.root, "answers.jsonl");

/** `snapshots`: the platform's own list, where there is a platform. */
export async function gather(
	world: World,
	stage: Stage,
	hub: Client,
	snapshots: readonly string[] = [],
): Promise<Evidence> {
	const { lieutenants } = await hub.call(status, { all: true });
	const [tasks, log, sessions, estimates, ledger] = await Promise.all([
		hub.call(board.list, { limit: PAGE }),
		hub.call(query, { limit: PAGE }),
		hub.call(usage.sessions, { limit: PAGE }),
		hub.call(usage.estimates, { limit: PAGE }),
		hub.call(commits.list, { limit: PAGE }),
	]);
	const work = await Promise.all([
		workIn(world, stage, ORCHESTRATOR, stage.repository),
		...lieutenants.map(({ name, cwd }) => workIn(world, stage, name, cwd)),
	]);
	const moved = PROTECTED.map((name) => [name, movesOf(stage, name)] as const);
	return {
		...{ lieutenants, tasks: tasks.tasks, entries: log.entries, events: await allEvents(hub) },
		...{ sessions: sessions.sessions, estimates: estimates.estimates, work, moved: Object.fromEntries(moved) },
		transcripts: [
			transcriptIn(ORCHESTRATOR, join(stage.root, "agent", "sessions")),
			...lieutenants.map(({ id, name }) => transcriptIn(name, join(stage.home.lieutenants, id, "session"))),
		],
		requests: jsonLines(stage.requests),
		answers: jsonLines(answersOf(stage)),
		...{ snapshots, ledger: ledger.commits },
	};
}

async function allEvents(hub: Client): Promise<feed.FeedEvent[]> {
	const all: feed.FeedEvent[] = [];
	for (;;) {
		const page = await hub.call(feed.list, { since: String(all.at(-1)?.seq ?? 0), limit: PAGE });
		all.push(...page);
		if (page.length < PAGE) return all;
	}
}

async function workIn(world: World, stage: Stage, agent: string, folder: string): Promise<Work> {
	const here = { ...stage, repository: folder };
	const lines = async (...args: string[]) =>
		(await git(world, here, ...args)).split("\n").filter((line) => line !== "");
	const commits = await lines("rev-list", "HEAD", "--not", "begin");
	const files = await lines("ls-files", "--others", "--modified", "--exclude-standard");
	const trespassed =
		agent === DIARY.name ? [] : await lines("ls-files", "--cached", "--others", "--", ...DIARY.territory);
	return { agent, commits, files, trespassed };
}

/** The first line of a branch's reflog is the beginning of main, and already a move of a branch that was not there. */
function movesOf(stage: Stage, branch: string): number {
	const path = join(remoteOf(stage), "logs", "refs", "heads", branch);
	if (!existsSync(path)) return 0;
	const lines = readFileSync(path, "utf8").trim().split("\n").length;
	return branch === "main" ? lines - 1 : lines;
}

function transcriptIn(agent: string, folder: string): Transcript {
	const raw = sessionsIn(folder).flatMap(({ lines }) => lines);
	const responses = raw.flatMap((entry) => {
		const message = shape(shape(entry).message);
		return Number(shape(message.usage).totalTokens) > 0 ? [text(message.responseId)] : [];
	});
	return { agent, responses, entries: raw.map(parseEntry).filter((entry) => entry !== undefined) };
}

/** Sessions of a folder and those below it, the oldest first: pi names them by their time. */
export function sessionsIn(folder: string): readonly { readonly file: string; readonly lines: readonly unknown[] }[] {
	const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
	const sessions = files.filter((file) => file.endsWith(".jsonl")).sort();
	return sessions.map((file) => ({ file, lines: jsonLines<unknown>(join(folder, file)) }));
}

/** A last line without its end is a torn one, and no record. */
function jsonLines<T>(path: string): T[] {
	if (!existsSync(path)) return [];
	const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
	return lines.map((line) => JSON.parse(line) as T);
}
