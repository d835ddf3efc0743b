/**
 * Incidents: something that many need is away (a platform, a network), told as it happens by whoever sees it. What is
 * told about one host and one cause is one incident, from its first fact to the all-clear. The words of the other side
 * are kept with secrets masked, and a model is not shown them: they are anyone's text, and no instruction.
 */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { more, oneOf, page, paging, text } from "./shapes.ts";

/** What an answer of a platform comes down to. */
export const FAULT_CLASSES = ["capacity", "gone", "forbidden", "auth", "transient", "bad_request"] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** An incident's: that, or no answer at all. */
export const CAUSES = [...FAULT_CLASSES, "unreachable", "other"] as const;
export type Cause = (typeof CAUSES)[number];

/** What can be told about one. `leaked`: a machine whose deletion failed. `fell_back`: made here in place of there. */
export const FACT_TYPES = ["refused", "failed", "leaked", "lost", "back", "fell_back", "note"] as const;
export type FactType = (typeof FACT_TYPES)[number];

/** Longest text of the other side that is kept, in characters. */
export const RAW_MAX = 8_192;

const Id = Type.String({ minLength: 1, maxLength: 64, description: "id, or the episode that it was told under" });
const Host = text(64, "host id; default: the host of your token");
const When = Type.String({ minLength: 1, maxLength: 64, description: "ISO 8601; default: now" });
const What = text(1_000, "what happened, in one sentence of yours");
const Machine = text(200, "the machine that it is about");
const Lieutenant = text(200, "name of the lieutenant that it is about");
const Running = Type.Integer({ minimum: 0, maximum: 1e6, description: "machines that ran at that moment" });

export const Incident = Type.Object({
	id: Type.String({ description: "ULID" }),
	host: Type.String({ description: "where it was seen" }),
	cause: oneOf(CAUSES),
	from: Type.String({ description: "ISO 8601, by the clock of who told it" }),
	to: Type.Optional(Type.String({ description: "the all-clear; absent while it is open" })),
	openedBy: Type.String(),
	closedBy: Type.Optional(Type.String()),
	what: Type.String({ description: "its first fact" }),
	refusals: Type.Integer({ description: "how often something was refused" }),
	lowest: Type.Optional(Type.Integer({ description: "fewest machines that ran when it was" })),
	machines: Type.Integer({ description: "how many are named" }),
	lieutenants: Type.Integer({ description: "how many are named" }),
	fellBack: Type.Integer({ description: "made here in place of there" }),
	leaked: Type.Integer({ description: "machines whose deletion failed" }),
	report: Type.Optional(Type.String({ description: "id of the report that it was published as" })),
});
export type Incident = Static<typeof Incident>;

export const IncidentFact = Type.Object({
	type: oneOf(FACT_TYPES),
	at: Type.String({ description: "ISO 8601, by the clock of who told it" }),
	what: Type.String(),
	call: Type.Optional(Type.String()),
	raw: Type.Optional(Type.String({ description: "the other side's own words, secrets masked" })),
	machine: Type.Optional(Type.String()),
	lieutenant: Type.Optional(Type.String()),
	running: Type.Optional(Type.Integer({ description: "fewest machines that ran then" })),
	by: Type.String(),
	times: Type.Integer({ description: "how often it was told in these words" }),
	lastAt: Type.String({ description: "the last time" }),
});
export type IncidentFact = Static<typeof IncidentFact>;

const counted = (count: number, what: string): readonly string[] => (count === 0 ? [] : [`${count} ${what}`]);

/** What it came to, in figures: `12 refused (with as few as 6 running), 3 made here, 2 not deleted`. */
export const impactOf = ({ refusals, lowest, machines, lieutenants, fellBack, leaked }: Incident): string =>
	[
		...counted(refusals, `refused${lowest === undefined ? "" : ` (with as few as ${lowest} running)`}`),
		...counted(machines, "machines named"),
		...counted(lieutenants, "lieutenants named"),
		...counted(fellBack, "made here"),
		...counted(leaked, "not deleted"),
	].join(", ");

function line(incident: Incident): string {
	const { id, host, cause, from, to, what } = incident;
	const impact = impactOf(incident);
	return [
		`${id} ${cause} on ${host}, ${from} – ${to ?? "now (open)"}: ${what}`,
		...(impact === "" ? [] : [impact]),
	].join("; ");
}

/** Without the other side's words. */
const factLine = ({ at, type, what, machine, lieutenant, times }: IncidentFact): string =>
	[
		`${at} ${type}: ${what}`,
		...(machine === undefined ? [] : [`machine ${machine}`]),
		...(lieutenant === undefined ? [] : [`lieutenant ${lieutenant}`]),
		...(times === 1 ? [] : [`${times} times`]),
	].join(", ");

export const record = operation({
	name: "incidents.record",
	at: "hub",
	tool: "incident_record",
	cli: "incidents record",
	summary: "Tell a fact of an outage: the first opens an incident, later ones of its host and cause belong to it.",
	method: "POST",
	path: "/incidents",
	status: 201,
	input: Type.Object({
		cause: oneOf(CAUSES),
		type: oneOf(FACT_TYPES),
		what: What,
		host: Type.Optional(Host),
		episode: Type.Optional(
			text(64, "name of yours for this outage: what is told under it belongs together, also when it comes late"),
		),
		at: Type.Optional(When),
		call: Type.Optional(text(500, "what was asked and answered: POST /vm/new_root, 500")),
		raw: Type.Optional(text(RAW_MAX, "the other side's own words; secrets are masked before they are kept")),
		machine: Type.Optional(Machine),
		lieutenant: Type.Optional(Lieutenant),
		running: Type.Optional(Running),
	}),
	output: Type.Object({
		...Incident.properties,
		opened: Type.Boolean({ description: "this was the first fact" }),
	}),
	allow: ["admin", "host", "orchestrator"],
	spool: true,
	tell: ({ opened, ...incident }) => `${opened ? "Opened" : "Added to"} ${line(incident)}.`,
});

export const close = operation({
	name: "incidents.close",
	at: "hub",
	tool: "incident_close",
	cli: "incidents close",
	summary: "Give the all-clear: the incident is over. One that is over already stays as it is.",
	method: "POST",
	path: "/incidents/:id/close",
	status: 200,
	input: Type.Object({
		id: Id,
		what: Type.Optional(text(1_000, "how it ended, in one sentence")),
		at: Type.Optional(When),
	}),
	output: Incident,
	allow: ["admin", "host", "orchestrator"],
	spool: true,
	tell: line,
});

export const list = operation({
	name: "incidents.list",
	at: "hub",
	tool: "incident_list",
	cli: "incidents list",
	summary: "List incidents, newest first: outages of platforms and networks, and what they came to.",
	method: "GET",
	path: "/incidents",
	status: 200,
	input: Type.Object({
		state: Type.Optional(oneOf(["open", "over"])),
		host: Type.Optional(text(64)),
		cause: Type.Optional(oneOf(CAUSES)),
		...paging,
	}),
	output: Type.Object({ incidents: Type.Array(Incident), ...page }),
	allow: EVERYONE,
	tell: ({ incidents, next }) => (incidents.map(line).join("\n") || "No incidents.") + more(next),
});

export const get = operation({
	name: "incidents.get",
	at: "hub",
	tool: "incident_get",
	cli: "incidents get",
	summary: "Read an incident with its timeline, oldest first.",
	method: "GET",
	path: "/incidents/:id",
	status: 200,
	input: Type.Object({ id: Id, ...paging }),
	output: Type.Object({ ...Incident.properties, timeline: Type.Array(IncidentFact), ...page }),
	allow: EVERYONE,
	tell: ({ timeline, count: _count, next, ...incident }) =>
		[line(incident), ...timeline.map(factLine)].join("\n") + more(next),
});

/** Opens and closes what the other side has said; its tildes are one more than any in there. */
const QUOTED = /^(~{3,})platform\n[\s\S]*?\n\1$/gm;
export const quoted = (raw: string): string => {
	const longest = [...raw.matchAll(/~+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
	const fence = "~".repeat(longest + 1);
	return `${fence}platform\n${raw}\n${fence}`;
};
const HIDDEN = "_(the platform's own words stand here in the document itself)_";

type Reported = { readonly markdown: string; readonly report?: string; readonly url?: string };
const published = ({ report, url }: Reported): readonly string[] => [
	...(report === undefined ? [] : [`Report ${report}.`]),
	...(url === undefined ? [] : [`${url}\nShown this once. reports_shares lists links, reports_unshare ends one.`]),
];

export const report = operation({
	name: "incidents.report",
	at: "hub",
	tool: "incident_report",
	cli: "incidents report",
	summary: "Write an incident up to be pasted: timeline, redacted reproduction, impact. Publish makes it a report.",
	method: "POST",
	path: "/incidents/:id/report",
	status: 200,
	input: Type.Object({
		id: Id,
		publish: Type.Optional(Type.Boolean({ description: "keep it as a report; again: as its next version" })),
		share: Type.Optional(
			Type.String({
				minLength: 1,
				maxLength: 64,
				description: "with publish: also a link for somebody without a token, until 12h, 7d or ISO 8601",
			}),
		),
	}),
	output: Type.Object({
		markdown: Type.String(),
		report: Type.Optional(Type.String({ description: "id of the report" })),
		url: Type.Optional(Type.String({ description: "of the share link, shown this once" })),
	}),
	allow: WRITERS,
	tell: (reported) => [...published(reported), reported.markdown.replaceAll(QUOTED, HIDDEN)].join("\n\n"),
	print: (reported) => [reported.markdown, ...published(reported)].join("\n\n"),
});
