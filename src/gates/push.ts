/** Which pushes a lieutenant may make: judged by the refs that git is about to update, not by how it was asked to. */
import type { GateSettings } from "./settings.ts";
import type { Mode } from "./settle.ts";

/** What its host has fixed for one lieutenant; kept in a file that its hook reads. */
export interface PushPolicy {
	readonly mode: Mode;
	readonly lieutenant: string;
	/** Names of protected branches; that of the remote's HEAD comes to them. */
	readonly branches: readonly string[];
	/** A person lets it push there. */
	readonly granted: boolean;
}

export interface Push {
	/** The remote's name or address. */
	readonly remote: string;
	/** Refs of the remote that would change, in full: `refs/heads/main`. */
	readonly refs: readonly string[];
	/** The branch that the remote's HEAD names, where that is known. */
	readonly head: string | undefined;
}

export type PushVerdict =
	| { readonly type: "pass" }
	| { readonly type: "granted" | "warned" | "refused"; readonly branches: readonly string[]; readonly text: string };

export const pushPolicy = (settings: GateSettings, lieutenant: string): PushPolicy => ({
	mode: settings.pushToMain,
	lieutenant,
	branches: settings.protectedBranches,
	granted: settings.pushGrants.includes(lieutenant),
});

/** The policy in a file's text; `undefined` when it is not one, which must count as a refusal. */
export function parsePolicy(text: string | undefined): PushPolicy | undefined {
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isPolicy(value) ? value : undefined;
	} catch {
		// Written whole by the host, so this was somebody's hand.
		return undefined;
	}
}

function isPolicy(value: unknown): value is PushPolicy {
	if (typeof value !== "object" || value === null) return false;
	const { mode, lieutenant, branches, granted } = value as { readonly [K in keyof PushPolicy]?: unknown };
	return (
		(mode === "off" || mode === "warn" || mode === "enforce") &&
		typeof lieutenant === "string" &&
		Array.isArray(branches) &&
		branches.every((name) => typeof name === "string") &&
		typeof granted === "boolean"
	);
}

/** The refs in what git writes to a `pre-push` hook: `<local ref> <local hash> <remote ref> <remote hash>` per line. */
export const pushedRefs = (input: string): readonly string[] =>
	input.split("\n").flatMap((line) => {
		const ref = line.trim().split(" ").at(-2);
		return ref === undefined || line.trim() === "" ? [] : [ref];
	});

export function judgePush({ remote, refs, head }: Push, policy: PushPolicy): PushVerdict {
	if (policy.mode === "off") return { type: "pass" };
	const guarded = new Set(
		[...policy.branches, ...(head === undefined ? [] : [head])].map((name) => `refs/heads/${name}`),
	);
	const branches = refs.filter((ref) => guarded.has(ref)).map((ref) => ref.slice("refs/heads/".length));
	if (branches.length === 0) return { type: "pass" };
	const what = `${branches.join(", ")} of ${plainRemote(remote)}`;
	if (policy.granted) return { type: "granted", branches, text: `${policy.lieutenant} pushes to ${what}, as granted.` };
	if (policy.mode === "warn")
		return {
			type: "warned",
			branches,
			text: `${policy.lieutenant} pushes to ${what}. (gates.pushToMain is set to warn.)`,
		};
	return { type: "refused", branches, text: refusedPush(what, policy.lieutenant) };
}

/** An address may hold a password. */
const plainRemote = (remote: string): string => remote.replace(/\/\/[^/@]*@/, "//");

export const refusedPush = (what: string, lieutenant: string): string =>
	`Not pushed: ${what} is protected, and a lieutenant does not push there. Push a branch of your own (git push origin HEAD:lt/${lieutenant}) and hand it in with board_submit_for_review. Only a person can grant it: gates.pushGrants.`;
