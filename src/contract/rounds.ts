/** The rounds of a task's review: what was handed in each time, what was found, and who was told. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation } from "./operation.ts";
import { authorName, oneOf, text } from "./shapes.ts";
import { Artifact, Task, TaskId, TEXT_MAX } from "./task.ts";

export const VERDICTS = ["approve", "needs_changes"] as const;
/** Heaviest first. A task with a blocker is not approved. */
export const SEVERITIES = ["blocker", "major", "minor", "nit"] as const;

export const Finding = Type.Object({
	file: Type.Optional(Type.String({ maxLength: 500 })),
	line: Type.Optional(Type.Integer({ minimum: 1 })),
	severity: oneOf(SEVERITIES),
	claim: text(1_000, "what is wrong"),
	evidence: text(2_000, "what shows it: output, a failing command, the lines"),
});
export type Finding = Static<typeof Finding>;

export const RoundArtifact = Type.Object({
	...Artifact.properties,
	version: Type.Integer({ description: "from 1, one more each time that its label comes again" }),
});

/** Where the message to the author's lieutenant stands: `due` until its host has stored it, then its receipt. */
export const Told = Type.Object({
	to: Type.String({ description: "lieutenant" }),
	lieutenant: Type.String({ description: "lieutenant id" }),
	state: oneOf(["due", "dropped", "queued", "accepted", "consumed", "superseded", "rejected", "lost"]),
	message: Type.Optional(Type.String({ description: "message id at its host" })),
	because: Type.Optional(Type.String({ description: "why it still waits, or was dropped" })),
});
export type Told = Static<typeof Told>;

export const Round = Type.Object({
	round: Type.Integer({ description: "from 1" }),
	submittedBy: Type.String(),
	submittedAt: Type.String({ description: "ISO 8601" }),
	summary: Type.String(),
	tree: Type.Optional(Type.String({ description: "git's hash of the author's files when it was handed in" })),
	branch: Type.Optional(Type.String()),
	artifacts: Type.Array(RoundArtifact, { description: "what came with it, or since the round before" }),
	verdict: Type.Optional(oneOf(VERDICTS)),
	by: Type.Optional(Type.String({ description: "who gave the verdict" })),
	at: Type.Optional(Type.String({ description: "when, ISO 8601" })),
	comment: Type.Optional(Type.String()),
	findings: Type.Array(Finding),
	told: Type.Optional(Told),
});
export type Round = Static<typeof Round>;

export const findingLine = ({ file, line, severity, claim, evidence }: Finding): string => {
	const where = file === undefined ? "" : ` ${file}${line === undefined ? "" : `:${line}`}:`;
	return `[${severity}]${where} ${claim} Evidence: ${evidence}`;
};

const toldLine = ({ to, state, because }: Told): string =>
	`message to ${to}: ${state}${because === undefined ? "" : ` (${because})`}`;

const roundText = (round: Round): string =>
	[
		`Round ${round.round}, handed in by ${round.submittedBy} at ${round.submittedAt}: ${round.summary}`,
		...round.artifacts.map(({ type, label, url, version }) => `${type} ${label} (version ${version}): ${url}`),
		round.verdict === undefined
			? "No verdict."
			: `${round.verdict} by ${round.by}${round.comment === undefined ? "" : `: ${round.comment}`}`,
		...round.findings.map(findingLine),
		...(round.told === undefined ? [] : [toldLine(round.told)]),
	].join("\n");

export const verdict = operation({
	name: "board.verdict",
	at: "hub",
	tool: "board_verdict",
	cli: "board verdict",
	summary: "Judge what was handed in: approve, or needs_changes with findings, which go to the author's lieutenant.",
	method: "POST",
	path: "/board/tasks/:taskId/verdict",
	status: 200,
	input: Type.Object({
		taskId: TaskId,
		verdict: oneOf(VERDICTS),
		findings: Type.Optional(Type.Array(Finding, { maxItems: 50 })),
		comment: Type.Optional(Type.String({ maxLength: TEXT_MAX })),
		round: Type.Optional(
			Type.Integer({ minimum: 1, description: "that you looked at; refused when another came since" }),
		),
		reviewedBy: authorName,
	}),
	output: Type.Object({ task: Task, round: Round }),
	author: { field: "reviewedBy" },
	allow: ["admin", "orchestrator", "lieutenant"],
	tell: ({ task, round }) =>
		[
			`Task ${task.id} is ${task.status}: round ${round.round}, ${round.verdict}.`,
			...(round.told === undefined ? [] : [`${round.told.to} is told, and holds the task again.`]),
		].join(" "),
});

export const rounds = operation({
	name: "board.rounds",
	at: "hub",
	tool: "board_rounds",
	cli: "board rounds",
	summary:
		"Read the rounds of a task's review: what was handed in, findings, verdicts, and whether the author was told.",
	method: "GET",
	path: "/board/tasks/:taskId/rounds",
	status: 200,
	input: Type.Object({ taskId: TaskId }),
	output: Type.Object({ rounds: Type.Array(Round, { description: "oldest first" }), count: Type.Integer() }),
	allow: EVERYONE,
	tell: (found) => found.rounds.map(roundText).join("\n\n") || "It was not handed in yet.",
});

export const Difference = Type.Object({
	label: Type.String({ description: "a branch, or an artifact's label" }),
	from: Type.String({ description: "the state or version before" }),
	to: Type.String(),
	diff: Type.String({ description: "unified; empty when nothing changed" }),
	cut: Type.Boolean({ description: "it was too long and is not whole" }),
});
export type Difference = Static<typeof Difference>;

export const diff = operation({
	name: "board.diff",
	at: "hub",
	tool: "board_diff",
	cli: "board diff",
	summary: "Read what changed since the round before: of the author's files, and of artifacts whose text was kept.",
	method: "GET",
	path: "/board/tasks/:taskId/diff",
	status: 200,
	input: Type.Object({
		taskId: TaskId,
		round: Type.Optional(Type.Integer({ minimum: 1, description: "default the last" })),
	}),
	output: Type.Object({ round: Type.Integer(), differences: Type.Array(Difference), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ round, differences }) =>
		differences
			.map(
				({ label, from, to, diff: lines, cut }) =>
					`${label}, ${from} → ${to}:\n${lines || "nothing"}${cut ? "\n[cut]" : ""}`,
			)
			.join("\n\n") || `Nothing of round ${round} can be compared.`,
});
