/** What git shows of the day: each linked host is asked, and one that does not answer is named. */
import type { Figure } from "../../contract/captain.ts";
import * as repositories from "../../contract/repositories.ts";
import { reason } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import { iso } from "../window.ts";
import type { Span } from "./day.ts";

interface Merged {
	readonly figures: readonly Figure[];
	readonly notes: readonly string[];
}

export async function mergesIn(hub: Context, { from, to }: Span, by: Author): Promise<Merged> {
	const notes: string[] = [];
	const found = new Map<string, repositories.Merge["type"]>();
	const caller = { id: "captains-log", name: by.name, role: by.role };
	await Promise.all(
		hub.links.live.map(async (host) => {
			try {
				const input = { since: iso(from), until: iso(to), host };
				const told = (await hub.links.forward(repositories.merges, input, caller, undefined)) as Told;
				for (const { commit, type } of told.merges) found.set(commit, type);
				notes.push(...told.unread.map((why) => `Merges not read on ${host}: ${why}`));
			} catch (thrown) {
				notes.push(`Merges not known of host ${host}: ${reason(thrown)}`);
			}
		}),
	);
	if (hub.links.live.length === 0) return { figures: [], notes: ["No host is linked: what was merged is not known."] };
	const count = (type: repositories.Merge["type"]): number => [...found.values()].filter((one) => one === type).length;
	return {
		figures: [
			{ name: "branches", label: "branches merged", unit: "branch", value: count("branch") },
			{ name: "pull_requests", label: "pull requests merged", unit: "pull request", value: count("pull_request") },
		],
		notes,
	};
}

type Told = { readonly merges: readonly repositories.Merge[]; readonly unread: readonly string[] };
