/** What a record of each kind has to be. Today's bounds hold for old records, too: what is stored is read by everybody. */
import { type Static, type TObject, Type } from "@sinclair/typebox";
import { EXTENSION_CONTENT_MAX } from "../../contract/extensions.ts";
import type { ImportKind } from "../../contract/imports.ts";
import { Facts, LOG_TEXT_MAX } from "../../contract/log.ts";
import { Vm as RegisteredVm, VM_ROLES, VM_STATUSES } from "../../contract/registry.ts";
import { REPORT_MAX } from "../../contract/reports.ts";
import { anything, oneOf, text } from "../../contract/shapes.ts";
import { sync } from "../../contract/skillhub.ts";
import { Description, Name, SKILL_CONTENT_MAX, VersionNumber } from "../../contract/skills.ts";
import { ARTIFACT_TYPES, NOTE_TYPES, PRIORITIES, TASK_STATUSES, TEXT_MAX } from "../../contract/task.ts";
import { Cost, Tokens, USAGE_ROLES } from "../../contract/usage.ts";

/** An unreadable moment sorts nowhere and never ends: the old server stored any text. */
export const TIME = "moment";
const Time = Type.String({ minLength: 1, maxLength: 64, [TIME]: true });
const Id = Type.String({ pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$" });
const Who = text(200);
const Words = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Small = Type.Optional(orNull(Type.String({ maxLength: 2_000 })));

const Task = Type.Object({
	id: Id,
	title: text(2_000),
	description: Type.Optional(Type.String({ maxLength: TEXT_MAX })),
	status: oneOf(TASK_STATUSES),
	assignee: Type.Optional(Type.String({ maxLength: 200 })),
	tags: Words,
	createdBy: Who,
	createdAt: Time,
	updatedAt: Time,
	score: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
	priority: Type.Optional(oneOf(PRIORITIES)),
	kind: Type.Optional(text(40)),
});
const Note = Type.Object({
	task: Id,
	id: Id,
	author: Who,
	content: text(TEXT_MAX),
	type: oneOf(NOTE_TYPES),
	createdAt: Time,
});
const Artifact = Type.Object({
	task: Id,
	/** Of several that say the same on one task, which. */
	nth: Type.Integer({ minimum: 0 }),
	type: oneOf(ARTIFACT_TYPES),
	url: text(8_192),
	label: text(2_000),
	addedAt: Time,
	addedBy: Type.Optional(Who),
});
const Dependency = Type.Object({ task: Id, dependency: text(64) });
const Event = Type.Object({
	id: Id,
	agent: Who,
	type: text(100),
	summary: Type.String({ minLength: 1, maxLength: 8_192 }),
	timestamp: Time,
	detail: Type.Optional(anything("as published")),
	metadata: Type.Optional(anything("as published")),
	actor: Type.Optional(Who),
});
const Log = Type.Object({
	id: Id,
	timestamp: Time,
	text: text(LOG_TEXT_MAX),
	agent: Type.Optional(Who),
	facts: Type.Optional(Facts),
});
const Journal = Type.Object({
	id: Id,
	timestamp: Time,
	text: text(16_384),
	author: Type.Optional(Who),
	mood: Type.Optional(text(200)),
	tags: Type.Optional(Type.Array(text(200), { maxItems: 50 })),
});
const Commit = Type.Object({
	id: Id,
	commitId: text(200),
	vmId: text(200),
	timestamp: Time,
	label: Type.Optional(Type.String({ maxLength: 500 })),
	agent: Type.Optional(Who),
	tags: Type.Optional(Words),
	metadata: Type.Optional(anything("data")),
	parent: Type.Optional(text(200)),
	containsSecrets: Type.Optional(Type.Boolean()),
});
const Vm = Type.Object({
	id: text(200),
	name: text(200),
	role: oneOf(VM_ROLES),
	status: oneOf(VM_STATUSES),
	address: text(2_000),
	services: RegisteredVm.properties.services,
	metadata: Type.Optional(anything("data")),
	registeredBy: Who,
	registeredAt: Time,
	lastSeen: Time,
});
const Extension = Type.Object({
	id: Id,
	name: Name,
	version: VersionNumber,
	description: Description,
	content: text(EXTENSION_CONTENT_MAX),
	publishedBy: Who,
	publishedAt: Time,
	updatedAt: Time,
	enabled: Type.Boolean(),
});
const Skill = Type.Object({
	...Extension.properties,
	content: text(SKILL_CONTENT_MAX),
	tags: Type.Array(text(200), { maxItems: 50 }),
});
const Change = Type.Object({
	id: Id,
	type: oneOf(["skill", "extension"]),
	name: Name,
	version: VersionNumber,
	action: oneOf(["publish", "update", "remove", "enable", "disable"]),
	timestamp: Time,
});
const Manifest = Type.Object({
	agentId: Who,
	vmId: Type.Optional(Type.String({ maxLength: 200 })),
	skills: sync.input.properties.skills,
	extensions: sync.input.properties.extensions,
	lastSync: Time,
});
const Report = Type.Object({
	id: Id,
	title: text(2_000),
	author: Who,
	content: text(REPORT_MAX),
	tags: Words,
	createdAt: Time,
	updatedAt: Time,
});
const Hash = Type.String({ pattern: "^[0-9a-f]{64}$" });
const Link = Type.Object({
	/** SHA-256 of the last part of its address, which is not sent. */
	hash: Hash,
	/** Absent: made of the hash. */
	name: Type.Optional(Id),
	reportId: Id,
	createdAt: Time,
	createdBy: Who,
	expiresAt: Type.Optional(Type.Union([Time, Type.Null()])),
	label: Type.Optional(orNull(Type.String({ maxLength: 500 }))),
	revoked: Type.Integer({ minimum: 0, maximum: 1 }),
});
const Access = Type.Object({
	id: Id,
	link: Hash,
	reportId: Id,
	timestamp: Time,
	ip: Small,
	userAgent: Small,
	referrer: Small,
});
const Session = Type.Object({
	id: Id,
	sessionId: text(200),
	agent: Who,
	parentAgent: orNull(Type.String({ maxLength: 200 })),
	model: text(200),
	tokens: Tokens,
	cost: Cost,
	turns: Type.Number({ minimum: 0, maximum: 1e9 }),
	toolCalls: Type.Record(Type.String(), Type.Number()),
	startedAt: Time,
	endedAt: Time,
	recordedAt: Time,
});
const Machine = Type.Object({
	id: Id,
	vmId: text(200),
	role: oneOf(USAGE_ROLES),
	agent: Who,
	commitId: Type.Optional(Type.String({ maxLength: 200 })),
	createdAt: Time,
	destroyedAt: Type.Optional(Time),
	recordedAt: Time,
});

export interface Records {
	task: Static<typeof Task>;
	note: Static<typeof Note>;
	artifact: Static<typeof Artifact>;
	dependency: Static<typeof Dependency>;
	event: Static<typeof Event>;
	log: Static<typeof Log>;
	journal: Static<typeof Journal>;
	commit: Static<typeof Commit>;
	vm: Static<typeof Vm>;
	skill: Static<typeof Skill>;
	extension: Static<typeof Extension>;
	change: Static<typeof Change>;
	manifest: Static<typeof Manifest>;
	report: Static<typeof Report>;
	link: Static<typeof Link>;
	access: Static<typeof Access>;
	session: Static<typeof Session>;
	machine: Static<typeof Machine>;
}

/** In functions, not exported as they are: what the folder exports by shape is taken for a thing of the hub's. */
export const shapeOfKind = (kind: ImportKind): TObject =>
	({
		...{ task: Task, note: Note, artifact: Artifact, dependency: Dependency, event: Event, log: Log, vm: Vm },
		...{ journal: Journal, commit: Commit, skill: Skill, extension: Extension, change: Change, manifest: Manifest },
		...{ report: Report, link: Link, access: Access, session: Session, machine: Machine },
	})[kind];
