/** What work must leave behind, as it is said and as it is kept. */
import { fault } from "../../errors.ts";

export type Deliverable =
	/** A final answer of at least so many characters, or a document among the files written. */
	| { readonly type: "report"; readonly least: number }
	/** A file or folder below the lieutenant's own folder; `before` is its stamp when the work was given, if it was there. */
	| { readonly type: "path"; readonly path: string; readonly before?: string }
	/** New commits; `before` is HEAD when the work was given. */
	| { readonly type: "branch"; readonly before: string }
	/** Its board task, done or in review. */
	| { readonly type: "task" }
	/** A shell command that passes in the lieutenant's folder. */
	| { readonly type: "command"; readonly command: string }
	/** Nothing, because somebody said so. */
	| { readonly type: "none" };

/** What is due when nothing was said: any words at the end. */
export const DERIVED: Deliverable = { type: "report", least: 1 };
const REPORT_LEAST = 80;
const COMMAND_MAX = 2_000;

/** Throws `invalid_input` in words. What was there before is not known yet: `check.ts` looks. */
export function parseDeliverable(text: string): Deliverable {
	const [, kind = "", rest = ""] = /^\s*(\w+)\s*(?::\s*([\s\S]*\S)\s*)?$/.exec(text) ?? [];
	switch (kind) {
		case "path":
			return { type: "path", path: inside(rest) };
		case "command":
			if (rest === "" || rest.length > COMMAND_MAX) throw refuse(`command: takes 1 to ${COMMAND_MAX} characters`);
			return { type: "command", command: rest };
		case "report":
			return { type: "report", least: REPORT_LEAST };
		case "branch":
			return { type: "branch", before: "" };
		case "task":
		case "none":
			return { type: kind };
		default:
			throw refuse(`"${text.slice(0, 60)}" is none that can be checked`);
	}
}

/** A path below the lieutenant's own folder; its worktree is not where the caller is, so no absolute one is right. */
function inside(path: string): string {
	const parts = path.split("/").filter((part) => part !== "" && part !== ".");
	if (path.startsWith("/") || path.startsWith("~") || parts.includes("..") || path.includes("\0"))
		throw refuse(`${path} is outside of its workspace: name a path relative to the lieutenant's own folder`);
	if (parts.length === 0) throw refuse("path: names no file");
	return parts.join("/");
}

const refuse = (why: string) =>
	fault("invalid_input", `deliverable: ${why}; one of path:<file>, branch, report, task, command:<check>, none`);

/** `docs/a.md`, `a report`, "`npm test` passing". */
export function dueText(deliverable: Deliverable): string {
	switch (deliverable.type) {
		case "report":
			return "a report";
		case "path":
			return deliverable.path;
		case "branch":
			return "commits on its branch";
		case "task":
			return "its task done";
		case "command":
			return `\`${deliverable.command}\` passing`;
		case "none":
			return "nothing";
	}
}

/** What the lieutenant is told to do about it. */
export function deliverText(deliverable: Deliverable): string {
	switch (deliverable.type) {
		case "report":
			return "Write down now what you have found: end your turn with it as your answer, what is open included.";
		case "path":
			return `Write ${deliverable.path} now with what you have; it can get better afterwards.`;
		case "branch":
			return "Make the change now and commit what you have.";
		case "task":
			return "Finish the task now and hand it in with board_submit_for_review.";
		case "command":
			return `Make \`${deliverable.command}\` pass now, or say what keeps it from passing.`;
		case "none":
			return "Come to an end now and say what you have.";
	}
}
