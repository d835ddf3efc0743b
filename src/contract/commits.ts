/** The ledger of VM snapshots: which there are, what each was made from, and which of them new VMs begin from. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { anything, blankableAuthor, Deleted, more, page, paging, text } from "./shapes.ts";

/** The tag of a snapshot that new VMs are made from. */
export const GOLDEN = "golden";

export const Commit = Type.Object({
	id: Type.String({ description: "ULID" }),
	commitId: Type.String({ description: "the platform's id of the snapshot" }),
	vmId: Type.String({ description: "the VM that it was made of" }),
	timestamp: Type.String({ description: "ISO 8601, UTC" }),
	label: Type.Optional(Type.String()),
	agent: Type.Optional(Type.String()),
	tags: Type.Optional(Type.Array(Type.String())),
	metadata: Type.Optional(anything("as recorded")),
	parent: Type.Optional(Type.String({ description: "commitId of the snapshot that its VM was made from" })),
	containsSecrets: Type.Optional(Type.Boolean({ description: "keys were in memory when it was made" })),
});
export type Commit = Static<typeof Commit>;

const CommitId = text(200, "the platform's id of the snapshot");
const Label = Type.String({ maxLength: 500 });
const Tags = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 });

const line = ({ commitId, vmId, timestamp, label, agent, tags, containsSecrets }: Commit): string =>
	[
		`${commitId} of ${vmId}, ${timestamp}`,
		...(label === undefined ? [] : [label]),
		...(agent === undefined ? [] : [`by ${agent}`]),
		...(tags === undefined ? [] : [tags.map((tag) => `#${tag}`).join(" ")]),
		...(containsSecrets === true ? ["contains secrets"] : []),
	].join(", ");

export const record = operation({
	name: "commits.record",
	at: "hub",
	tool: "commits_record",
	cli: "commits record",
	summary: "Record a VM snapshot that was made.",
	method: "POST",
	path: "/commits",
	status: 201,
	input: Type.Object({
		commitId: CommitId,
		vmId: text(200, "the VM that it was made of"),
		label: Type.Optional(Label),
		agent: blankableAuthor,
		tags: Type.Optional(Tags),
		metadata: Type.Optional(anything("data")),
		parent: Type.Optional(text(200, "commitId of the snapshot that this VM was made from")),
		containsSecrets: Type.Optional(
			Type.Boolean({ description: "keys were in memory when it was made; it cannot be golden then" }),
		),
	}),
	output: Commit,
	author: { field: "agent" },
	allow: WRITERS,
	spool: true,
	sentences: { tags: "tags must be an array" },
	tell: ({ commitId }) => `Recorded ${commitId}.`,
});

export const list = operation({
	name: "commits.list",
	at: "hub",
	tool: "commits_list",
	cli: "commits list",
	summary: "List VM snapshots, newest first.",
	method: "GET",
	path: "/commits",
	status: 200,
	input: Type.Object({
		tag: Type.Optional(Type.String({ maxLength: 200 })),
		agent: Type.Optional(Type.String({ maxLength: 200 })),
		label: Type.Optional(Type.String({ maxLength: 500 })),
		vmId: Type.Optional(Type.String({ maxLength: 200 })),
		since: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601" })),
		...paging,
	}),
	output: Type.Object({ commits: Type.Array(Commit), ...page }),
	allow: EVERYONE,
	tell: ({ commits, next }) => (commits.map(line).join("\n") || "No snapshots.") + more(next),
});

export const get = operation({
	name: "commits.get",
	at: "hub",
	cli: "commits get",
	summary: "Read one snapshot's record.",
	method: "GET",
	path: "/commits/:commitId",
	status: 200,
	input: Type.Object({ commitId: CommitId }),
	output: Commit,
	allow: EVERYONE,
	tell: line,
});

export const golden = operation({
	name: "commits.golden",
	at: "hub",
	tool: "commits_golden",
	cli: "commits golden",
	summary: "Find the newest golden snapshot: what a new VM is made from.",
	method: "GET",
	path: "/commits/golden/newest",
	status: 200,
	input: Type.Object({
		label: Type.Optional(Type.String({ maxLength: 500, description: "of several kinds, the one with this label" })),
	}),
	output: Commit,
	allow: EVERYONE,
	tell: line,
});

export const lineage = operation({
	name: "commits.lineage",
	at: "hub",
	tool: "commits_lineage",
	cli: "commits lineage",
	summary: "What a snapshot was made from, up to the first, and what was made from it.",
	method: "GET",
	path: "/commits/:commitId/lineage",
	status: 200,
	input: Type.Object({ commitId: CommitId }),
	output: Type.Object({
		commit: Commit,
		ancestors: Type.Array(Commit, { description: "nearest first, at most 1,000" }),
		children: Type.Array(Commit, { description: "newest first, at most 1,000" }),
		unrecorded: Type.Optional(
			Type.String({ description: "commitId that the oldest of these names and nobody recorded" }),
		),
	}),
	allow: EVERYONE,
	tell: ({ commit, ancestors, children, unrecorded }) =>
		[
			line(commit),
			...ancestors.map((one) => `  from ${line(one)}`),
			...(unrecorded === undefined ? [] : [`  from ${unrecorded}, which nobody recorded`]),
			...children.map((one) => `  became ${line(one)}`),
		].join("\n"),
});

export const update = operation({
	name: "commits.update",
	at: "hub",
	tool: "commits_update",
	cli: "commits update",
	summary: "Change a snapshot's label or tags: make it golden once it is checked, or no longer.",
	method: "PATCH",
	path: "/commits/:commitId",
	status: 200,
	input: Type.Object({
		commitId: CommitId,
		label: Type.Optional(Label),
		tags: Type.Optional(Tags),
		metadata: Type.Optional(anything("replaces the old")),
	}),
	output: Commit,
	allow: WRITERS,
	sentences: { tags: "tags must be an array" },
	tell: line,
});

export const remove = operation({
	name: "commits.delete",
	at: "hub",
	cli: "commits delete",
	summary: "Take a snapshot off the ledger. The snapshot itself is the platform's.",
	method: "DELETE",
	path: "/commits/:commitId",
	status: 200,
	input: Type.Object({ commitId: CommitId }),
	output: Deleted,
	allow: ["admin", "host", "orchestrator"],
	tell: (_output, { commitId }) => `${commitId} is off the ledger.`,
});
