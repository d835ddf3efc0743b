/**
 * Machines that are not wanted any more and whose deletion failed, or was never confirmed: each costs, and may hold an
 * address that a new one needs. One is forgotten only when the platform's own list, asked for after the last try, is
 * without it.
 */
import { type Static, Type } from "@sinclair/typebox";
import { CAUSES, RAW_MAX } from "./incidents.ts";
import { EVERYONE, operation } from "./operation.ts";
import { more, oneOf, page, paging, text } from "./shapes.ts";

const STATES = ["there", "gone"] as const;
/** Machines of one confirmation, and of the platform's list in it. */
const SEEN_MAX = 1_000;
const LISTED_MAX = 10_000;

const MachineId = text(200, "the platform's id of the machine");
const Tries = Type.Integer({ minimum: 1, description: "how often its deletion was tried" });
const Account = text(200, "whose machines the platform lists with this key, such as the owner's id; never the key");

export const Undeleted = Type.Object({
	machine: Type.String({ description: "the platform's id" }),
	name: Type.Optional(Type.String({ description: "what it was for" })),
	host: Type.String({ description: "who told of it first" }),
	account: Type.Optional(Type.String()),
	state: oneOf(STATES, "gone: the platform's list is without it"),
	tries: Tries,
	cause: oneOf(CAUSES, "what the last answer came down to"),
	raw: Type.Optional(Type.String({ description: "the platform's own words, secrets masked" })),
	firstAt: Type.String({ description: "ISO 8601, by the clock of who told it, as lastAt" }),
	lastAt: Type.String(),
	goneAt: Type.Optional(Type.String({ description: "ISO 8601, by the hub's clock" })),
});
export type Undeleted = Static<typeof Undeleted>;

/** Without the platform's words: they are a stranger's. */
const line = ({ machine, name, state, tries, cause, lastAt, goneAt }: Undeleted): string =>
	[
		`${machine}${name === undefined ? "" : ` (${name})`}`,
		`deletion tried ${tries} ${tries === 1 ? "time" : "times"}, last ${lastAt}: ${cause}`,
		state === "there"
			? "not confirmed as gone"
			: `gone from the platform's list ${goneAt}; what it held may still be taken`,
	].join(", ");

export const record = operation({
	name: "undeleted.record",
	at: "hub",
	cli: "undeleted record",
	summary: "Note a machine whose deletion failed, or was not answered; again for each further try.",
	method: "POST",
	path: "/undeleted",
	status: 201,
	input: Type.Object({
		machine: MachineId,
		cause: oneOf(CAUSES),
		name: Type.Optional(text(200, "what it was for")),
		host: Type.Optional(text(64, "host id; default: the host of your token")),
		account: Type.Optional(Account),
		at: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "ISO 8601; default: now" })),
		raw: Type.Optional(text(RAW_MAX, "the platform's own words; secrets are masked before they are kept")),
	}),
	output: Undeleted,
	allow: ["admin", "host", "orchestrator"],
	spool: true,
	tell: (one) => `Noted: ${line(one)}.`,
});

/** Why a machine stays. */
export const STAYS = ["unknown", "listed", "tried_since", "other_host", "other_account"] as const;
export type Stays = (typeof STAYS)[number];

const REASONS: Readonly<Record<Stays, string>> = {
	unknown: "was never noted",
	listed: "is in the platform's list",
	tried_since: "was tried again after this was asked for: read the list anew",
	other_host: "is another host's",
	other_account: "is of another account, whose list this is not",
};

export const confirm = operation({
	name: "undeleted.confirm",
	at: "hub",
	cli: "undeleted confirm",
	summary: "Show by the platform's list which of the noted machines are gone. Hosts do that.",
	method: "POST",
	path: "/undeleted/confirm",
	status: 200,
	input: Type.Object({
		seen: Type.Array(Type.Object({ machine: MachineId, tries: Tries }), {
			minItems: 1,
			maxItems: SEEN_MAX,
			description: "as undeleted.list gave them before the platform was asked",
		}),
		listed: Type.Array(Type.String({ maxLength: 200 }), {
			maxItems: LISTED_MAX,
			description: "ids of all machines that the platform lists now",
		}),
		account: Type.Optional(Account),
	}),
	output: Type.Object({
		gone: Type.Array(Type.String()),
		stays: Type.Array(Type.Object({ machine: Type.String(), why: oneOf(STAYS) })),
	}),
	allow: ["admin", "host", "orchestrator"],
	tell: ({ gone, stays }) =>
		[
			...gone.map((machine) => `${machine} is gone.`),
			...stays.map(({ machine, why }) => `${machine} stays: it ${REASONS[why]}.`),
		].join("\n"),
});

export const list = operation({
	name: "undeleted.list",
	at: "hub",
	tool: "undeleted_list",
	cli: "undeleted list",
	summary: "List machines whose deletion failed and that may still cost, newest first.",
	method: "GET",
	path: "/undeleted",
	status: 200,
	input: Type.Object({
		state: Type.Optional(oneOf(STATES, "default there: not confirmed as gone")),
		host: Type.Optional(text(64)),
		...paging,
	}),
	output: Type.Object({ machines: Type.Array(Undeleted), ...page }),
	allow: EVERYONE,
	tell: ({ machines, next }, { state }) =>
		(machines.map(line).join("\n") ||
			(state === "gone" ? "None was confirmed as gone." : "Every machine that was deleted is gone.")) + more(next),
});
