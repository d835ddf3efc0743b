/** What git says of the repositories that a host's lieutenants work in. */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";

export const Merge = Type.Object({
	repository: Type.String({ description: "its folder" }),
	commit: Type.String(),
	type: oneOf(["branch", "pull_request"]),
	at: Type.String({ description: "ISO 8601, when it was committed" }),
	subject: Type.String(),
});
export type Merge = Static<typeof Merge>;

const When = Type.String({ minLength: 1, maxLength: 64, description: "ISO 8601" });

export const merges = operation({
	name: "repositories.merges",
	at: "host",
	tool: "repositories_merges",
	cli: "repositories merges",
	summary: "List what was merged into the main branches of the lieutenants' repositories, as git shows it.",
	method: "GET",
	path: "/repositories/merges",
	status: 200,
	input: Type.Object({
		since: When,
		until: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "ISO 8601, not included" })),
		host: Type.Optional(text(64, "host id, where several are linked")),
	}),
	output: Type.Object({
		merges: Type.Array(Merge, { description: "a merge commit, or one that a pull request was squashed into" }),
		count: Type.Integer(),
		unread: Type.Array(Type.String(), { description: "repositories that git could not read, and why" }),
	}),
	allow: ["admin", "host", "orchestrator", "viewer"],
	tell: ({ merges: all, unread }) =>
		[
			...all.map(({ at, repository, type, subject }) => `${at} ${repository} ${type}: ${subject}`),
			...unread.map((why) => `Not read: ${why}`),
		].join("\n") || "Nothing was merged.",
});
