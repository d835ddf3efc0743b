/**
 * The brief: what happened while a person was away. Done, stuck, spent, needs you; counted by code from the host's own
 * records and the hub's, never told by a model. The host keeps when a person last typed to each orchestrator.
 */
import { type Static, Type } from "@sinclair/typebox";
import { LIEUTENANT_STATES } from "./lieutenants.ts";
import { EVERYONE, operation } from "./operation.ts";
import { oneOf } from "./shapes.ts";
import { TASK_STATUSES } from "./task.ts";

const who = Type.Optional(Type.String({ description: "whose it is" }));
const TaskLine = Type.Object({ id: Type.String(), title: Type.String(), status: oneOf(TASK_STATUSES), who });
const LieutenantLine = Type.Object({
	name: Type.String(),
	state: oneOf(LIEUTENANT_STATES),
	reason: Type.Optional(Type.String()),
});

export const Brief = Type.Object({
	orchestrator: Type.String(),
	since: Type.Optional(Type.String({ description: "ISO 8601; absent: from the beginning" })),
	until: Type.String({ description: "ISO 8601" }),
	done: Type.Array(TaskLine, { description: "tasks that became done" }),
	finished: Type.Array(Type.Object({ name: Type.String(), text: Type.String() }), {
		description: "lieutenants whose work ended, where its task is not done: the first line of their last notice",
	}),
	stuck: Type.Array(LieutenantLine, { description: "lieutenants that do not go on by themselves" }),
	blocked: Type.Array(TaskLine),
	reviews: Type.Array(TaskLine, { description: "waiting for review" }),
	questions: Type.Array(
		Type.Object({ who: Type.String(), text: Type.String(), task: Type.Optional(Type.String({ description: "id" })) }),
	),
	keys: Type.Array(LieutenantLine, { description: "lieutenants that need credentials" }),
	spent: Type.Array(Type.Object({ who: Type.String(), usd: Type.Number() }), { description: "most first" }),
	missing: Type.Optional(Type.String({ description: "why the hub's part is not in it" })),
});
export type Brief = Static<typeof Brief>;

/** Lines of one kind; the rest is counted. */
const SHOWN = 8;
const TEXT = 100;

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

/** One line, cut. */
function short(text: string): string {
	const letters = [...text.replaceAll(/\s+/g, " ").trim()];
	return letters.length <= TEXT ? letters.join("") : `${letters.slice(0, TEXT - 1).join("")}…`;
}

/** `9h12m`, `3d4h`. */
function span(ms: number): string {
	const minutes = Math.max(0, Math.floor(ms / 60_000));
	const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24];
	if (days > 0) return `${days}d${hours}h`;
	return hours > 0 ? `${hours}h${String(minutes % 60).padStart(2, "0")}m` : `${minutes}m`;
}

const taskLine = ({ id, title, who }: Static<typeof TaskLine>): string =>
	`${id} ${short(title)}${who === undefined ? "" : `  @${who}`}`;

const stateLine = ({ name, state, reason }: Static<typeof LieutenantLine>): string =>
	`${name}  ${state}${reason === undefined ? "" : `: ${short(reason)}`}`;

function listed(mark: string, lines: readonly string[]): string[] {
	const shown = lines.slice(0, SHOWN).map((line) => ` ${mark} ${line}`);
	return lines.length > SHOWN ? [...shown, ` ${mark} and ${lines.length - SHOWN} more`] : shown;
}

/** Whether there is nothing that a person would want to hear. */
export const isQuiet = (brief: Brief): boolean =>
	[brief.done, brief.finished, brief.stuck, brief.blocked, brief.reviews, brief.questions, brief.keys].every(
		(part) => part.length === 0,
	) && brief.spent.length === 0;

/** What to do first: one thing of each kind. */
function next({ reviews, questions, keys, stuck }: Brief): string[] {
	const [review, question, key, one] = [reviews[0], questions[0], keys[0], stuck[0]];
	const steps = [
		...(review === undefined ? [] : [`review ${review.id}`]),
		...(question === undefined ? [] : [`answer ${question.who}`]),
		...(key === undefined ? [] : [`give ${key.name} its key`]),
		...(one === undefined ? [] : [`look at ${one.name} (/fleet ${one.name})`]),
	];
	return steps.length === 0 ? [] : [`Next: ${steps.join(", ")}.`];
}

/** Done, stuck, spent, needs you, as lines. */
export function briefText(brief: Brief): string {
	const { done, finished, stuck, blocked, reviews, questions, keys, spent, since, until, missing } = brief;
	const away = since === undefined ? "so far" : `away ${span(Date.parse(until) - Date.parse(since))}`;
	const needs = reviews.length + questions.length + keys.length;
	const counts = [
		[done.length + finished.length, "done"],
		[stuck.length + blocked.length, "stuck"],
		[needs, needs === 1 ? "needs you" : "need you"],
	] as const;
	const counted = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
	const sum = dollars(spent.reduce((total, { usd }) => total + usd, 0));
	return [
		` brief  ${counted.join(" · ") || "nothing new"}    ${sum}    ${away}`,
		...listed("✓", [...done.map(taskLine), ...finished.map(({ text }) => short(text))]),
		...listed("✗", stuck.map(stateLine)),
		...listed(
			"!",
			blocked.map((task) => `${taskLine(task)}  blocked`),
		),
		...(spent.length === 0
			? []
			: [
					` $ ${spent
						.slice(0, SHOWN)
						.map(({ who, usd }) => `${who === brief.orchestrator ? "orchestrator" : who} ${dollars(usd)}`)
						.join(" · ")}`,
				]),
		...listed("?", [
			...reviews.map((task) => `${taskLine(task)}  waits for review`),
			...questions.map((one) => `${one.who}: ${short(one.text)}${one.task === undefined ? "" : `  (${one.task})`}`),
			...keys.map(stateLine),
		]),
		...(missing === undefined ? [] : [` ! Without tasks, reviews and your own cost: ${missing}.`]),
		...next(brief),
	].join("\n");
}

export const show = operation({
	name: "brief.show",
	at: "host",
	tool: "fleet_brief",
	cli: "brief",
	summary: "What happened while the person was away: done, stuck, spent, needs them.",
	method: "GET",
	path: "/brief",
	status: 200,
	input: Type.Object({
		orchestrator: Type.Optional(
			Type.String({ maxLength: 400, description: "leave out: a name; default: yours, or that of the folder" }),
		),
	}),
	output: Brief,
	allow: EVERYONE.filter((role) => role !== "lieutenant" && role !== "worker"),
	tell: briefText,
});

export const attend = operation({
	name: "brief.attend",
	at: "host",
	cli: { none: "an orchestrator's session says it when a person types, with its own id and cost" },
	summary: "Say that a person has typed to this orchestrator. Answers with the brief after hours away.",
	method: "POST",
	path: "/brief",
	status: 200,
	input: Type.Object({
		session: Type.String({ minLength: 1, maxLength: 200, description: "pi's session id" }),
		spentUsd: Type.Number({ minimum: 0, maximum: 1e6, description: "what that session has cost so far" }),
	}),
	output: Type.Object({ brief: Type.Optional(Brief) }),
	allow: ["admin", "host", "orchestrator"],
	tell: ({ brief }) => (brief === undefined ? "Noted." : briefText(brief)),
});
