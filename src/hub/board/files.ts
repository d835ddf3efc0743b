/**
 * The author's files at the moment of handing in, and what changed in them since the round before, as the host beside them
 * says. Asked once the round stands and never waited for: a host that is away leaves a round without them.
 */
import type { Static } from "@sinclair/typebox";
import * as lieutenants from "../../contract/lieutenants.ts";
import { Fault, reason } from "../../errors.ts";
import type { Context } from "../context.ts";
import { authorOf } from "./delivery.ts";
import type { RoundRow } from "./rounds.ts";
import type { TaskRow } from "./task.ts";

const ROUND = "select * from rounds where task = ? and round = ?";
const SEEN = `update rounds set tree = coalesce(tree, ?), branch = ?, diff = ?, diff_from = ?, diff_cut = ? where n = ?`;

export function lookAtFiles(hub: Context, task: TaskRow, round: number, author: string): void {
	look(hub, task, round, author).catch((thrown: unknown) => {
		if (thrown instanceof Fault) return; // no host to ask now: the round is whole without
		hub.complain(`the files of task ${task.id} were not seen: ${reason(thrown)}`);
	});
}

async function look(hub: Context, task: TaskRow, round: number, author: string): Promise<void> {
	const { reader } = hub.database;
	const row = reader.get<RoundRow>(ROUND, task.n, round);
	const from = row === undefined ? undefined : authorOf(reader, row);
	if (row === undefined || from?.type !== "lieutenant" || !hub.links.linked(from.host)) return;
	const before = reader.get<RoundRow>(ROUND, task.n, round - 1)?.tree ?? undefined;
	const input = { name: from.id, ...(before === undefined ? {} : { since: before }) };
	const caller = { id: "hub", role: "lieutenant", name: author } as const;
	const seen = (await hub.links.forward(lieutenants.changes, input, caller, undefined)) as Static<
		typeof lieutenants.changes.output
	>;
	const { tree = null, branch = null, diff = null, since = null, cut } = seen;
	await hub.database.write(async ({ gate }) => {
		gate.connection.run(SEEN, tree, branch, diff, since, cut ? 1 : 0, row.n);
	});
}
