/** What a schedule does: an operation of the contract, in the name and with the rights of whoever made the schedule. */
import * as backups from "../../contract/backups.ts";
import * as captain from "../../contract/captain.ts";
import * as lieutenants from "../../contract/lieutenants.ts";
import type { AnyOperation, Role } from "../../contract/operation.ts";
import * as ralph from "../../contract/ralph.ts";
import type { ScheduleKind } from "../../contract/schedules.ts";
import { fault } from "../../errors.ts";
import { makeBackup } from "../backups/make.ts";
import { backupsOf } from "../backups/shelf.ts";
import { type Asked, logDay } from "../captain/handlers.ts";
import type { Context } from "../context.ts";
import { shapeOf } from "../http/shape.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A run that was begun. Asked for again after a crash it is the same, and is done once. */
export interface Run {
	readonly schedule: string;
	/** ms since 1970. */
	readonly due: number;
	readonly kind: ScheduleKind;
	readonly zone: string;
	readonly input: Fields;
	readonly name: string;
	readonly role: Role;
}

interface Action {
	readonly operation: AnyOperation;
	/** Answers what is to be said of it, in a line. */
	run(hub: Context, run: Run): Promise<string>;
}

/** A host knows a repeat by its key. */
async function forward(operation: AnyOperation, hub: Context, run: Run): Promise<unknown> {
	const { schedule, due, name, role, input } = run;
	return await hub.links.forward(operation, input, { id: `schedule ${schedule}`, name, role }, `${schedule} ${due}`);
}

const ACTIONS: Readonly<Record<ScheduleKind, Action>> = {
	backup: {
		operation: backups.make,
		async run(hub, { due, name, role }) {
			// Cut off after it was made: it is there, and that is what was wanted.
			const made = backupsOf(hub).find(({ madeAt }) => Date.parse(madeAt) >= due);
			return (made ?? (await makeBackup(hub, { name, role }))).name;
		},
	},
	captains_log: {
		operation: captain.log,
		async run(hub, { due, name, role, input, zone }) {
			// The day before the one in which it was due, by the schedule's own zone; made again it is the same log.
			const { report, narrator } = await logDay(hub, { zone, ...(input as Asked) }, { name, role }, due);
			return `report ${report}. ${narrator}`;
		},
	},
	prompt: {
		operation: lieutenants.send,
		async run(hub, run) {
			await forward(lieutenants.send, hub, run);
			return `sent to ${run.input.name}`;
		},
	},
	ralph: {
		operation: ralph.start,
		async run(hub, run) {
			await forward(ralph.start, hub, run);
			return "started";
		},
	},
};

export const perform = (hub: Context, run: Run): Promise<string> => ACTIONS[run.kind].run(hub, run);

/** What the operation will be asked with. Throws `forbidden` or `invalid_input`: now, and not at the first run. */
export function judged(kind: ScheduleKind, input: Fields, role: Role): Fields {
	const { operation } = ACTIONS[kind];
	// Both would say the same each time: a day that is long past, and a link that nobody is told.
	if (kind === "captains_log" && (input.date !== undefined || input.share !== undefined))
		throw fault(
			"invalid_input",
			"input: a scheduled log is of the day before, and makes no link; leave date and share out",
		);
	if (!operation.allow.includes(role)) throw fault("forbidden", role, `schedule ${operation.name}`);
	const inPath = [...operation.path.matchAll(/:(\w+)/g)].map(([, field = ""]) => field);
	const params = Object.fromEntries(inPath.map((field) => [field, input[field]]));
	const { host } = input;
	const read = shapeOf(operation).read(params, {}, input);
	return typeof host === "string" ? { ...read, host } : read;
}
