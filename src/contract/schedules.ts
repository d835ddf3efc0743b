/** Schedules: what the hub does by itself at set times, also when nobody's session is there. */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";

/** What can be done by schedule: a backup, the captain's log, a message to a lieutenant, a Ralph loop. */
export const SCHEDULE_KINDS = ["backup", "captains_log", "prompt", "ralph"] as const;
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];

const Name = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,39}$", description: "1-40 of a-z, 0-9, '-'" });

export const Schedule = Type.Object({
	id: Type.String({ description: "ULID" }),
	name: Type.String(),
	kind: oneOf(SCHEDULE_KINDS),
	cron: Type.String(),
	zone: Type.String(),
	input: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	by: Type.String({ description: "who made it, and in whose name it runs" }),
	next: Type.Optional(Type.String({ description: "ISO 8601; absent: it is never due again" })),
	running: Type.Optional(Type.String({ description: "since when that run was due, while it is not done" })),
	last: Type.Optional(
		Type.Object({
			due: Type.String({ description: "ISO 8601" }),
			at: Type.String({ description: "when it was over" }),
			outcome: oneOf(["done", "failed"]),
			said: Type.String(),
		}),
	),
});
export type Schedule = Static<typeof Schedule>;

function line({ name, kind, cron, zone, next, running, last }: Schedule): string {
	return [
		`${name}  ${kind}  ${cron} ${zone}`,
		running === undefined ? `next ${next ?? "never"}` : `at work on what was due ${running}`,
		...(last === undefined ? [] : [`last ${last.outcome} ${last.at}: ${last.said}`]),
	].join("; ");
}

const LEADS = ["admin", "orchestrator"] as const;

export const create = operation({
	name: "schedules.create",
	at: "hub",
	tool: "schedules_create",
	cli: "schedules create",
	summary:
		"Have the hub do something at set times: a backup, the captain's log, a message to a lieutenant, a Ralph loop.",
	method: "POST",
	path: "/schedules",
	status: 201,
	input: Type.Object({
		name: Name,
		kind: oneOf(SCHEDULE_KINDS),
		cron: text(100, "minute hour day month weekday, such as `30 3 * * *`"),
		zone: Type.Optional(text(64, "time zone such as Europe/Berlin; default: the hub's")),
		input: Type.Optional(
			Type.Record(Type.String(), Type.Unknown(), {
				description:
					"prompt: as vers_lt_send; ralph: as ralph_start; captains_log: as captains_log, without date; with `host` where several are linked",
			}),
		),
	}),
	output: Schedule,
	allow: LEADS,
	tell: (one) => `${line(one)}.`,
});

export const list = operation({
	name: "schedules.list",
	at: "hub",
	tool: "schedules_list",
	cli: "schedules list",
	summary: "List schedules: what is done when, what became of the last run, and when the next is due.",
	method: "GET",
	path: "/schedules",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ schedules: Type.Array(Schedule), count: Type.Integer() }),
	allow: [...LEADS, "viewer"],
	tell: ({ schedules }) => schedules.map(line).join("\n") || "Nothing is scheduled.",
});

export const remove = operation({
	name: "schedules.remove",
	at: "hub",
	tool: "schedules_remove",
	cli: "schedules remove",
	summary: "Remove a schedule. What it has begun goes on.",
	method: "DELETE",
	path: "/schedules/:name",
	status: 200,
	input: Type.Object({ name: Name }),
	output: Type.Object({ deleted: Type.Literal(true) }),
	allow: LEADS,
	tell: (_output, { name }) => `${name} is removed.`,
});

export const run = operation({
	name: "schedules.run",
	at: "hub",
	tool: "schedules_run",
	cli: "schedules run",
	summary: "Do now what a schedule does. Its next time stays.",
	method: "POST",
	path: "/schedules/:name/run",
	status: 200,
	input: Type.Object({ name: Name }),
	output: Schedule,
	allow: LEADS,
	patience: 900_000,
	tell: (one) => `${line(one)}.`,
});
