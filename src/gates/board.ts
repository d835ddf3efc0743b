/**
 * Work belongs to a task that its agent holds. The first change without one is refused once, with how to get one; an
 * agent that goes on all the same gets a task made for it, so that nobody is ever stopped by this for good.
 */
export type Holding =
	/** Not asked yet, or the hub does not say: nobody is stopped for what is not known. */
	"unknown" | "held" | "none";

export interface BoardState {
	readonly holding: Holding;
	/** Set once refused in this run. */
	readonly refused: boolean;
	/** The step in which that was is over: the model has read it. */
	readonly heard: boolean;
}

export const FRESH: BoardState = { holding: "unknown", refused: false, heard: false };

export type BoardVerdict = "pass" | "refuse" | "make";

/** What becomes of a call that may leave something behind. */
export function boardVerdict({ holding, refused, heard }: BoardState): BoardVerdict {
	if (holding !== "none") return "pass";
	return refused && heard ? "make" : "refuse";
}

export const BOARD_REFUSAL =
	"Not begun: you hold no task, and work belongs to one. Take one with board_claim, or put one on the board with board_create_task and claim it. If you go on without, I make one and mark it auto.";

const TITLE = 120;

/** A title out of what was asked for. */
export function autoTitle(prompt: string): string {
	const line = prompt
		.split("\n")
		.map((text) => text.trim())
		.find((text) => text !== "");
	return `[auto] ${line ?? "Work without a task"}`.slice(0, TITLE);
}

/** Our tools after which an agent may hold another task than before, or none. */
export const changesHolding = (tool: string): boolean => tool.startsWith("board_");
