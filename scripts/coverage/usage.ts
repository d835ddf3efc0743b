/** The features of usage. */
import { type Feature, shipped } from "./feature.ts";

export const usage: readonly Feature[] = [
	shipped(
		"Usage is collected by itself, exact to the token, with its coverage: `usage_summary`, `usage_totals`, `usage_sessions`, `usage_vms`",
		[
			"test/extensions/gates-pi.test.ts",
			"is told once per state, and is what the session's file adds up to, compaction included",
		],
		[
			"test/hub/usage/usage.test.ts",
			"sorts agents by cost, rounds to cents, echoes its range, and says what it has seen",
			"are listed latest start first, in pages",
		],
		[
			"test/exact/exact.test.ts",
			"after kills, a compaction, an outage and a backfill the hub has what the model served, to the token and the cent",
		],
		[
			"test/hub/usage/rollups.test.ts",
			"the rollups equal a recount from the rows, and the sums are those of the sessions, for every range",
		],
		[
			"test/hub/usage/words.test.ts",
			"counts lieutenants that have used tokens and told of no session, and what known sessions lack",
			"are by the day of use and the model that was used, and add up to what the sessions told",
		],
	),
	shipped("Usage of the past is filled in: `flagship usage backfill`", [
		"test/cli/backfill.test.ts",
		"counts what pi's sessions from before have used, says what it could not count and why, and twice adds nothing",
		"sends numbers and names, and no word of what was said",
	]),
	shipped("Analytics in SQL: `usage_query`, with DuckDB where it is installed", [
		"test/hub/analytics/query.test.ts",
		"answers from what is there now: also what was changed, added and taken away since the last query",
		"reads no file, reaches no network, changes nothing and loads nothing",
		"a join without end is cut off by its time",
		"without DuckDB it is said what to install, and what answers without it",
	]),
];
