/** The sentences of notices: what happened, what it left, what to do next. Calm, exact, short. */
import type { Cause } from "../contract/cause.ts";
import { fold, known, type Ledger, workEvents } from "../gates/ledger.ts";
import type { Entry } from "../pi/entry.ts";
import { tally } from "../pi/tally.ts";
import type { LifeEnd } from "./agent/life.ts";
import { dueText } from "./bounds/deliverable.ts";
import { type Stop, stopText } from "./bounds/report.ts";
import type { Look } from "./journal.ts";
import { mannerOf, remedyOf } from "./liveness/ending.ts";
import { stallRemedy, stallText } from "./liveness/stall.ts";
import { CRASH_WINDOW_MS } from "./restart.ts";
import type { Standing } from "./store/roster.ts";

const EXCERPT = 280;

const task = (standing: Standing): string => (standing.spec.task === undefined ? "" : ` ${standing.spec.task}`);
const money = (usd: number): string => `$${usd.toFixed(2)}`;

/** The beginning of a text, cut at a word. */
function excerpt(text: string): string {
	const line = text.replace(/\s+/g, " ").trim();
	if (line.length <= EXCERPT) return line;
	return `${line.slice(0, EXCERPT).replace(/\s\S*$/, "")} …`;
}

/**
 * What was done since the last completion was told: `usage finished …: 3 files, 2 commits on lt/usage, tests passed
 * (35), 4m10s, $0.41.`, and how its answer begins. The facts are the work-log gate's, not the model's words.
 */
export function completion(standing: Standing, look: Look, delivered = ""): string {
	const { spec, told } = standing;
	const fresh = look.entries.slice(look.entries.findIndex((entry) => entry.id === told) + 1);
	const said = excerpt(look.outputs.at(-1)?.text ?? "");
	const facts = [...done(fold(workEvents(fresh)), spec.worktree?.branch), lasted(fresh), money(tally(fresh).cost)];
	return `${spec.name} finished${task(standing)}: ${facts.join(", ")}.${delivered === "" ? "" : ` ${delivered}`}${said === "" ? "" : ` It says: ${said}`}\nNext: vers_lt_read for the whole answer, vers_lt_send for more work.`;
}

const count = (many: number, one: string): string => `${many} ${one}${many === 1 ? "" : "s"}`;

function done(ledger: Ledger, branch: string | undefined): readonly string[] {
	const { files, commits } = known(ledger);
	const where = branch === undefined ? "" : ` on ${branch}`;
	const changed = new Set([...files, ...commits.flatMap((commit) => commit.files)]).size;
	const tests = ledger.tests.at(-1);
	return [
		changed === 0 ? "no files changed" : count(changed, "file"),
		...(commits.length === 0 ? [] : [`${count(commits.length, "commit")}${where}`]),
		...(tests === undefined ? [] : [`tests passed (${tests})`]),
	];
}

/** From the first entry to the last: `42s`, `4m10s`, `2h05m`. */
function lasted(entries: readonly Entry[]): string {
	const [first, last] = [entries.at(0), entries.at(-1)];
	const ms = first === undefined || last === undefined ? 0 : Date.parse(last.timestamp) - Date.parse(first.timestamp);
	const seconds = Math.max(0, Math.round(ms / 1_000));
	const two = (value: number): string => String(value).padStart(2, "0");
	if (seconds < 60) return `${seconds}s`;
	if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
	return `${Math.floor(seconds / 3_600)}h${two(Math.floor((seconds % 3_600) / 60))}m`;
}

/** Its last words, where they say more than the cause: below V8's there is only a stack. */
const lastLine = ({ cause, stderr }: LifeEnd): string =>
	cause.type === "out-of-memory" ? "" : (stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? "");

export const unborn = (end: LifeEnd): string =>
	`its pi did not start (${mannerOf(end.cause)})${lastLine(end) === "" ? "" : `: ${lastLine(end)}`}`;

export const parked = (end: LifeEnd): string => {
	const last = lastLine(end);
	return `its process ended three times within ${CRASH_WINDOW_MS / 60_000} minutes, last: ${mannerOf(end.cause)}${last === "" ? "" : ` (${last})`}`;
};

export function death(standing: Standing, end: LifeEnd, why?: string): string {
	const { spec, lives } = standing;
	const remedy = remedyOf(end.cause);
	if (why !== undefined)
		return `${spec.name} failed: ${why}.${remedy} Its session and its messages are kept; vers_lt_resume tries again.`;
	return `${spec.name}'s process ended (${mannerOf(end.cause)}, life ${lives}). It is being started again from its session and goes on where it was.${remedy}`;
}

/** `deep was stopped: 30 turns, 0 files, $0.90.`, where what there is stands, and how it goes on. */
export function stopped({ spec, costUsd }: Standing, stop: Stop, path: string): string {
	const { bound } = stop;
	const usd = costUsd - bound.from.usd;
	const back = bound.task === undefined ? "" : ` Task ${bound.task} goes back to the board with it.`;
	return `${spec.name} was stopped: ${stopText(stop)}, ${money(usd)}. Due was ${dueText(bound.deliverable)}; what there is stands in report ${stop.name}: ${path}.${back}\nNext: read the report; vers_lt_resume goes on from its session with a fresh allowance.`;
}

export const stuck = (standing: Standing, cause: Cause): string =>
	`${standing.spec.name} stalled${task(standing)}: ${stallText(cause)}.\n${stallRemedy(cause)}`;

export const question = (standing: Standing, text: string): string =>
	`${standing.spec.name} was asked by an extension: "${text}". Nobody sits there, so it was dismissed; answer with vers_lt_send if it matters.`;
