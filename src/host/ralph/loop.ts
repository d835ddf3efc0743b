/**
 * A Ralph loop as it is kept, and what follows from how it stands: when a round is over, and when the loop is. Pure; the
 * host carries it out.
 */
import type { RalphRound, RalphState, RoundOutcome } from "../../contract/ralph.ts";
import type { Workspace } from "../places/place.ts";
import { RESUMES } from "../restart.ts";
import type { Standing } from "../store/roster.ts";

export interface Limits {
	readonly rounds: number;
	/** US dollars, all rounds together. */
	readonly usd: number;
	/** From the loop's start, by the wall: also while the host is away. */
	readonly minutes: number;
	/** Of each round. */
	readonly turns: number;
}

export const LIMITS = { rounds: 10, usd: 10, minutes: 480 } as const;

export interface Loop {
	readonly id: string;
	readonly name: string;
	readonly owner: string;
	readonly prompt: string;
	readonly command: string;
	readonly limits: Limits;
	/** Made once: what a round leaves there, the next one finds. */
	readonly workspace: Workspace;
	readonly pi: readonly string[];
	readonly model?: string;
	readonly thinking?: string;
	/** Board id, held by the loop's name. */
	readonly task?: string;
	readonly state: RalphState;
	/** Why it ended. */
	readonly reason?: string;
	/** What the command said before the first round. */
	readonly says?: string;
	readonly startedAt: string;
	readonly endedAt?: string;
}

/** Rounds in a row that wrote nothing, after which another one would do no better. */
const IDLE_ROUNDS = 3;

/** How a round's agent came to its end; undefined while it goes on, or may: one that is paused or stalled does. */
export function outcomeOf(standing: Standing | undefined): RoundOutcome | undefined {
	if (standing === undefined || standing.state === "gone") return "ended";
	const { state, lives, dead, bound, errors } = standing;
	if (state === "failed") return "failed";
	// Stored before its process has ended: until then it may still write.
	if (state === "stopped") return lives === dead ? "limit" : undefined;
	if (state !== "idle") return undefined;
	if (bound === undefined) return "answered";
	return errors > RESUMES ? "failed" : undefined;
}

export interface Spent {
	readonly usd: number;
	readonly minutes: number;
}

export const spentOf = ({ startedAt }: Pick<Loop, "startedAt">, rounds: readonly RalphRound[], now: number): Spent => ({
	usd: rounds.reduce((sum, { costUsd }) => sum + costUsd, 0),
	// A clock set back gives no time, and takes none.
	minutes: Math.max(0, now - Date.parse(startedAt)) / 60_000,
});

export interface End {
	readonly state: Exclude<RalphState, "running">;
	readonly reason: string;
}

/** After a round, or before the first: is the loop over? */
export function endOf({ limits, command }: Loop, rounds: readonly RalphRound[], spent: Spent): End | undefined {
	const last = rounds.at(-1);
	if (last?.passed === true) return { state: "passed", reason: `\`${command}\` passes after round ${last.n}` };
	if (last?.outcome === "ended") return { state: "stopped", reason: `the lieutenant of round ${last.n} was ended` };
	if (spent.usd >= limits.usd) return { state: "limit", reason: `$${limits.usd.toFixed(2)}` };
	if (spent.minutes >= limits.minutes) return { state: "limit", reason: `${limits.minutes} minutes` };
	if (rounds.length >= limits.rounds) return { state: "limit", reason: `${limits.rounds} rounds` };
	const idle = rounds.slice(-IDLE_ROUNDS);
	if (idle.length === IDLE_ROUNDS && idle.every(({ wrote }) => wrote === false))
		return { state: "stuck", reason: `${IDLE_ROUNDS} rounds in a row wrote nothing (the last: ${last?.outcome})` };
	return undefined;
}

/** What a round is told: the loop's own prompt, and what a fresh context cannot know. */
export function roundText(loop: Loop, n: number, says: string | undefined): string {
	const { prompt, command, limits, task } = loop;
	const others =
		n === 1 ? "" : " Earlier rounds left their files and commits here, and you know nothing else of them: look first.";
	return [
		prompt.trim(),
		`This is round ${n} of at most ${limits.rounds}; each begins with an empty memory.${others} The loop ends when \`${command}\` passes; it is run after your answer.${says === undefined ? "" : ` Before this round: ${says}`}`,
		`Leave what is done in files and commits, and end with what the next round should know.${task === undefined ? "" : ` Task ${task} is held by ${loop.name}, which is you.`}`,
	].join("\n\n");
}

/** For its owner: how the loop ended, where its work is, what to do next. */
export function endText(loop: Loop, rounds: readonly RalphRound[], { state, reason }: End): string {
	const { name, workspace, limits } = loop;
	const usd = rounds.reduce((sum, { costUsd }) => sum + costUsd, 0);
	const count = `${rounds.length} round${rounds.length === 1 ? "" : "s"}, $${usd.toFixed(2)}`;
	const { cwd, worktree } = workspace;
	const where = worktree === undefined ? cwd : `${worktree.branch}, ${cwd}`;
	if (state === "passed") {
		const next = `look at the work in ${where}; ralph_stop ${name} puts its worktree away once that is saved.`;
		return `Ralph loop ${name} passed: ${reason}. ${count}.\nNext: ${worktree === undefined ? `look at the work in ${where}.` : next}`;
	}
	const says = rounds.at(-1)?.says ?? loop.says;
	const last = says === undefined ? "" : ` The last check: ${says}`;
	return `Ralph loop ${name} ended without passing: ${reason}. ${count} of at most ${limits.rounds} rounds.${last}\nNext: look at the work in ${where}; ralph_start with the name ${name} goes on there.`;
}
