/** What becomes of a fleet whose platform is away. */
import { type Feature, shipped } from "./feature.ts";

const INCIDENTS = "test/extensions/incidents.test.ts";

export const outage: readonly Feature[] = [
	shipped(
		"A platform without room is asked ever more seldom, with what was learned of how many it lets run; one incident says so",
		[
			"test/extensions/outage.test.ts",
			"is asked once; then it is refused here, also to a command, and one incident says so",
		],
		[
			"test/vers/creations.test.ts",
			"once there is no room the platform is not asked again, not even for its list, until a pause is over",
			"one that is let in gives the all-clear; at the learned ceiling the platform is only asked for its list",
			"many at once beyond what fits: as many as fit are made, and all of it is one outage",
			"clones are made one by one; what fits is kept, and the rest says why without being asked for",
		],
		[
			"test/vers/breaker.test.ts",
			"while it is open one probe at a time is allowed, and not before the pause is over or a machine is gone",
			"once there is room again it closes, as long as somebody asks",
			"an outage of a whole day is knocked at some fifty times, however many ask",
		],
	),
	shipped(
		"An outage is one incident with its timeline, also told while the hub is away, and written up to be pasted: `incident_record`, `incident_close`, `incident_list`, `incident_get`, `incident_report`",
		[INCIDENTS, "is told once though the hub is away, and written up without a model reading the platform's words"],
		[
			"test/hub/incidents/incidents.test.ts",
			"is one incident of its host and cause, from the first fact to the all-clear",
			"in the same words is one line with how often, also from many at once",
			"opens no second one when many see its beginning at once",
			"under an episode comes to the same incident however late, also after its end, and opens none",
			"is given once, says on the feed how long it was and what it came to, and a second changes nothing",
		],
		[
			"test/hub/incidents/report.test.ts",
			"has impact, timeline and a reproduction in the platform's words, ready to be pasted",
			"is published as a report, and again as its next version; unchanged it stays as it is",
			"has a link for somebody without a token, by who leads alone",
		],
	),
	shipped("A host tells by itself which machines it does not reach, who lives there, and when all are reached again", [
		"test/host/machines/outages.test.ts",
		"a machine that is lost while the hub is there is an incident of this host, and over when it is back",
		"a host that is killed right after goes on with the same incident, and tells nothing twice",
		"each loss is told once and each return once, whatever comes in between; no key is used for two things",
	]),
	shipped(
		"Ledger of machines whose deletion failed, forgotten only when the platform's own list is without them: `undeleted_list`",
		[INCIDENTS, "is told once though the hub is away, and written up without a model reading the platform's words"],
		[
			"test/hub/undeleted/undeleted.test.ts",
			"is noted once, with how often it was tried and what the last answer was",
			"is gone once the platform's list is without it, and kept for what it may still hold",
			"stays while a list proves nothing: one that is older than the last try, another host's, another account's",
			"however tries, lists and confirmations interleave, none that the platform has is forgotten",
		],
	),
	shipped("Machines whose deletion failed are deleted again until the platform's list is without them", [
		"test/vers/reaper.test.ts",
		"one is tried again after growing pauses until it is gone, and nothing is asked for then",
		"without the hub nothing is deleted, it is said once, and gone on with when the hub is back",
	]),
];
