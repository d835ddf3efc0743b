/** The lieutenant that tells the day. It has the figures and the records to read, a small cap, and no work to change. */
import type { Digest } from "../../contract/captain.ts";
import * as lieutenants from "../../contract/lieutenants.ts";
import { Fault, reason } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";

export const NARRATOR = "lt-captains-log";
const CAP = "20 turns, 0.50 usd";
const ROLE =
	"You keep the captain's log of this fleet: you read its records and tell a day of it, and you change nothing else.";

const task = ({ date, from, to }: Digest): string =>
	[
		`Write the captain's log of ${date}.`,
		`1. captains_log_digest with date ${date} has the figures.`,
		`2. log_query with since ${from} and until ${to} has the work log; feed_list and journal_query say more.`,
		`3. Tell the day in 150 to 400 words: what was done, what was hard, what is open. Use only figures of the digest, as`,
		"they stand there; what it does not count, tell without a number.",
		`4. Hand it in with captains_log_narrate, date ${date}. If it is refused, it says which figure the digest lacks: mend`,
		"that and hand it in once more. After a second refusal leave it: the digest stands without a narrative.",
	].join("\n");

/** Answers who writes it, or why nobody does. The page stands either way. */
export async function askNarrator(hub: Context, digest: Digest, by: Author, host: string | undefined): Promise<string> {
	const there = host === undefined ? {} : { host };
	const caller = { id: "captains-log", name: by.name, role: by.role };
	const key = `captains-log ${digest.date} ${hub.ids.next()}`;
	const bounds = { deliverable: "report", cap: CAP };
	try {
		if (hub.links.live.length === 0) return "No host is linked: the digest stands without a narrative.";
		if (isThere(hub)) {
			const input = { name: NARRATOR, message: task(digest), ...bounds };
			await hub.links.forward(lieutenants.send, input, caller, key);
		} else {
			const made = { name: NARRATOR, role: ROLE, worktree: false, task: task(digest), ...bounds, ...there };
			await hub.links.forward(lieutenants.create, made, caller, key);
		}
		return `${NARRATOR} writes the narrative.`;
	} catch (thrown) {
		const why = thrown instanceof Fault ? thrown.message : reason(thrown);
		return `The digest stands without a narrative: ${why}`;
	}
}

const isThere = ({ database }: Context): boolean =>
	database.reader.get("select id from lieutenants where name = ? and state not in ('gone', 'failed')", NARRATOR) !==
	undefined;
