/** The part of a brief that the host knows by itself: how its lieutenants stand, what ended, what they cost. */
import type { Brief } from "../../contract/brief.ts";
import type { LieutenantState } from "../../contract/lieutenants.ts";
import type { Notice } from "../../contract/link.ts";
import type { Standing } from "../store/roster.ts";
import type { Mark } from "./attendance.ts";

/** Those that do not go on by themselves. One that is unreachable does; one that is paused was told to. */
const STUCK: readonly LieutenantState[] = ["stalled", "failed", "stopped"];

export type Known = Pick<Standing, "state" | "reason" | "costUsd" | "changedAt"> & {
	readonly spec: Pick<Standing["spec"], "id" | "name">;
};

export interface OwnFacts {
	/** All that are or were the orchestrator's, gone ones too; also those on other machines. */
	readonly standings: readonly Known[];
	/** The orchestrator's, also those already read. */
	readonly notices: readonly Notice[];
	readonly since: Mark | undefined;
}

export type OwnPart = Pick<Brief, "finished" | "stuck" | "keys" | "questions" | "spent">;

export function ownPart({ standings, notices, since }: OwnFacts): OwnPart {
	const from = isoOf(since);
	const fresh = notices.filter((notice) => notice.at > from);
	const living = standings.filter((standing) => standing.state !== "gone");
	const inState = (states: readonly LieutenantState[]) =>
		living
			.filter((standing) => states.includes(standing.state))
			.map(({ spec, state, reason }) => ({ name: spec.name, state, ...(reason === undefined ? {} : { reason }) }));
	return {
		finished: lastOfEach(fresh.filter((notice) => notice.type === "completion")),
		stuck: inState(STUCK),
		keys: inState(["needs-credentials"]),
		questions: fresh
			.filter((notice) => notice.type === "question")
			.map((notice) => ({ who: notice.lieutenant.name, text: notice.text })),
		spent: standings
			.filter((standing) => standing.state !== "gone" || standing.changedAt > from)
			.map(({ spec, costUsd }) => ({ who: spec.name, usd: costUsd - (since?.lieutenants[spec.id] ?? 0) })),
	};
}

export const isoOf = (mark: Mark | undefined): string => new Date(mark?.at ?? 0).toISOString();

/** The first line of each lieutenant's newest notice. */
function lastOfEach(notices: readonly Notice[]): OwnPart["finished"] {
	const newest = new Map(notices.map((notice) => [notice.lieutenant.id, notice]));
	return [...newest.values()].map(({ lieutenant, text }) => ({
		name: lieutenant.name,
		text: text.split("\n")[0] ?? "",
	}));
}
