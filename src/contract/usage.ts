/** Usage: tokens, cost and turns per session; which machines were used; what it comes to. */
import { type Static, Type } from "@sinclair/typebox";
import { Coverage, tellCoverage } from "./coverage.ts";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { authorName, more, oneOf, page, paging, text } from "./shapes.ts";

export const USAGE_ROLES = ["orchestrator", "lieutenant", "worker", "infra", "golden"] as const;

const FIVE = "input, output, cacheRead, cacheWrite, total as numbers";

/** Bounds keep sums exact: a trillion tokens and a million dollars in one session are mistakes. */
const tokens = Type.Number({ minimum: 0, maximum: 1e12 });
const dollars = Type.Number({ minimum: 0, maximum: 1e6 });

export const Tokens = Type.Object({
	input: tokens,
	output: tokens,
	cacheRead: tokens,
	cacheWrite: tokens,
	total: tokens,
});

/** US dollars. */
export const Cost = Type.Object({
	input: dollars,
	output: dollars,
	cacheRead: dollars,
	cacheWrite: dollars,
	total: dollars,
});

const Time = Type.String({ minLength: 1, maxLength: 64, description: "ISO 8601" });

export const UsageSession = Type.Object({
	id: Type.String({ description: "ULID" }),
	sessionId: Type.String(),
	agent: Type.String(),
	parentAgent: Type.Unsafe<string | null>({ anyOf: [{ type: "string" }, { type: "null" }] }),
	model: Type.String(),
	tokens: Tokens,
	cost: Cost,
	turns: Type.Number(),
	toolCalls: Type.Record(Type.String(), Type.Number()),
	startedAt: Type.String(),
	endedAt: Type.String(),
	recordedAt: Type.String(),
});
export type UsageSession = Static<typeof UsageSession>;

export const UsageVm = Type.Object({
	id: Type.String({ description: "ULID" }),
	vmId: Type.String(),
	role: oneOf(USAGE_ROLES),
	agent: Type.String(),
	commitId: Type.Optional(Type.String()),
	createdAt: Type.String(),
	destroyedAt: Type.Optional(Type.String()),
	recordedAt: Type.String(),
});
export type UsageVm = Static<typeof UsageVm>;

/** What a session used on one day with one model. */
export const UsagePart = Type.Object({
	day: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$", description: "UTC" }),
	model: text(200),
	tokens,
	cost: dollars,
});
export type UsagePart = Static<typeof UsagePart>;

/** Whom it counts for, besides its agent. */
const counting = {
	found: Type.Optional(
		Type.Boolean({ description: "read from its file by another: what the session's own agent tells goes before it" }),
	),
	parentAgent: Type.Optional(
		Type.Unsafe<string | null>({ anyOf: [{ type: "string", maxLength: 200 }, { type: "null" }] }),
	),
	task: Type.Optional(
		Type.String({ minLength: 1, maxLength: 100, description: "board id of the task it was made for" }),
	),
};

export const Range = Type.Optional(Type.String({ maxLength: 64, description: "such as 24h or 7d" }));

const sentencesOf = (field: "tokens" | "cost"): Record<string, string> =>
	Object.fromEntries(
		[field, ...["input", "output", "cacheRead", "cacheWrite", "total"].map((key) => `${field}.${key}`)].map((path) => [
			path,
			`${field} must include ${FIVE}`,
		]),
	);

export const recordSession = operation({
	name: "usage.session",
	at: "hub",
	cli: "usage record",
	summary:
		"Record what a session has used so far. Sent again, it replaces what that session said; a late word does not.",
	method: "POST",
	path: "/usage/sessions",
	status: 201,
	input: Type.Object({
		sessionId: text(200),
		agent: authorName,
		...counting,
		model: text(200),
		tokens: Tokens,
		cost: Cost,
		parts: Type.Optional(
			Type.Array(UsagePart, {
				maxItems: 2_000,
				description: "the same total by day and model; what they leave is counted for `model`, where the session began",
			}),
		),
		turns: Type.Number({ minimum: 0, maximum: 1e9 }),
		toolCalls: Type.Optional(Type.Record(Type.String(), Type.Number({ minimum: 0 }))),
		startedAt: Time,
		endedAt: Time,
	}),
	output: UsageSession,
	author: { field: "agent", needed: true },
	allow: WRITERS,
	spool: true,
	sentences: { ...sentencesOf("tokens"), ...sentencesOf("cost"), turns: "turns must be a non-negative number" },
	tell: (session) => `Recorded ${session.tokens.total} tokens of ${session.sessionId}.`,
});

export const sessions = operation({
	name: "usage.sessions",
	at: "hub",
	tool: "usage_sessions",
	cli: "usage sessions",
	summary: "List sessions with tokens and cost, latest start first.",
	method: "GET",
	path: "/usage/sessions",
	status: 200,
	input: Type.Object({ agent: Type.Optional(Type.String()), range: Range, ...paging }),
	output: Type.Object({ sessions: Type.Array(UsageSession), ...page }),
	allow: EVERYONE,
	tell: ({ sessions, next }) =>
		(sessions
			.map(
				(session) =>
					`${session.startedAt} ${session.agent} ${session.model} ${session.tokens.total} tokens $${session.cost.total.toFixed(2)} ${session.turns} turns`,
			)
			.join("\n") || "No sessions.") + more(next),
});

/** How a request came to its end without an answer. */
export const CUT_BY = ["kill", "abort", "failure"] as const;

/** One request whose answer was cut off: no provider tells what it took. Never part of a session's own numbers. */
export const UsageEstimate = Type.Object({
	id: Type.String({ description: "ULID" }),
	sessionId: Type.String(),
	request: Type.String({ description: "names the request within its session" }),
	agent: Type.String(),
	model: Type.String(),
	tokens: Tokens,
	cost: Cost,
	cutBy: oneOf(CUT_BY),
	estimated: Type.Boolean({ description: "always true" }),
	at: Type.String(),
});
export type UsageEstimate = Static<typeof UsageEstimate>;

export const recordEstimate = operation({
	name: "usage.estimate",
	at: "hub",
	cli: "usage estimate",
	summary: "Record what a request probably took whose answer was cut off. The same request again changes nothing.",
	method: "POST",
	path: "/usage/estimates",
	status: 201,
	input: Type.Object({
		sessionId: text(200),
		request: text(200),
		agent: authorName,
		...counting,
		model: text(200),
		tokens: Tokens,
		cost: Cost,
		cutBy: oneOf(CUT_BY),
		at: Time,
	}),
	output: UsageEstimate,
	author: { field: "agent", needed: true },
	allow: WRITERS,
	spool: true,
	sentences: { ...sentencesOf("tokens"), ...sentencesOf("cost") },
	tell: (estimate) => `Recorded about ${estimate.tokens.total} tokens of ${estimate.sessionId}, estimated.`,
});

export const estimates = operation({
	name: "usage.estimates",
	at: "hub",
	cli: "usage estimates",
	summary: "List requests whose answer was cut off, with what they probably took, latest first.",
	method: "GET",
	path: "/usage/estimates",
	status: 200,
	input: Type.Object({ agent: Type.Optional(Type.String()), range: Range, ...paging }),
	output: Type.Object({ estimates: Type.Array(UsageEstimate), ...page }),
	allow: EVERYONE,
	tell: ({ estimates, next }) =>
		(estimates
			.map(
				(cut) =>
					`${cut.at} ${cut.agent} ${cut.model} about ${cut.tokens.total} tokens $${cut.cost.total.toFixed(2)}, cut by ${cut.cutBy}`,
			)
			.join("\n") || "None.") + more(next),
});

export const recordVm = operation({
	name: "usage.vm",
	at: "hub",
	cli: "usage vm",
	summary: "Record that a machine was made or destroyed.",
	method: "POST",
	path: "/usage/vms",
	status: 201,
	input: Type.Object({
		vmId: text(200),
		role: oneOf(USAGE_ROLES),
		agent: authorName,
		createdAt: Time,
		commitId: Type.Optional(Type.String({ maxLength: 200 })),
		destroyedAt: Type.Optional(Time),
	}),
	output: UsageVm,
	author: { field: "agent", needed: true },
	allow: WRITERS,
	spool: true,
	sentences: { role: "invalid role: {value}" },
	tell: (vm) => `Recorded ${vm.vmId}.`,
});

export const vms = operation({
	name: "usage.vms",
	at: "hub",
	tool: "usage_vms",
	cli: "usage vms",
	summary: "List the machines used, latest first.",
	method: "GET",
	path: "/usage/vms",
	status: 200,
	input: Type.Object({
		role: Type.Optional(Type.String({ description: USAGE_ROLES.join(" | ") })),
		agent: Type.Optional(Type.String()),
		range: Range,
		...paging,
	}),
	output: Type.Object({ vms: Type.Array(UsageVm), ...page }),
	allow: EVERYONE,
	tell: ({ vms, next }) =>
		(vms
			.map(
				(vm) => `${vm.createdAt} ${vm.vmId} ${vm.role} ${vm.agent}${vm.destroyedAt === undefined ? "" : " destroyed"}`,
			)
			.join("\n") || "No VMs.") + more(next),
});

const Totals = {
	tokens: Type.Number(),
	cost: Type.Number({ description: "US dollars, two decimals" }),
	sessions: Type.Integer(),
};

export const summary = operation({
	name: "usage.summary",
	at: "hub",
	tool: "usage_summary",
	cli: "usage summary",
	summary: "Sum tokens and cost, in all and by agent, with how much of the fleet they cover.",
	method: "GET",
	path: "/usage",
	status: 200,
	input: Type.Object({ range: Range }),
	output: Type.Object({
		range: Type.String(),
		totals: Type.Object({ ...Totals, vms: Type.Integer() }),
		byAgent: Type.Record(Type.String(), Type.Object(Totals)),
		estimated: Type.Object(
			{ requests: Type.Integer(), tokens: Type.Number(), cost: Type.Number() },
			{ description: "requests whose answer was cut off; not in the totals" },
		),
		coverage: Coverage,
	}),
	allow: EVERYONE,
	tell: ({ range, totals, byAgent, estimated, coverage }) =>
		[
			`${range}: ${totals.tokens} tokens, $${totals.cost.toFixed(2)}, ${totals.vms} VMs`,
			...Object.entries(byAgent).map(
				([agent, sum]) => `${agent}: ${sum.tokens} tokens, $${sum.cost.toFixed(2)}, ${sum.sessions} sessions`,
			),
			...(estimated.requests === 0
				? []
				: [
						`Besides, estimated: ${estimated.requests} answers cut off, about ${estimated.tokens} tokens, $${estimated.cost.toFixed(2)}`,
					]),
			tellCoverage(coverage),
		].join("\n"),
});
