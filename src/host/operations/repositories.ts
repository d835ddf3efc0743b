/** What git says of the repositories that lieutenants of this host work in, or have worked in. */
import * as contract from "../../contract/repositories.ts";
import { fault, reason } from "../../errors.ts";
import { type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";
import { mergesOf } from "../repositories/merges.ts";

function momentOf(field: string, text: string): number {
	const at = Date.parse(text);
	if (Number.isNaN(at)) throw fault("invalid_input", `invalid ${field}: ${text}`);
	return at;
}

export const repositoryHandlers = (host: Host): readonly HostHandler[] =>
	[
		handle(contract.merges, async ({ since, until }) => {
			const { world } = host.options;
			const from = momentOf("since", since);
			const to = until === undefined ? world.clock.now() : momentOf("until", until);
			const folders = new Set(host.roster.list(true).flatMap(({ spec }) => spec.worktree?.repository ?? []));
			const found = new Map<string, contract.Merge>();
			const unread: string[] = [];
			for (const folder of folders) {
				try {
					// Clones of one repository have the same commits: each is one merge.
					for (const merge of await mergesOf(world, folder, { from, to })) found.set(merge.commit, merge);
				} catch (thrown) {
					unread.push(`${folder}: ${reason(thrown)}`);
				}
			}
			return { merges: [...found.values()], count: found.size, unread };
		}),
	] as readonly HostHandler[];
