/** What is to be done by the board, as `features.ts`. */
import { type Feature, shipped } from "./feature.ts";

const BOARD = "test/hub/board/board.test.ts";
const CLAIMS = "test/hub/board/claims.test.ts";
const QUEUE = "test/hub/board/queue.test.ts";

export const boardFeatures: readonly Feature[] = [
	shipped(
		"Board: `board_create_task`, `board_list_tasks`, `board_get_task`, `board_update_task`, `board_add_note`, `board_add_artifact`, `board_bump`",
		[
			BOARD,
			"is stored trimmed, with its defaults",
			"is changed by field, and PATCH {} only touches it",
			"carries notes, oldest first",
			"takes all artifacts or none",
			"matters more with each bump",
			"comes newest first, in pages that neither skip nor repeat while tasks are added",
		],
	),
	shipped(
		"Claims with leases: `board_claim` has one winner, `board_release` gives it back",
		[
			CLAIMS,
			"has exactly one winner of 64 at once, every time",
			"ends by the hub's clock, and then another may take it",
			"can be given back, by its holder or who leads",
			"that has ended leaves what its holder said too late as a note, once, and changes nothing",
		],
		["test/hub/board/expiry.test.ts", "a claim without a sign of life is freed, and the feed says so"],
	),
	shipped(
		"Dependencies that hold a task back, circles refused; `board_ready` by priority and bump",
		[
			"test/hub/board/dependencies.test.ts",
			"holds its task up until it is done, in the list, in the answer and in the words of a claim",
			"any order of changes to a graph is taken exactly when it closes no circle, and a path named is a circle",
			"keeps a task from being done, by whomever but a person",
		],
		[
			QUEUE,
			"is open, held by nobody, meant for nobody else and waits for nothing; by priority, score and age",
			"can be claimed by who is told of it, and only once; property of any board",
		],
	),
	shipped(
		"Kinds of tasks with checklists (`board_kinds`), `board_search` by words, and who changed what (`board_history`)",
		[
			QUEUE,
			"brings its checklist, which is finished before it is done",
			"finds words in title, description, notes, tags and links, at once, newest first, in pages",
			"says what changed, from what to what, by whom and through whose token; it outlives the task",
		],
	),
	shipped("Review: `board_submit_for_review`, `board_approve`, `board_reject`", [
		BOARD,
		"takes summary and artifacts, and nothing when one of them is bad",
		"lists what waits, last changed first",
		"ends in approval or goes back",
	]),
	shipped(
		"Review in rounds: `board_verdict` with findings, back to the author with a receipt; `board_rounds`, `board_diff`",
		[
			"test/hub/board/rounds.test.ts",
			"goes back to its author with the findings, who holds the task again, and comes to an end",
			"by the old routes is the same: rounds are kept, the author is told, the answers are the old ones",
			"waits for a host that is away, and for a lieutenant that is paused, saying why",
		],
		[
			"test/extensions/review-rounds.test.ts",
			"what needs changes reaches its author once, though host and hub are killed on the way, and comes back better",
		],
		[
			"test/hub/board/verdict-kill.test.ts",
			"a hub killed before it asks, and again before it hears the answer, sends a verdict under one key and tells of it once",
		],
	),
];
