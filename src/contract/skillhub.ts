/** What of skills and extensions every machine should have, who has what, and the live stream of changes. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { authorName, more, oneOf, page, paging } from "./shapes.ts";
import { Hash } from "./skills.ts";

/** What is to be installed, and by what a machine knows that it has got just that. */
export const Entry = Type.Object({
	name: Type.String(),
	version: Type.Integer(),
	hash: Hash,
	description: Type.String(),
});
export type Entry = Static<typeof Entry>;

export const Manifest = Type.Object({
	skills: Type.Array(Entry),
	extensions: Type.Array(Entry),
	withdrawn: Type.Array(Type.String(), { description: "skills that agents had and shall no longer have" }),
});
export type Manifest = Static<typeof Manifest>;

export const manifest = operation({
	name: "skills.manifest",
	at: "hub",
	cli: "skills manifest",
	summary: "List what every machine should have: names, versions, hashes.",
	method: "GET",
	path: "/skills/manifest",
	status: 200,
	input: Type.Object({}),
	output: Manifest,
	allow: EVERYONE,
	tell: ({ skills, extensions }) =>
		[...skills, ...extensions].map(({ name, version }) => `${name} v${version}`).join("\n") || "Nothing.",
});

/** One that an agent has. */
const Has = Type.Object({
	name: Type.String({ minLength: 1, maxLength: 200 }),
	version: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
	hash: Type.Optional(Type.String({ maxLength: 64 })),
});
export type Has = Static<typeof Has>;
const Have = Type.Array(Has, { maxItems: 1_000 });

export const sync = operation({
	name: "skills.sync",
	at: "hub",
	cli: "skills report",
	summary: "Say what a machine or agent has installed; the answer is what it should install, update, remove.",
	method: "POST",
	path: "/skills/sync",
	status: 200,
	input: Type.Object({
		agentId: authorName,
		vmId: Type.Optional(Type.String({ maxLength: 200 })),
		skills: Have,
		extensions: Have,
	}),
	output: Type.Object({
		updates: Type.Array(
			Type.Object({
				type: oneOf(["skill", "extension"]),
				name: Type.String(),
				version: Type.Integer(),
				action: oneOf(["install", "update", "remove"]),
			}),
		),
	}),
	author: { field: "agentId", needed: true },
	allow: WRITERS,
	tell: ({ updates }) =>
		updates.map(({ action, name, version }) => `${action} ${name} v${version}`).join("\n") || "Up to date.",
});

export const Inventory = Type.Object({
	agentId: Type.String(),
	vmId: Type.Optional(Type.String()),
	skills: Type.Array(Has),
	extensions: Type.Array(Has),
	lastSync: Type.String({ description: "ISO 8601, by the hub's clock" }),
	lieutenants: Type.Array(Type.String(), { description: "of a host: who reads them there" }),
});
export type Inventory = Static<typeof Inventory>;

const inventoryLine = ({ agentId, skills, extensions, lastSync, lieutenants }: Inventory): string =>
	`${agentId}${lieutenants.length === 0 ? "" : ` (${lieutenants.join(", ")})`} ${lastSync}: ${
		[...skills, ...extensions].map(({ name, version }) => `${name} v${version}`).join(", ") || "nothing"
	}`;

export const agents = operation({
	name: "skills.agents",
	at: "hub",
	tool: "skillhub_agents",
	cli: "skills agents",
	summary: "Who has which version: what each machine and agent has said that it has, the latest first.",
	method: "GET",
	path: "/skills/agents",
	status: 200,
	input: Type.Object({ ...paging }),
	output: Type.Object({ agents: Type.Array(Inventory), ...page }),
	allow: EVERYONE,
	tell: (answer) => (answer.agents.map(inventoryLine).join("\n") || "Nobody has said so yet.") + more(answer.next),
});

export const agent = operation({
	name: "skills.agent",
	at: "hub",
	cli: "skills agent",
	summary: "What one machine or agent has.",
	method: "GET",
	path: "/skills/agents/:agentId",
	status: 200,
	input: Type.Object({ agentId: Type.String({ minLength: 1, maxLength: 200 }) }),
	output: Inventory,
	allow: EVERYONE,
	tell: inventoryLine,
});

export const Change = Type.Object({
	id: Type.String({ description: "ULID of the feed's event" }),
	type: oneOf(["skill", "extension"]),
	name: Type.String(),
	version: Type.Integer(),
	action: oneOf(["publish", "update", "remove", "enable", "disable"]),
	timestamp: Type.String(),
});
export type Change = Static<typeof Change>;

export const stream = operation({
	name: "skills.stream",
	at: "hub",
	cli: "skills stream",
	summary: "Follow changes of skills and extensions live; resumes as the feed does.",
	method: "GET",
	path: "/skills/stream",
	status: 200,
	answers: "stream",
	input: Type.Object({
		since: Type.Optional(Type.String({ maxLength: 64, description: "an event's id or seq, or a date" })),
	}),
	output: Change,
	allow: EVERYONE,
	tell: ({ timestamp, type, name, version, action }) => `${timestamp} ${type} ${name} v${version}: ${action}`,
});

/** What a machine did to have what the hub says. */
export const Pulled = Type.Object({
	installed: Type.Array(Type.String(), { description: "new, or in another version: `board v3`" }),
	removed: Type.Array(Type.String()),
	refused: Type.Array(Type.String(), { description: "not installed, and why" }),
	skills: Type.Integer({ description: "installed now" }),
});
export type Pulled = Static<typeof Pulled>;

export const pull = operation({
	name: "skills.pull",
	at: "host",
	tool: "skillhub_sync",
	cli: "skills sync",
	summary: "Bring this machine's skills up to the hub's now. It does so by itself whenever something changes.",
	method: "POST",
	path: "/skills/pull",
	status: 200,
	input: Type.Object({}),
	output: Pulled,
	allow: WRITERS,
	tell: ({ installed, removed, refused, skills }) =>
		[
			`${skills} skills here.`,
			...(installed.length > 0 ? [`Installed: ${installed.join(", ")}.`] : []),
			...(removed.length > 0 ? [`Removed: ${removed.join(", ")}.`] : []),
			...refused.map((why) => `Refused: ${why}.`),
		].join("\n"),
});
