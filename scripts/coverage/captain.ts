/** What the hub does by itself at set times, and the log of the day. */
import { type Feature, planned, shipped } from "./feature.ts";

const SCHEDULES = "test/hub/schedules/schedules.test.ts";

export const captain: readonly Feature[] = [
	shipped(
		"Schedules, without any session, by a time zone, a missed run made up for once: `schedules_create`, `schedules_list`, `schedules_remove`, `schedules_run`",
		[
			SCHEDULES,
			"is due by its own zone, once on a day of 23 hours and once on a day of 25",
			"is asked again while its host is away, and ends as failed with the refusal when that is final",
			"says at once what is wrong with it, and gives nobody a right that he has not",
			"makes a backup of the hub, also when asked before its time",
			"a hub that is killed between a run's beginning and its end does that run again by the same key, and no second one",
		],
	),
	planned("Captain's log: daily, with exact figures and where they come from"),
];
