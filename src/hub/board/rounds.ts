/**
 * Rounds of a review. A task that is handed in begins one; a verdict ends it, and what was said and shown in it stays. One
 * that is handed in again without a verdict leaves the round before without one.
 */
import type { Selectable } from "kysely";
import * as contract from "../../contract/rounds.ts";
import { fault } from "../../errors.ts";
import type { Author } from "../author.ts";
import type { Connection } from "../database/connection.ts";
import { read, type Stamp } from "../handle.ts";
import { lineDiff } from "./diff.ts";
import type { RoundTable, VerdictMessageTable } from "./schema.ts";
import { rowOf, type TaskRow } from "./task.ts";

export type RoundRow = Selectable<RoundTable>;

const LAST = "select * from rounds where task = ? order by round desc limit 1";
const BEGIN = `insert into rounds (task, round, submitted_by, submitted_at, summary, tree) values (?, ?, ?, ?, ?, ?)`;
/** Also what was attached before: it came since the last round. */
const ADOPT = "update artifacts set round = ? where task = ? and round is null";
const DECIDE = `update rounds set verdict = ?, decided_by = ?, decided_at = ?, comment = ?, findings = ? where n = ?`;

export const lastRound = (db: Connection, task: number): RoundRow | undefined => db.get<RoundRow>(LAST, task);

interface Beginning {
	readonly by: string;
	readonly at: string;
	readonly summary: string;
	readonly tree: string | null;
}

/** Answers its number. */
export function beginRound(db: Connection, row: TaskRow, { by, at, summary, tree }: Beginning): number {
	const round = row.round + 1;
	db.run(BEGIN, row.n, round, by, at, summary, tree);
	db.run(ADOPT, round, row.n);
	db.run("update tasks set round = ? where n = ?", round, row.n);
	return round;
}

/** The round that waits for a verdict; undefined where the task was never handed in, or is not in review. */
export function openRound(db: Connection, row: TaskRow): RoundRow | undefined {
	if (row.status !== "in_review") return undefined;
	const last = lastRound(db, row.n);
	if (last !== undefined && last.verdict === null) return last;
	// In review by its status alone, as old clients and old data have it: what there is counts as handed in.
	const by = row.submitted_by ?? row.assignee ?? row.created_by;
	beginRound(
		db,
		{ ...row, round: last?.round ?? 0 },
		{ by, at: row.updated_at, summary: row.title, tree: row.handed_in },
	);
	return lastRound(db, row.n);
}

export interface Decision {
	readonly verdict: (typeof contract.VERDICTS)[number];
	readonly comment?: string | undefined;
	readonly findings?: readonly contract.Finding[] | undefined;
}

export function decide(
	db: Connection,
	round: RoundRow,
	{ verdict, comment, findings = [] }: Decision,
	{ author, stamp }: { readonly author: Author; readonly stamp: Stamp },
): void {
	const said = comment?.trim() || null;
	db.run(DECIDE, verdict, author.name, stamp.timestamp, said, JSON.stringify(findings), round.n);
}

const ALL = "select * from rounds where task = ? order by round";
const ARTIFACTS = `select artifacts.*, content from artifacts left join artifact_texts on artifact = artifacts.n
	where task = ? and round is not null order by artifacts.n`;
const MESSAGE = `select verdict_messages.*, receipt from verdict_messages left join receipts on receipts.id = message
	where round = ?`;

interface ArtifactRow {
	readonly type: contract.Round["artifacts"][number]["type"];
	readonly url: string;
	readonly label: string;
	readonly added_at: string;
	readonly added_by: string | null;
	readonly round: number;
	readonly version: number;
	readonly content: string | null;
}

type MessageRow = Selectable<VerdictMessageTable> & { readonly receipt: contract.Told["state"] | null };

export function roundsOf(db: Connection, task: number): readonly contract.Round[] {
	const artifacts = Map.groupBy(db.all<ArtifactRow>(ARTIFACTS, task), ({ round }) => round);
	return db.all<RoundRow>(ALL, task).map((row) => roundOf(db, row, artifacts.get(row.round) ?? []));
}

function roundOf(db: Connection, row: RoundRow, artifacts: readonly ArtifactRow[]): contract.Round {
	const { round, submitted_by, submitted_at, summary, tree, branch, verdict, decided_by, decided_at, comment } = row;
	const told = db.get<MessageRow>(MESSAGE, row.n);
	return {
		...{ round, submittedBy: submitted_by, submittedAt: submitted_at, summary },
		...(tree === null ? {} : { tree }),
		...(branch === null ? {} : { branch }),
		artifacts: artifacts.map(({ type, url, label, added_at, added_by, version }) => ({
			...{ type, url, label, addedAt: added_at, version },
			...(added_by === null ? {} : { addedBy: added_by }),
		})),
		...(verdict === null ? {} : { verdict }),
		...(decided_by === null ? {} : { by: decided_by }),
		...(decided_at === null ? {} : { at: decided_at }),
		...(comment === null ? {} : { comment }),
		findings: JSON.parse(row.findings ?? "[]"),
		...(told === undefined ? {} : { told: toldOf(told) }),
	};
}

/** Kept at its host and no receipt yet: that is on its way up. */
const toldOf = ({ name, lieutenant, state, message, because, receipt }: MessageRow): contract.Told => ({
	...{ to: name, lieutenant, state: state === "kept" ? (receipt ?? "queued") : state },
	...(message === null ? {} : { message }),
	...(because === null ? {} : { because }),
});

export const rounds = read(contract.rounds, ({ input, hub }) => {
	const { reader } = hub.database;
	const all = roundsOf(reader, rowOf(reader, input.taskId).n);
	return { rounds: [...all], count: all.length };
});

export const diff = read(contract.diff, ({ input, hub }) => {
	const { reader } = hub.database;
	const row = rowOf(reader, input.taskId);
	const all = reader.all<RoundRow>(ALL, row.n);
	const found = input.round === undefined ? all.at(-1) : all.find(({ round }) => round === input.round);
	if (found === undefined) throw fault("not_found", input.round === undefined ? "round" : `round ${input.round}`);
	const differences = [...ofFiles(found), ...ofTexts(reader.all<ArtifactRow>(ARTIFACTS, row.n), found.round)];
	return { round: found.round, differences, count: differences.length };
});

const ofFiles = ({ branch, tree, diff: lines, diff_from, diff_cut }: RoundRow): readonly contract.Difference[] =>
	lines === null || tree === null || diff_from === null
		? []
		: [{ label: branch ?? "files", from: diff_from, to: tree, diff: lines, cut: diff_cut === 1 }];

/** Each text of this round beside the version of it before. */
function ofTexts(all: readonly ArtifactRow[], round: number): readonly contract.Difference[] {
	const texts = all.flatMap((one) => (one.content === null ? [] : [{ ...one, content: one.content }]));
	return texts.flatMap(({ type, label, version, content, round: its }) => {
		const before = texts.findLast((one) => one.type === type && one.label === label && one.version < version);
		if (its !== round || before === undefined) return [];
		const lines = lineDiff(before.content, content);
		return [{ label, from: `version ${before.version}`, to: `version ${version}`, diff: lines, cut: false }];
	});
}
