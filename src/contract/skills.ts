/** Skills that the hub holds: instructions in one Markdown file each, in versions, which every agent of the fleet gets. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, type Role } from "./operation.ts";
import { authorName, Deleted, more, page, paging, text } from "./shapes.ts";

/** As pi names skills. It becomes a folder on every machine of the fleet: nothing else is taken for a name. */
export const SKILL_NAME = "^[a-z0-9]+(?:-[a-z0-9]+)*$";
export const SKILL_NAME_MAX = 64;
/** Characters of a skill's file. An agent reads it whole. */
export const SKILL_CONTENT_MAX = 65_536;

export const Name = Type.String({
	minLength: 1,
	maxLength: SKILL_NAME_MAX,
	pattern: SKILL_NAME,
	description: "a-z, 0-9, single '-' between",
});
/** In a path: what is there has a name of that kind, and nothing else is found. */
export const Known = Type.String({ minLength: 1, maxLength: 200 });
export const Description = text(1_024, "one line: what it is for and when to use it");
export const VersionNumber = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });
export const Hash = Type.String({ description: "SHA-256 of the content as UTF-8, hex" });
const Tags = Type.Array(text(200), { maxItems: 50 });

/** What skills and code extensions have alike. */
export const published = {
	id: Type.String({ description: "ULID" }),
	name: Type.String(),
	version: Type.Integer({ description: "1, 2, …; never begins again" }),
	description: Type.String(),
	content: Type.String(),
	hash: Hash,
	publishedBy: Type.String({ description: "of this version" }),
	publishedAt: Type.String({ description: "of the first version" }),
	updatedAt: Type.String(),
	enabled: Type.Boolean({ description: "false: no agent has it" }),
};

export const Skill = Type.Object({ ...published, tags: Type.Array(Type.String()) });
export type Skill = Static<typeof Skill>;

/** One version as it was published. */
export const Version = Type.Object({
	version: Type.Integer(),
	description: Type.String(),
	hash: Hash,
	bytes: Type.Integer(),
	publishedBy: Type.String(),
	publishedAt: Type.String(),
});
export type Version = Static<typeof Version>;

export const WholeVersion = Type.Object({ ...Version.properties, name: Type.String(), content: Type.String() });
export type WholeVersion = Static<typeof WholeVersion>;

export const History = Type.Object({ versions: Type.Array(Version), ...page });

/** A lieutenant may publish what it has learned; only what others published is not its to change. */
const PUBLISHERS = ["admin", "orchestrator", "lieutenant", "worker"] as const satisfies readonly Role[];

const line = ({ name, version, enabled, description }: Skill): string =>
	`${name} v${version}${enabled ? "" : " (disabled)"}: ${description}`;

export const versionLine = ({ version, publishedAt, publishedBy, hash, bytes }: Version): string =>
	`v${version} ${publishedAt} by ${publishedBy}, ${bytes} bytes, ${hash.slice(0, 12)}`;

export const publish = operation({
	name: "skills.publish",
	at: "hub",
	tool: "skillhub_publish",
	cli: "skills put",
	summary: "Publish a skill, or a new version of one, to every agent of the fleet.",
	method: "POST",
	path: "/skills/items",
	status: 201,
	input: Type.Object({
		name: Name,
		description: Description,
		content: Type.String({
			minLength: 1,
			maxLength: SKILL_CONTENT_MAX,
			pattern: "\\S",
			description: "the whole SKILL.md",
		}),
		publishedBy: authorName,
		tags: Type.Optional(Tags),
		enabled: Type.Optional(Type.Boolean()),
	}),
	output: Skill,
	author: { field: "publishedBy", needed: true },
	allow: PUBLISHERS,
	tell: (skill) =>
		`Published ${skill.name} v${skill.version}${skill.enabled ? "; linked machines have it in a moment." : ", disabled: skillhub_update enables it."}`,
});

export const list = operation({
	name: "skills.list",
	at: "hub",
	tool: "skillhub_list",
	cli: "skills list",
	summary: "List the skills that the hub holds, with version and description.",
	method: "GET",
	path: "/skills/items",
	status: 200,
	input: Type.Object({
		tag: Type.Optional(Type.String({ maxLength: 200 })),
		enabled: Type.Optional(Type.String({ maxLength: 20, description: "true: only enabled; false: only disabled" })),
		...paging,
	}),
	output: Type.Object({ skills: Type.Array(Skill), ...page }),
	allow: EVERYONE,
	tell: ({ skills, next }) => (skills.map(line).join("\n") || "No skills.") + more(next),
});

export const get = operation({
	name: "skills.get",
	at: "hub",
	tool: "skillhub_get",
	cli: "skills get",
	summary: "Read one skill as it is now.",
	method: "GET",
	path: "/skills/items/:name",
	status: 200,
	input: Type.Object({ name: Known }),
	output: Skill,
	allow: EVERYONE,
	tell: (skill) => `${line(skill)}\n\n${skill.content}`,
});

export const update = operation({
	name: "skills.update",
	at: "hub",
	tool: "skillhub_update",
	cli: "skills update",
	summary: "Enable or disable a skill, change its description or tags. Disabled, every agent loses it.",
	method: "PATCH",
	path: "/skills/items/:name",
	status: 200,
	input: Type.Object({
		name: Known,
		description: Type.Optional(Description),
		tags: Type.Optional(Tags),
		enabled: Type.Optional(Type.Boolean()),
	}),
	output: Skill,
	allow: PUBLISHERS,
	tell: line,
});

export const remove = operation({
	name: "skills.delete",
	at: "hub",
	tool: "skillhub_delete",
	cli: "skills delete",
	summary: "Withdraw a skill from every agent. Its versions stay in the history; publishing it again goes on counting.",
	method: "DELETE",
	path: "/skills/items/:name",
	status: 200,
	input: Type.Object({ name: Known }),
	output: Deleted,
	allow: PUBLISHERS,
	tell: (_output, { name }) => `${name} is withdrawn.`,
});

export const history = operation({
	name: "skills.history",
	at: "hub",
	tool: "skillhub_history",
	cli: "skills history",
	summary: "List the versions of a skill, newest first; also of a withdrawn one.",
	method: "GET",
	path: "/skills/items/:name/versions",
	status: 200,
	input: Type.Object({ name: Known, ...paging }),
	output: History,
	allow: EVERYONE,
	tell: ({ versions, next }) => versions.map(versionLine).join("\n") + more(next),
});

export const version = operation({
	name: "skills.version",
	at: "hub",
	cli: "skills version",
	summary: "Read one version of a skill.",
	method: "GET",
	path: "/skills/items/:name/versions/:version",
	status: 200,
	input: Type.Object({ name: Known, version: VersionNumber }),
	output: WholeVersion,
	allow: EVERYONE,
	tell: (whole) => `${whole.name} ${versionLine(whole)}\n\n${whole.content}`,
});

export const restore = operation({
	name: "skills.restore",
	at: "hub",
	tool: "skillhub_restore",
	cli: "skills restore",
	summary: "Publish an earlier version of a skill again, as its newest.",
	method: "POST",
	path: "/skills/items/:name/versions/:version/restore",
	status: 201,
	input: Type.Object({ name: Known, version: VersionNumber }),
	output: Skill,
	allow: PUBLISHERS,
	tell: (skill, { version: earlier }) => `${skill.name} v${skill.version} is v${earlier} again.`,
});
