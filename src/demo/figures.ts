/** What the hub remembers of the demo, read back through the typed client, and whether that is what it should be. */
import type { Client } from "../client/client.ts";
import * as board from "../contract/board.ts";
import * as feed from "../contract/feed.ts";
import type { Lieutenant } from "../contract/lieutenants.ts";
import { status } from "../contract/lieutenants.ts";
import { type LogEntry, query } from "../contract/log.ts";
import type { Task } from "../contract/task.ts";
import { type UsageSession, sessions as usageSessions } from "../contract/usage.ts";
import type { RunFile } from "../daemon/run-file.ts";
import { ORCHESTRATOR, PARTS } from "./story.ts";

/** Everything that the hub was asked. One page of each is more than the demo can fill. */
export interface Memory {
	readonly lieutenants: readonly Lieutenant[];
	readonly tasks: readonly Task[];
	readonly entries: readonly LogEntry[];
	readonly feedEvents: number;
	/** What the gate has published. */
	readonly gate: readonly feed.FeedEvent[];
	readonly sessions: readonly UsageSession[];
}

/** The line that the demo ends with. */
export interface Figures {
	readonly ok: boolean;
	readonly lieutenants: number;
	readonly tasksDone: number;
	readonly logEntries: number;
	readonly feedEvents: number;
	readonly usageSessions: number;
	readonly gateNags: number;
	readonly tokens: number;
	/** US dollars, at the made-up prices of the scripted model. */
	readonly costUsd: number;
	readonly seconds: number;
}

/** Where the tour did not come to its end. */
export const NOTHING: Figures = {
	...{ ok: false, lieutenants: 0, tasksDone: 0, logEntries: 0, feedEvents: 0, usageSessions: 0, gateNags: 0 },
	...{ tokens: 0, costUsd: 0, seconds: 0 },
};

/** What the hub cannot know and is compared with it. */
export interface Truth {
	/** Full hashes by branch, from git. */
	readonly commits: ReadonlyMap<string, readonly string[]>;
	/** The scripted model's own count, of answers that were heard to their end. */
	readonly tokens: number;
	readonly before: Readonly<Record<"hub" | "host", RunFile>>;
	readonly after: Readonly<Record<"hub" | "host", RunFile>>;
}

const PAGE = 1_000;

export async function recall(hub: Client): Promise<Memory> {
	const [fleet, tasks, log, stats, custom, usage] = await Promise.all([
		hub.call(status, { all: true }),
		hub.call(board.list, { limit: PAGE }),
		hub.call(query, { limit: PAGE }),
		hub.call(feed.stats, {}),
		hub.call(feed.list, { type: "custom", limit: PAGE }),
		hub.call(usageSessions, { limit: PAGE }),
	]);
	return {
		lieutenants: fleet.lieutenants,
		tasks: tasks.tasks,
		entries: log.entries,
		feedEvents: stats.total,
		gate: custom.filter((event) => verdictOf(event) !== undefined),
		sessions: usage.sessions,
	};
}

function verdictOf({ metadata }: feed.FeedEvent): unknown {
	const { gate, verdict } = { gate: undefined, verdict: undefined, ...Object(metadata) };
	return gate === "workLog" ? verdict : undefined;
}

export const nagsOf = (memory: Memory): readonly feed.FeedEvent[] =>
	memory.gate.filter((event) => verdictOf(event) === "refused");

export const doneOf = (memory: Pick<Memory, "tasks">): readonly Task[] =>
	memory.tasks.filter((task) => task.status === "done");

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const tokensOf = (memory: Memory): number => sum(memory.sessions.map((session) => session.tokens.total));

export function figuresOf(memory: Memory, wrong: readonly string[], seconds: number): Figures {
	return {
		ok: wrong.length === 0,
		lieutenants: memory.lieutenants.length,
		tasksDone: doneOf(memory).length,
		logEntries: memory.entries.length,
		feedEvents: memory.feedEvents,
		usageSessions: memory.sessions.length,
		gateNags: nagsOf(memory).length,
		tokens: tokensOf(memory),
		costUsd: Math.round(sum(memory.sessions.map((session) => session.cost.total)) * 1e6) / 1e6,
		seconds,
	};
}

/** Hashes of the commits that no entry of the log accounts for. */
export function unlogged(memory: Pick<Memory, "entries">, truth: Pick<Truth, "commits">): readonly string[] {
	const logged = new Set(memory.entries.flatMap((entry) => entry.facts?.commits ?? []));
	return [...truth.commits.values()].flat().filter((commit) => !logged.has(commit));
}

const isHandWritten = (entry: LogEntry): boolean => entry.facts?.mark !== "auto";

/** One sentence for everything that is not as it should be; none when all is well. */
export function wrongWith(memory: Memory, truth: Truth): readonly string[] {
	const count = PARTS.length;
	const bare = [...truth.commits].filter(([, commits]) => commits.length === 0).map(([branch]) => branch);
	const missed = unlogged(memory, truth);
	const forgetful = [ORCHESTRATOR, ...PARTS.filter((part) => part.forgets).map((part) => part.name)];
	const silent = forgetful.filter(
		(name) => !memory.entries.some((entry) => entry.agent === name && isHandWritten(entry)),
	);
	const unreminded = forgetful.filter((name) => !nagsOf(memory).some((nag) => nag.agent === name));
	const restarted = memory.lieutenants.filter((lieutenant) => lieutenant.lives !== 1).map(({ name }) => name);
	const tokens = tokensOf(memory);
	const captain = memory.sessions.find((session) => session.agent === ORCHESTRATOR);
	const idle = ["vers_lt_read", "board_update_task"].filter((tool) => (captain?.toolCalls[tool] ?? 0) < count);
	const checks: readonly (readonly [boolean, string])[] = [
		[memory.lieutenants.length === count, `the hub knows ${memory.lieutenants.length} lieutenants, not ${count}`],
		[doneOf(memory).length === count, `${doneOf(memory).length} tasks are done, not ${count}`],
		[bare.length === 0, `no commit on ${bare.join(", ")}`],
		[missed.length === 0, `no log entry accounts for ${missed.map((hash) => `commit ${hash.slice(0, 7)}`).join(", ")}`],
		[silent.length === 0, `no log entry by ${silent.join(" and ")}`],
		[unreminded.length === 0, `the gate told ${unreminded.join(" and ")} nothing`],
		[idle.length === 0, `the ${ORCHESTRATOR} did not call ${idle.join(" and ")} for each task`],
		[memory.sessions.length > count, `usage of ${memory.sessions.length} sessions is known, not of ${count + 1}`],
		[tokens === truth.tokens, `the hub counts ${tokens} tokens, the model ${truth.tokens}`],
		[restarted.length === 0, `${restarted.join(" and ")} had to be started again`],
		...(["hub", "host"] as const).map(
			(daemon) => [truth.before[daemon].pid !== truth.after[daemon].pid, `the ${daemon} was not restarted`] as const,
		),
	];
	return checks.filter(([well]) => !well).map(([, sentence]) => sentence);
}
