/**
 * Ralph loops: one prompt, given to a fresh context again and again until a command passes. The host runs the loop and
 * the command, so that it goes on when the orchestrator has ended. Each round is a lieutenant of the loop's name.
 */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";

/** All but `running` are ends: passed; a limit; three rounds that wrote nothing; by somebody; it could not go on. */
export const RALPH_STATES = ["running", "passed", "limit", "stuck", "stopped", "failed"] as const;
export type RalphState = (typeof RALPH_STATES)[number];

/** How a round's agent came to its end; `ended`: by somebody. What the command said is another matter. */
export const ROUND_OUTCOMES = ["answered", "limit", "failed", "ended"] as const;
export type RoundOutcome = (typeof ROUND_OUTCOMES)[number];

/** Longest prompt, in characters. */
const PROMPT_MAX = 65_536;
/** Loops that have ended and are still shown. */
export const RALPH_SHOWN = 20;

export const RalphRound = Type.Object({
	n: Type.Integer({ description: "1, 2, …" }),
	lieutenant: Type.String({ description: "id of the lieutenant, whose session is the round's alone" }),
	startedAt: Type.String({ description: "ISO 8601" }),
	endedAt: Type.Optional(Type.String()),
	outcome: Type.Optional(oneOf(ROUND_OUTCOMES)),
	passed: Type.Optional(Type.Boolean({ description: "the command passed after it" })),
	says: Type.Optional(Type.String({ description: "what the command said" })),
	wrote: Type.Optional(Type.Boolean({ description: "it changed something" })),
	turns: Type.Integer(),
	tokens: Type.Integer(),
	costUsd: Type.Number(),
});
export type RalphRound = Static<typeof RalphRound>;

export const Ralph = Type.Object({
	id: Type.String({ description: "ULID" }),
	name: Type.String(),
	owner: Type.String({ description: "orchestrator name" }),
	state: oneOf(RALPH_STATES),
	reason: Type.Optional(Type.String({ description: "why it ended" })),
	prompt: Type.String(),
	until: Type.Object({ command: Type.String() }),
	max: Type.Integer({ description: "rounds" }),
	budget: Type.Number({ description: "US dollars, all rounds together" }),
	minutes: Type.Integer({ description: "from its start" }),
	turns: Type.Integer({ description: "of one round" }),
	cwd: Type.String(),
	branch: Type.Optional(Type.String({ description: "its worktree's branch" })),
	task: Type.Optional(Type.String({ description: "board id" })),
	costUsd: Type.Number(),
	rounds: Type.Array(RalphRound, { description: "oldest first" }),
	startedAt: Type.String(),
	endedAt: Type.Optional(Type.String()),
});
export type Ralph = Static<typeof Ralph>;

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

function line(loop: Ralph): string {
	const { name, state, reason, rounds, max, budget, costUsd, cwd, branch } = loop;
	const why = reason === undefined ? "" : `: ${reason}`;
	const where = branch === undefined ? cwd : `${branch} in ${cwd}`;
	return `${name}  ${state}${why}  round ${rounds.length}/${max}  ${dollars(costUsd)}/${dollars(budget)}  until \`${loop.until.command}\`  ${where}`;
}

function roundLine({ n, outcome, wrote, says, turns, costUsd }: RalphRound): string {
	const how = [outcome ?? "at work", ...(wrote === false ? ["wrote nothing"] : []), `${turns} turns`, dollars(costUsd)];
	return `  ${n}  ${how.join(", ")}${says === undefined ? "" : `  ${says}`}`;
}

export const start = operation({
	name: "ralph.start",
	at: "host",
	tool: "ralph_start",
	cli: "ralph start",
	summary: "Loop: give a prompt to fresh contexts, round after round, until a command passes or a limit is met.",
	method: "POST",
	path: "/ralph",
	status: 201,
	launches: true,
	input: Type.Object({
		prompt: text(PROMPT_MAX, "the same for each round, which knows nothing of the others but their files"),
		until: Type.Object({ command: text(2_000, "shell command, run in its folder after each round") }),
		max: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "rounds; default 10" })),
		budget: Type.Optional(Type.Number({ minimum: 0.01, maximum: 1_000, description: "US dollars in all; default 10" })),
		cwd: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: "folder; default: yours" })),
		minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080, description: "in all; default 480" })),
		turns: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "per round; default 30" })),
		name: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: "default: ralph, ralph-2, …" })),
		worktree: Type.Optional(Type.Boolean({ description: "own git worktree on lt/<name>; default true inside git" })),
		model: Type.Optional(Type.String({ description: "provider/model; default: yours" })),
		thinking: Type.Optional(oneOf(["off", "minimal", "low", "medium", "high", "xhigh"])),
	}),
	output: Ralph,
	allow: ["admin", "host", "orchestrator"],
	effect: ({ name }) => `started Ralph loop ${name ?? "ralph"}`,
	tell: (loop) =>
		`${loop.name} runs: at most ${loop.max} rounds, ${dollars(loop.budget)}, ${loop.minutes} minutes, until \`${loop.until.command}\` passes. Its folder: ${loop.cwd}. You are told how it ended; ralph_status shows the rounds.`,
});

export const stop = operation({
	name: "ralph.stop",
	at: "host",
	tool: "ralph_stop",
	cli: "ralph stop",
	summary: "End a Ralph loop and the round that runs. Of one that has ended: put its worktree away, when all is saved.",
	method: "POST",
	path: "/ralph/stop",
	status: 200,
	input: Type.Object({ name: Type.String({ minLength: 1, maxLength: 40 }) }),
	output: Type.Object({ loop: Ralph, kept: Type.Array(Type.String(), { description: "what was kept, and where" }) }),
	allow: ["admin", "host", "orchestrator"],
	effect: ({ name }) => `stopped Ralph loop ${name}`,
	tell: ({ loop, kept }) =>
		`${loop.name} is ${loop.state} after ${loop.rounds.length} rounds${loop.reason === undefined ? "" : `: ${loop.reason}`}.${kept.length > 0 ? ` Kept: ${kept.join("; ")}.` : ""}`,
});

export const status = operation({
	name: "ralph.status",
	at: "host",
	tool: "ralph_status",
	cli: "ralph status",
	summary: "Ralph loops that run or ran lately: rounds, what the command said, cost. With a name: that one.",
	method: "GET",
	path: "/ralph",
	status: 200,
	input: Type.Object({ name: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })) }),
	output: Type.Object({ loops: Type.Array(Ralph, { description: "newest first" }), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ loops }, { name }) =>
		loops
			.flatMap((loop) => [line(loop), ...(name === undefined ? loop.rounds.slice(-1) : loop.rounds).map(roundLine)])
			.join("\n") || "No loops. ralph_start begins one.",
});
