/**
 * Code extensions that the hub holds. They run in agents, so only an admin publishes, changes or withdraws one; machines
 * check each against its hash before they write it.
 */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation } from "./operation.ts";
import { authorName, Deleted, more, page, paging } from "./shapes.ts";
import { Description, History, Known, Name, published, VersionNumber, versionLine, WholeVersion } from "./skills.ts";

/** Characters of an extension's source. */
export const EXTENSION_CONTENT_MAX = 524_288;

export const Extension = Type.Object(published);
export type Extension = Static<typeof Extension>;

const line = ({ name, version, enabled, description }: Extension): string =>
	`${name} v${version}${enabled ? "" : " (disabled)"}: ${description}`;

export const publish = operation({
	name: "extensions.publish",
	at: "hub",
	cli: "skills extension put",
	summary: "Publish a code extension, or a new version of one.",
	method: "POST",
	path: "/skills/extensions",
	status: 201,
	input: Type.Object({
		name: Name,
		description: Description,
		content: Type.String({ minLength: 1, maxLength: EXTENSION_CONTENT_MAX, pattern: "\\S", description: "TypeScript" }),
		publishedBy: authorName,
		enabled: Type.Optional(Type.Boolean()),
	}),
	output: Extension,
	author: { field: "publishedBy", needed: true },
	allow: ["admin"],
	tell: (extension) => `Published ${extension.name} v${extension.version}.`,
});

export const list = operation({
	name: "extensions.list",
	at: "hub",
	cli: "skills extension list",
	summary: "List the code extensions that the hub holds.",
	method: "GET",
	path: "/skills/extensions",
	status: 200,
	input: Type.Object({
		enabled: Type.Optional(Type.String({ maxLength: 20, description: "true: only enabled; false: only disabled" })),
		...paging,
	}),
	output: Type.Object({ extensions: Type.Array(Extension), ...page }),
	allow: EVERYONE,
	tell: ({ extensions, next }) => (extensions.map(line).join("\n") || "No extensions.") + more(next),
});

export const get = operation({
	name: "extensions.get",
	at: "hub",
	cli: "skills extension get",
	summary: "Read one code extension as it is now.",
	method: "GET",
	path: "/skills/extensions/:name",
	status: 200,
	input: Type.Object({ name: Known }),
	output: Extension,
	allow: EVERYONE,
	tell: (extension) => `${line(extension)}\n\n${extension.content}`,
});

export const update = operation({
	name: "extensions.update",
	at: "hub",
	cli: "skills extension update",
	summary: "Enable or disable a code extension, or change its description.",
	method: "PATCH",
	path: "/skills/extensions/:name",
	status: 200,
	input: Type.Object({
		name: Known,
		description: Type.Optional(Description),
		enabled: Type.Optional(Type.Boolean()),
	}),
	output: Extension,
	allow: ["admin"],
	tell: line,
});

export const remove = operation({
	name: "extensions.delete",
	at: "hub",
	cli: "skills extension delete",
	summary: "Withdraw a code extension from every machine. Its versions stay in the history.",
	method: "DELETE",
	path: "/skills/extensions/:name",
	status: 200,
	input: Type.Object({ name: Known }),
	output: Deleted,
	allow: ["admin"],
	tell: (_output, { name }) => `${name} is withdrawn.`,
});

export const history = operation({
	name: "extensions.history",
	at: "hub",
	cli: "skills extension history",
	summary: "List the versions of a code extension, newest first.",
	method: "GET",
	path: "/skills/extensions/:name/versions",
	status: 200,
	input: Type.Object({ name: Known, ...paging }),
	output: History,
	allow: EVERYONE,
	tell: ({ versions, next }) => versions.map(versionLine).join("\n") + more(next),
});

export const version = operation({
	name: "extensions.version",
	at: "hub",
	cli: "skills extension version",
	summary: "Read one version of a code extension.",
	method: "GET",
	path: "/skills/extensions/:name/versions/:version",
	status: 200,
	input: Type.Object({ name: Known, version: VersionNumber }),
	output: WholeVersion,
	allow: EVERYONE,
	tell: (whole) => `${whole.name} ${versionLine(whole)}\n\n${whole.content}`,
});
