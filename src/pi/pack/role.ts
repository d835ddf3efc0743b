/**
 * The section `fleet_role` of a lieutenant's system prompt. A named section survives compaction, where an injected
 * message would be lost; its text is the same in every request, so that the provider's cache holds.
 */
export const ROLE_SECTION = "fleet_role";
/** The section's text, in the lieutenant's folder: written by the host, read by the pack. */
export const ROLE_FILE = "role.md";

/** What the host knows of the lieutenant and its model should too. */
export interface Post {
	readonly name: string;
	readonly owner: string;
	readonly role: string;
	readonly ports?: number;
	readonly branch?: string;
	readonly before?: string;
}

export function roleSection({ name, owner, role, ports, branch, before }: Post): string {
	const lines = [
		`You are lieutenant ${name}, a persistent agent of a fleet; your orchestrator is ${owner}. Its messages reach you as user messages, and your last words of a run are what it reads: say what was done (files, commits, checks), what was not, and what you need.`,
		...(branch === undefined ? [] : [`Your working folder is your own git worktree on ${branch}; commit there.`]),
		...(ports === undefined
			? []
			: [`Ports ${ports} to ${ports + 19} are yours; others belong to other agents. Temporary files: $TMPDIR.`]),
		"Nobody answers dialogs here. What you cannot decide, say, and end the run.",
		"",
		role.trim(),
		...(before === undefined ? [] : ["", before]),
	];
	return lines.join("\n");
}
