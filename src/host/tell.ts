/** The sentences of notices: what happened, what it left, what to do next. Calm, exact, short. */
import type { LifeEnd } from "./agent/life.ts";
import type { Look } from "./journal.ts";
import { CRASH_WINDOW_MS } from "./restart.ts";
import type { Standing } from "./store/roster.ts";

const EXCERPT = 280;

const task = (standing: Standing): string => (standing.spec.task === undefined ? "" : ` ${standing.spec.task}`);
const money = (usd: number): string => `$${usd.toFixed(2)}`;
const turns = (count: number): string => `${count} ${count === 1 ? "turn" : "turns"}`;

/** The beginning of a text, cut at a word. */
function excerpt(text: string): string {
	const line = text.replace(/\s+/g, " ").trim();
	if (line.length <= EXCERPT) return line;
	return `${line.slice(0, EXCERPT).replace(/\s\S*$/, "")} …`;
}

export function completion(standing: Standing, look: Look): string {
	const { spec } = standing;
	const said = excerpt(look.outputs.at(-1)?.text ?? "");
	const where = spec.worktree === undefined ? "" : ` on ${spec.worktree.branch}`;
	const facts = `${turns(look.tally.turns)}${where}, ${money(look.tally.cost)}`;
	return `${spec.name} finished${task(standing)}: ${facts}.${said === "" ? "" : ` It says: ${said}`}\nNext: vers_lt_read for the whole answer, vers_lt_send for more work.`;
}

/** How a process ended, in words. */
function manner(end: LifeEnd): string {
	if (end.signal !== null) return `killed by ${end.signal}`;
	if (end.code !== null) return `exit code ${end.code}`;
	return "it is gone";
}

const lastLine = (end: LifeEnd): string => end.stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? "";

export const unborn = (end: LifeEnd): string =>
	`its pi did not start (${manner(end)})${lastLine(end) === "" ? "" : `: ${lastLine(end)}`}`;

export const parked = (end: LifeEnd): string => {
	const last = lastLine(end);
	return `its process ended three times within ${CRASH_WINDOW_MS / 60_000} minutes, last: ${manner(end)}${last === "" ? "" : ` (${last})`}`;
};

export function death(standing: Standing, end: LifeEnd, why?: string): string {
	const { spec, lives } = standing;
	if (why !== undefined)
		return `${spec.name} failed: ${why}. Its session and its messages are kept; vers_lt_resume tries again.`;
	return `${spec.name}'s process ended (${manner(end)}, life ${lives}). It is being started again from its session and goes on where it was.`;
}

export const stuck = (standing: Standing, why: string): string =>
	`${standing.spec.name} stalled${task(standing)}: ${why}. vers_lt_send with mode steer and hard interrupts it; vers_lt_status shows when it moves.`;

export const question = (standing: Standing, text: string): string =>
	`${standing.spec.name} was asked by an extension: "${text}". Nobody sits there, so it was dismissed; answer with vers_lt_send if it matters.`;
