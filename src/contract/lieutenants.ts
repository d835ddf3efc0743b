/**
 * Lieutenants: persistent pi agents with a name and a role. A host does these; the hub forwards by host and lieutenant
 * id. Tools and commands name a lieutenant by `name`; whoever calls resolves it once to an id and repeats with that id,
 * so that a repeat never reaches a namesake made later (`Call.target` in `link.ts`).
 */
import { type Static, Type } from "@sinclair/typebox";
import { Cause } from "./cause.ts";
import { EVERYONE, operation } from "./operation.ts";
import { oneOf } from "./shapes.ts";

/** `protocol.md` §8. `unreachable` is about the link, never about the agent. */
export const LIEUTENANT_STATES = [
	"starting",
	"idle",
	"working",
	"unreachable",
	"stalled",
	"needs-credentials",
	"paused",
	"stopped",
	"failed",
	"gone",
] as const;
export type LieutenantState = (typeof LIEUTENANT_STATES)[number];

/** Where a message stands. The last four are ends; every message reaches exactly one of them. */
export const RECEIPTS = ["queued", "accepted", "consumed", "superseded", "rejected", "lost"] as const;
export type Receipt = (typeof RECEIPTS)[number];

export const Name = Type.String({ minLength: 1, maxLength: 40, description: "1-40 of a-z, 0-9, '-'" });

/** When a place cannot have a lieutenant: it is made here; a person is to be asked; it is not made. */
export const FALLBACKS = ["auto", "ask", "never"] as const;
export type Fallback = (typeof FALLBACKS)[number];

/** Longest message to a lieutenant, in characters. Longer text belongs in a file or a report that the message names. */
export const MESSAGE_MAX = 262_144;

/** For whoever gives work. None of both: any report, and the caps of the host's settings. */
const bounds = {
	deliverable: Type.Optional(
		Type.String({ maxLength: 2_100, description: "path:<file>, branch, report, task, command:<check>, none" }),
	),
	cap: Type.Optional(Type.String({ maxLength: 200, description: "40 turns, 5 usd; also tokens, minutes" })),
};

export const Lieutenant = Type.Object({
	id: Type.String({ description: "ULID, for life" }),
	name: Type.String(),
	role: Type.String(),
	state: oneOf(LIEUTENANT_STATES),
	reason: Type.Optional(Type.String({ description: "why it is stalled, stopped or failed" })),
	cause: Type.Optional(Cause),
	place: Type.String({ description: "local, ssh:…, vers" }),
	host: Type.String({ description: "host id" }),
	owner: Type.String({ description: "orchestrator name" }),
	cwd: Type.String(),
	repository: Type.Optional(Type.String({ description: "the folder of the repository that its worktree belongs to" })),
	branch: Type.Optional(Type.String({ description: "its worktree's branch" })),
	model: Type.Optional(Type.String()),
	thinking: Type.Optional(Type.String()),
	task: Type.Optional(Type.String({ description: "board id" })),
	round: Type.Optional(Type.String({ description: "`3/10`, of a Ralph loop" })),
	due: Type.Optional(Type.String({ description: "`a report; 12/30 turns, $0.41/$2.00`, while it has work" })),
	tool: Type.Optional(Type.String({ description: "what runs now: `bash npm test`" })),
	toolSince: Type.Optional(Type.String({ description: "ISO 8601" })),
	output: Type.Optional(Type.String({ description: "beginning of its last text, at most 200 characters" })),
	pending: Type.Integer({ description: "messages not yet ended" }),
	turns: Type.Integer(),
	tokens: Type.Integer(),
	costUsd: Type.Number(),
	lives: Type.Integer({ description: "how often its pi was started" }),
	moves: Type.Optional(Type.Integer({ description: "how often it went to another machine" })),
	createdAt: Type.String(),
	changedAt: Type.String({ description: "last change of state, ISO 8601" }),
});
export type Lieutenant = Static<typeof Lieutenant>;

const Noted = Type.Object({
	...Lieutenant.properties,
	note: Type.Optional(Type.String({ description: "what became of its task, where that has to be said" })),
});
const noted = (note: string | undefined): string => (note === undefined ? "" : ` ${note}`);

export const Message = Type.Object({
	id: Type.String({ description: "ULID" }),
	lieutenant: Type.String({ description: "lieutenant id" }),
	mode: oneOf(["prompt", "steer", "followUp", "resume"]),
	text: Type.String(),
	receipt: oneOf(RECEIPTS),
	because: Type.Optional(Type.String({ description: "why it ended other than consumed, or what its delivery took" })),
	attempts: Type.Integer({ description: "1, or more after redelivery" }),
	createdAt: Type.String(),
	changedAt: Type.String(),
});
export type Message = Static<typeof Message>;

export const create = operation({
	name: "lieutenants.create",
	at: "host",
	tool: "vers_lt_create",
	cli: "lt create",
	summary: "Start a lieutenant: a persistent agent with a name and a role, in a git worktree of its own.",
	method: "POST",
	path: "/lieutenants",
	status: 201,
	launches: true,
	revocable: true,
	// A machine elsewhere may have to be made ready first: 120 MB of Node over a slow line.
	patience: 600_000,
	input: Type.Object({
		name: Name,
		role: Type.String({ minLength: 1, maxLength: 16_384, pattern: "\\S", description: "what it is for" }),
		local: Type.Optional(Type.Boolean({ description: "run on this machine (the default)" })),
		place: Type.Optional(
			Type.String({ maxLength: 300, description: "local, vers (a VM of its own), auto, or ssh:user@machine[:port]" }),
		),
		fallback: Type.Optional(oneOf(FALLBACKS, "when that place cannot have it: auto makes it here; default ask")),
		cwd: Type.Optional(Type.String({ description: "folder; default: yours" })),
		worktree: Type.Optional(Type.Boolean({ description: "own git worktree on lt/<name>; default true inside git" })),
		model: Type.Optional(Type.String({ description: "provider/model; default: yours" })),
		thinking: Type.Optional(oneOf(["off", "minimal", "low", "medium", "high", "xhigh"])),
		task: Type.Optional(Type.String({ description: "board id, or a text that becomes a task it has claimed" })),
		...bounds,
		budget: Type.Optional(Type.Number({ minimum: 0.01, maximum: 100_000, description: "US dollars for all its work" })),
	}),
	output: Noted,
	allow: ["admin", "host", "orchestrator"],
	core: true,
	effect: ({ name }) => `created lieutenant ${name}`,
	tell: (lt) =>
		`${lt.name} is ${lt.state} in ${lt.cwd}${lt.branch === undefined ? "" : ` on ${lt.branch}`}${lt.task === undefined ? "" : `, task ${lt.task}`}. ${lt.task === undefined ? "Give it work with vers_lt_send." : "You are told when it is done."}${noted(lt.note)}`,
});

export const send = operation({
	name: "lieutenants.send",
	at: "host",
	tool: "vers_lt_send",
	cli: "lt send",
	summary: "Send a lieutenant a message: prompt (new work), steer (change course now) or followUp (when it is done).",
	method: "POST",
	path: "/lieutenants/:name/messages",
	status: 201,
	input: Type.Object({
		name: Name,
		message: Type.String({ minLength: 1, maxLength: MESSAGE_MAX, pattern: "\\S" }),
		mode: Type.Optional(oneOf(["prompt", "steer", "followUp"], "default prompt")),
		hard: Type.Optional(Type.Boolean({ description: "steer only: interrupt what runs now" })),
		...bounds,
		task: Type.Optional(
			Type.String({ minLength: 1, maxLength: 64, description: "leave out: board id that a review sends back" }),
		),
		wait: Type.Optional(oneOf(["accepted", "consumed"], "answer only then, within 60 s")),
	}),
	output: Type.Object({ message: Message, note: Type.Optional(Type.String()) }),
	allow: ["admin", "host", "orchestrator"],
	core: true,
	effect: ({ name, mode }) => (mode === "steer" ? undefined : `gave work to ${name}`),
	tell: ({ message, note }) =>
		`Message ${message.id} is ${message.receipt}${message.because === undefined ? "" : ` (${message.because})`}.${noted(note)}`,
});

export const changes = operation({
	name: "lieutenants.changes",
	at: "host",
	cli: "lt changes",
	summary: "What a lieutenant's files are now, and what has changed in them since a commit or tree.",
	method: "GET",
	path: "/lieutenants/:name/changes",
	status: 200,
	input: Type.Object({
		name: Name,
		since: Type.Optional(
			Type.String({ pattern: "^[0-9a-f]{40,64}$", description: "default the commit that its branch began at" }),
		),
	}),
	output: Type.Object({
		tree: Type.Optional(Type.String({ description: "git's hash of its files; absent where they cannot be seen" })),
		branch: Type.Optional(Type.String()),
		since: Type.Optional(Type.String()),
		diff: Type.Optional(Type.String({ description: "unified; absent where there is nothing to compare with" })),
		cut: Type.Boolean({ description: "the diff was too long and is not whole" }),
	}),
	allow: ["admin", "host", "orchestrator"],
	tell: ({ tree, diff, cut }) =>
		tree === undefined ? "Its files cannot be seen." : `${diff ?? `Its files are ${tree}.`}${cut ? "\n[cut]" : ""}`,
});

export const messages = operation({
	name: "lieutenants.messages",
	at: "host",
	cli: "lt messages",
	summary: "The messages of a lieutenant with their receipts, newest first.",
	method: "GET",
	path: "/lieutenants/:name/messages",
	status: 200,
	input: Type.Object({ name: Name, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })) }),
	output: Type.Object({ messages: Type.Array(Message), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ messages }) =>
		messages.map((m) => `${m.id} ${m.receipt} ${m.mode}: ${m.text.slice(0, 80)}`).join("\n") || "No messages.",
});

export const read = operation({
	name: "lieutenants.read",
	at: "host",
	tool: "vers_lt_read",
	cli: "lt read",
	summary: "Read what a lieutenant said: its last answer, or earlier ones.",
	method: "GET",
	path: "/lieutenants/:name/output",
	status: 200,
	input: Type.Object({
		name: Name,
		tail: Type.Optional(
			Type.Integer({ minimum: 1, maximum: 20_000, description: "last so many characters; default 4,000" }),
		),
		history: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, description: "so many earlier answers too" })),
	}),
	output: Type.Object({
		state: oneOf(LIEUTENANT_STATES),
		outputs: Type.Array(Type.String(), { description: "oldest first; the last may still grow" }),
		left: Type.Integer({ description: "characters before the part shown" }),
	}),
	allow: EVERYONE,
	core: true,
	tell: ({ state, outputs, left }, input) => {
		const shown = (input as { tail?: number }).tail;
		const cut =
			left > 0
				? `[${left} earlier characters left out; ask with tail up to 20000${shown === undefined ? "" : ""}]\n`
				: "";
		return `${cut}${outputs.join("\n---\n") || "(nothing yet)"}\n[${state}]`;
	},
});

export const status = operation({
	name: "lieutenants.status",
	at: "host",
	tool: "vers_lt_status",
	cli: "lt status",
	summary: "All lieutenants: state, place, task, what runs, cost.",
	method: "GET",
	path: "/lieutenants",
	status: 200,
	input: Type.Object({ all: Type.Optional(Type.Boolean({ description: "also those that are gone" })) }),
	output: Type.Object({ lieutenants: Type.Array(Lieutenant), count: Type.Integer() }),
	allow: EVERYONE,
	core: true,
	tell: ({ lieutenants }) =>
		lieutenants
			.map(
				(lt) =>
					`${lt.name}  ${lt.state}${lt.reason === undefined ? "" : `: ${lt.reason}`}${lt.cause?.type === "throttled" ? `, held back until ${lt.cause.until}: its provider asks for less` : ""}  ${lt.place}${lt.task === undefined ? "" : `  task ${lt.task}`}${lt.round === undefined ? "" : `  round ${lt.round}`}${lt.due === undefined ? "" : `  due ${lt.due}`}${lt.tool === undefined ? "" : `  ${lt.tool}${lt.cause?.type === "silent-tool" ? ` (silent since ${lt.cause.since}, its process answers)` : ""}`}  ${lt.turns} turns  $${lt.costUsd.toFixed(2)}  ${lt.pending} pending`,
			)
			.join("\n") || "No lieutenants. vers_lt_create makes one.",
});

export const pause = operation({
	name: "lieutenants.pause",
	at: "host",
	tool: "vers_lt_pause",
	cli: "lt pause",
	summary: "Stop a lieutenant's process and keep its session; vers_lt_resume goes on from there.",
	method: "POST",
	path: "/lieutenants/:name/pause",
	status: 200,
	input: Type.Object({ name: Name }),
	output: Lieutenant,
	allow: ["admin", "host", "orchestrator"],
	core: true,
	tell: (lt) => `${lt.name} is ${lt.state}; its session is kept. vers_lt_resume goes on.`,
});

export const resume = operation({
	name: "lieutenants.resume",
	at: "host",
	tool: "vers_lt_resume",
	cli: "lt resume",
	summary: "Start a paused, stopped or failed lieutenant again from its session.",
	method: "POST",
	path: "/lieutenants/:name/resume",
	status: 200,
	input: Type.Object({ name: Name }),
	output: Noted,
	allow: ["admin", "host", "orchestrator"],
	core: true,
	tell: (lt) => `${lt.name} is ${lt.state}.${noted(lt.note)}`,
});

export const destroy = operation({
	name: "lieutenants.destroy",
	at: "host",
	tool: "vers_lt_destroy",
	cli: "lt destroy",
	summary:
		"End a lieutenant, or all of yours with '*'. Unmerged or uncommitted work and transcripts are kept and named.",
	method: "DELETE",
	path: "/lieutenants/:name",
	status: 200,
	input: Type.Object({ name: Type.String({ minLength: 1, maxLength: 40, description: "a name, or *" }) }),
	output: Type.Object({
		destroyed: Type.Array(
			Type.Object({
				name: Type.String(),
				kept: Type.Array(Type.String(), { description: "what was kept, and where" }),
			}),
		),
		failed: Type.Array(Type.Object({ name: Type.String(), error: Type.String() })),
	}),
	allow: ["admin", "host", "orchestrator"],
	core: true,
	effect: ({ name }) => (name === "*" ? "ended all lieutenants" : `ended lieutenant ${name}`),
	tell: ({ destroyed, failed }) =>
		[
			...destroyed.map((d) => `${d.name} ended${d.kept.length > 0 ? `; kept: ${d.kept.join("; ")}` : ""}.`),
			...failed.map((f) => `${f.name} could not be ended: ${f.error}`),
		].join("\n") || "There was none to end.",
});

export const discover = operation({
	name: "lieutenants.discover",
	at: "host",
	tool: "vers_lt_discover",
	cli: "lt discover",
	summary: "Find lieutenants of this machine that belong to another or an ended orchestrator; adopt takes one over.",
	method: "POST",
	path: "/lieutenants/discover",
	status: 200,
	input: Type.Object({
		adopt: Type.Optional(Type.String({ maxLength: 40, description: "a name, or * for all that nobody holds" })),
	}),
	output: Type.Object({
		found: Type.Array(
			Type.Object({ name: Type.String(), state: oneOf(LIEUTENANT_STATES), owner: Type.String(), held: Type.Boolean() }),
		),
		adopted: Type.Array(Type.String()),
	}),
	allow: ["admin", "host", "orchestrator"],
	core: true,
	tell: ({ found, adopted }) =>
		[
			...(adopted.length > 0 ? [`Yours now: ${adopted.join(", ")}.`] : []),
			...found.map((f) => `${f.name}  ${f.state}  owner ${f.owner}${f.held ? "" : " (no session)"}`),
		].join("\n") || "None.",
});

/** How a check stands on the files as they are now. */
export const Checked = Type.Object({
	state: oneOf(["passed", "failed", "running", "unseen"]),
	command: Type.String(),
	tree: Type.Optional(Type.String({ description: "of the files; absent where they cannot be seen" })),
	code: Type.Optional(Type.Integer()),
	said: Type.String({ description: "how it ended, or why there is no answer" }),
	at: Type.Optional(Type.String({ description: "ISO 8601" })),
	host: Type.String({ description: "host id" }),
});
export type Checked = Static<typeof Checked>;

export const check = operation({
	name: "lieutenants.check",
	at: "host",
	cli: "lt check",
	summary: "Run a command in a lieutenant's folder, as its host does it; remembered while its files stay as they are.",
	method: "POST",
	path: "/lieutenants/:name/check",
	status: 200,
	input: Type.Object({
		name: Name,
		command: Type.String({ minLength: 1, maxLength: 2_000, pattern: "\\S" }),
		task: Type.Optional(Type.String({ maxLength: 64, description: "board id that it is evidence for" })),
	}),
	output: Checked,
	allow: ["admin", "host", "orchestrator"],
	tell: ({ state, command, said }) => `\`${command}\` ${state}: ${said}`,
});
