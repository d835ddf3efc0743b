/** What the hub does by itself at set times, and the log of the day. */
import { type Feature, shipped } from "./feature.ts";

const CAPTAIN = "test/hub/captain/captain.test.ts";
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
	shipped(
		"Captain's log of a day of a time zone: exact figures, where they come from, and a lieutenant's words that may use no others: `captains_log`, `captains_log_digest`, `captains_log_narrate`",
		[
			CAPTAIN,
			"has exactly what there was in that day of that zone, and says what it was made from",
			"says what it does not know when no host is there, and knows no day that has not begun",
			"has a lieutenant tell the day; a figure that the digest lacks is refused, twice and then for good",
			"is made by schedule, of the day before, by the schedule's zone",
			"%s in %s has %d hours, and ends where the next begins",
		],
		["test/hub/captain/narrative.test.ts", "may stand: %s", "is refused: %s"],
	),
	shipped("Branches and pull requests merged, as git shows them: `repositories_merges`", [
		"test/host/repositories/merges.test.ts",
		"are merge commits of the main branch in the span, those of pull requests by the words of the forges",
		"are asked of git without running anything that the repository names",
	]),
];
