/** What became of the snapshots: the platform's own list beside the ledger. */
import { type Commit, GOLDEN } from "../../src/contract/commits.ts";
import { UNSAFE } from "./script.ts";

interface Shelves {
	/** Ids that the platform has. */
	readonly snapshots: readonly string[];
	readonly ledger: readonly Pick<Commit, "commitId" | "label" | "tags" | "containsSecrets">[];
}

export const unrecorded = ({ snapshots, ledger }: Shelves): readonly string[] =>
	snapshots.filter((id) => !ledger.some(({ commitId }) => commitId === id));

/** Golden though nobody proved it free of keys; or, where what was frozen had its keys, not marked as that. */
export const unsafe = ({ ledger }: Shelves): readonly string[] =>
	ledger
		.filter(({ label, containsSecrets, tags }) => {
			const golden = tags?.includes(GOLDEN) === true;
			return golden || (label === UNSAFE && containsSecrets !== true);
		})
		.map(({ commitId }) => commitId);
