/** A lieutenant as people and models see it. */
import type { Cause } from "../contract/cause.ts";
import type { Lieutenant } from "../contract/lieutenants.ts";
import { type Bound, courseOf, spentOf } from "./bounds/bound.ts";
import { usedText } from "./bounds/cap.ts";
import { dueText } from "./bounds/deliverable.ts";
import type { Standing } from "./store/roster.ts";

/** What only a living one has. */
export interface Live {
	readonly pending: number;
	/** What the model says right now, before it is in the transcript. */
	readonly partial: string;
	readonly tool: { readonly name: string; readonly since: number } | undefined;
	/** Why it is quiet although nothing is wrong. */
	readonly cause: Cause | undefined;
}

const SHOWN = 200;

/** Without minutes: those go on while nothing is stored. */
function dueOf(bound: Bound, standing: Standing): string {
	const { minutes: _, ...counted } = bound.cap;
	const used = usedText(counted, spentOf(bound, courseOf(standing, bound.from.at)));
	return [dueText(bound.deliverable), used].filter(Boolean).join("; ");
}

export function rowOf(standing: Standing, host: string, live?: Live): Lieutenant {
	const { spec, owner, state, reason, changedAt, lives, turns, tokens, costUsd } = standing;
	const cause = standing.cause ?? live?.cause;
	const said = live === undefined || live.partial === "" ? standing.output : live.partial;
	return {
		id: spec.id,
		name: spec.name,
		role: spec.role,
		state,
		...(reason === undefined ? {} : { reason }),
		...(cause === undefined ? {} : { cause }),
		place: spec.place,
		host,
		owner,
		cwd: spec.cwd,
		...(spec.worktree === undefined ? {} : { repository: spec.worktree.repository, branch: spec.worktree.branch }),
		...(spec.model === undefined ? {} : { model: spec.model }),
		...(spec.thinking === undefined ? {} : { thinking: spec.thinking }),
		...(spec.task === undefined ? {} : { task: spec.task }),
		...(spec.loop === undefined ? {} : { round: `${spec.loop.round}/${spec.loop.of}` }),
		...(standing.bound === undefined ? {} : { due: dueOf(standing.bound, standing) }),
		...(live?.tool === undefined ? {} : { tool: live.tool.name, toolSince: new Date(live.tool.since).toISOString() }),
		...(said === undefined ? {} : { output: said.slice(-SHOWN) }),
		pending: live?.pending ?? 0,
		turns,
		tokens,
		costUsd,
		lives,
		...(spec.moves === undefined ? {} : { moves: spec.moves }),
		createdAt: spec.createdAt,
		changedAt,
	};
}
