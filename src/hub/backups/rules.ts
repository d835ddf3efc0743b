/** When a hub backs itself up, and which backups it keeps. Pure. */
import { isAbsolute } from "node:path";
import { fault } from "../../errors.ts";

export interface BackupRules {
	/** Hours between two; 0 for none by itself. */
	readonly everyHours: number;
	/** `03:30` by this machine's clock: once a day at that time, in place of every so many hours. */
	readonly at?: string;
	/** So many days, and so many weeks, keep their newest. */
	readonly daily: number;
	readonly weekly: number;
	/** Absent: `backups` in the data folder. */
	readonly folder?: string;
}

/** JSON Schema of `backups` in `settings.json`. */
export const backupSettingsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		everyHours: {
			type: "integer",
			minimum: 0,
			maximum: 744,
			default: 24,
			description: "Hours between two backups that the hub makes by itself; 0 for none.",
		},
		at: {
			type: "string",
			pattern: "^([01]\\d|2[0-3]):[0-5]\\d$",
			description: "Once a day at this time of this machine's clock, such as 03:30, in place of everyHours.",
		},
		daily: {
			type: "integer",
			minimum: 1,
			maximum: 366,
			default: 7,
			description: "The newest of so many days is kept.",
		},
		weekly: {
			type: "integer",
			minimum: 0,
			maximum: 520,
			default: 4,
			description: "The newest of so many weeks is kept.",
		},
		folder: {
			type: "string",
			description: "An absolute path, best on another disk. Without it `backups` in the hub's folder.",
		},
	},
} as const;

const { everyHours, at, daily, weekly } = backupSettingsSchema.properties;

export const BACKUP_RULES: BackupRules = {
	everyHours: everyHours.default,
	daily: daily.default,
	weekly: weekly.default,
};

/** For a hub that nobody gave a schedule: it makes backups when it is asked. */
export const NO_SCHEDULE: BackupRules = { ...BACKUP_RULES, everyHours: 0 };

/** `values` is the whole of `settings.json`, `path` names it. Throws `home_unusable`. */
export function backupSettings(values: Readonly<Record<string, unknown>>, path: string): BackupRules {
	const given = values.backups ?? {};
	const refuse = (what: string) => fault("home_unusable", path, what);
	if (typeof given !== "object" || given === null || Array.isArray(given)) throw refuse("backups must be an object");
	const isWhole = ({ minimum, maximum }: typeof daily | typeof weekly | typeof everyHours, value: unknown) =>
		typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum;
	const isTime = (value: unknown) => typeof value === "string" && new RegExp(at.pattern).test(value);
	const isFolder = (value: unknown) => typeof value === "string" && isAbsolute(value);
	const judges: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, must: string]>> = {
		everyHours: [(value) => isWhole(everyHours, value), `a whole number from 0 to ${everyHours.maximum}`],
		at: [isTime, "a time such as 03:30"],
		daily: [(value) => isWhole(daily, value), `a whole number from 1 to ${daily.maximum}`],
		weekly: [(value) => isWhole(weekly, value), `a whole number from 0 to ${weekly.maximum}`],
		folder: [isFolder, "an absolute path"],
	};
	for (const [name, value] of Object.entries(given)) {
		const [fits, must] = (Object.hasOwn(judges, name) ? judges[name] : undefined) ?? [];
		if (fits === undefined) throw refuse(`there is no setting backups.${name}`);
		if (!fits(value)) throw refuse(`backups.${name} must be ${must}`);
	}
	return { ...BACKUP_RULES, ...given };
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** After a failure it is tried again so much later. */
const AGAIN = HOUR;

export interface Past {
	/** When the newest was made, ms since 1970. */
	readonly newest?: number | undefined;
	/** When the first record was written that there is. */
	readonly oldest?: number | undefined;
	/** When one failed, after the newest. */
	readonly failed?: number | undefined;
}

/** When the next is due, which may be long ago: one that was missed is made once. Undefined for never, as without data. */
export function dueAt(rules: BackupRules, { newest, oldest, failed }: Past): number | undefined {
	const since = newest ?? oldest;
	if (since === undefined || (rules.everyHours === 0 && rules.at === undefined)) return undefined;
	const due = rules.at === undefined ? since + rules.everyHours * HOUR : nextTime(rules.at, since);
	return failed === undefined ? due : Math.max(due, failed + AGAIN);
}

/** The first moment after `since` at which the clock of this machine shows that time. */
function nextTime(time: string, since: number): number {
	const [hours = 0, minutes = 0] = time.split(":").map(Number);
	const moment = new Date(since);
	moment.setHours(hours, minutes, 0, 0);
	if (moment.getTime() <= since) moment.setDate(moment.getDate() + 1);
	return moment.getTime();
}

/** Something is wrong with the schedule: two were missed, or the last one failed. */
export function isAlarming(rules: BackupRules, past: Past, now: number): boolean {
	const due = dueAt(rules, { ...past, failed: undefined });
	const period = rules.at === undefined ? rules.everyHours * HOUR : DAY;
	return past.failed !== undefined || (due !== undefined && now > due + period);
}

/** The week that a moment is in, counted from a Monday. */
const weekOf = (ms: number): number => Math.floor((ms / DAY + 3) / 7);

/** Which of these moments are kept: those of the last 24 hours, the newest of each day, the newest of each week. */
export function kept(moments: readonly number[], rules: BackupRules, now: number): ReadonlySet<number> {
	const newestFirst = moments.toSorted((a, b) => b - a);
	const newestOf = (periodOf: (ms: number) => number, count: number): readonly number[] => {
		const first = new Map<number, number>();
		for (const ms of newestFirst) if (!first.has(periodOf(ms))) first.set(periodOf(ms), ms);
		return [...first.values()].slice(0, count);
	};
	return new Set([
		...newestFirst.filter((ms) => ms > now - DAY),
		...newestOf((ms) => Math.floor(ms / DAY), rules.daily),
		...newestOf(weekOf, rules.weekly),
	]);
}
