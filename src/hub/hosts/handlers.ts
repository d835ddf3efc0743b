import * as contract from "../../contract/hub.ts";
import * as lieutenants from "../../contract/lieutenants.ts";
import { read } from "../handle.ts";
import { iso } from "../window.ts";

export const hosts = read(contract.hosts, async ({ db, hub }) => {
	const rows = await db.selectFrom("hosts").selectAll().orderBy("id").execute();
	const counts = await db
		.selectFrom("lieutenants")
		.select(["host", (fn) => fn.fn.countAll<number>().as("n")])
		.where("state", "!=", "gone")
		.groupBy("host")
		.execute();
	const known = new Map(counts.map(({ host, n }) => [host, n]));
	const hosts = rows.map(({ id, version, last_heard }) => {
		const heard = hub.links.lastHeard(id);
		return {
			id,
			linked: hub.links.linked(id),
			version,
			lastHeard: heard === undefined ? last_heard : iso(heard),
			lieutenants: known.get(id) ?? 0,
		};
	});
	return { hosts, count: hosts.length };
});

/** Of all hosts, from what they last said, so that a machine that is away is shown and not missing. */
export const status = read(lieutenants.status, async ({ input, db, hub }) => {
	let query = db.selectFrom("lieutenants").select(["doc", "host"]).orderBy("name");
	if (input.all !== true) query = query.where("state", "!=", "gone");
	const rows = await query.execute();
	const shown = rows.map(({ doc, host }) => asSeen(JSON.parse(doc), hub.links.linked(host)));
	return { lieutenants: shown, count: shown.length };
});

/** `unreachable` is about the link, never about the agent. */
function asSeen(lieutenant: lieutenants.Lieutenant, linked: boolean): lieutenants.Lieutenant {
	if (linked || lieutenant.state === "gone") return lieutenant;
	return {
		...lieutenant,
		state: "unreachable",
		reason: `host ${lieutenant.host} has no live link; last said: ${lieutenant.state}`,
	};
}
