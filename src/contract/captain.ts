/**
 * The captain's log: a day of the fleet, in figures that the hub counts and git shows, and in the words of a lieutenant that
 * may use those figures and no others.
 */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";

const Day = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$", description: "2026-01-31" });

export const Figure = Type.Object({
	name: Type.String({ description: "tasks_done" }),
	label: Type.String({ description: "tasks done" }),
	value: Type.Number(),
	unit: Type.String({ description: "what it counts, as one: task; or usd" }),
});
export type Figure = Static<typeof Figure>;

export const Digest = Type.Object({
	date: Day,
	zone: Type.String(),
	from: Type.String({ description: "ISO 8601, UTC" }),
	to: Type.String({ description: "not included" }),
	figures: Type.Array(Figure),
	notes: Type.Array(Type.String(), { description: "what the figures do not hold" }),
	provenance: Type.String({ description: "what it was made from" }),
});
export type Digest = Static<typeof Digest>;

/** `6,200,000`, `$5.63` */
export const shown = ({ value, unit }: Pick<Figure, "value" | "unit">): string =>
	unit === "usd" ? `$${value.toFixed(2)}` : value.toLocaleString("en-US");

const table = ({ date, zone, from, to, figures, notes, provenance }: Digest): string =>
	[
		`${date} (${zone}, ${from} – ${to})`,
		...figures.map((figure) => `${shown(figure)} ${figure.label}`),
		...notes,
		provenance,
	].join("\n");

const Kept = { report: Type.String({ description: "id of the report" }) };

export const log = operation({
	name: "captain.log",
	at: "hub",
	tool: "captains_log",
	cli: "captains-log",
	summary: "Make the captain's log of a day: exact figures as a report, and a lieutenant that tells the day with them.",
	method: "POST",
	path: "/captains-log",
	status: 201,
	input: Type.Object({
		date: Type.Optional(
			Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$", description: "2026-01-31; default: yesterday" }),
		),
		zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Europe/Berlin; default: the hub's" })),
		narrate: Type.Optional(Type.Boolean({ description: "false: the figures alone; default true" })),
		host: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "where its lieutenant works" })),
		share: Type.Optional(
			Type.String({
				minLength: 1,
				maxLength: 64,
				description: "also a link without a token, until 12h, 7d or ISO 8601",
			}),
		),
	}),
	output: Type.Object({
		...Digest.properties,
		...Kept,
		url: Type.Optional(Type.String({ description: "of the share link, shown this once" })),
		narrator: Type.String({ description: "who writes the narrative, or why nobody does" }),
	}),
	allow: ["admin", "orchestrator"],
	patience: 700_000,
	tell: ({ report, url, narrator, ...digest }) =>
		[
			table(digest),
			`Report ${report}. ${narrator}`,
			...(url === undefined ? [] : [`${url}\nShown this once. reports_shares lists links, reports_unshare ends one.`]),
		].join("\n"),
});

export const digest = operation({
	name: "captain.digest",
	at: "hub",
	tool: "captains_log_digest",
	cli: "captains-log digest",
	summary: "Read the figures of a day that has a captain's log.",
	method: "GET",
	path: "/captains-log/:date",
	status: 200,
	input: Type.Object({ date: Day }),
	output: Type.Object({ ...Digest.properties, ...Kept, narrated: Type.Boolean() }),
	allow: EVERYONE,
	tell: ({ report, narrated, ...figures }) =>
		`${table(figures)}\nReport ${report}, ${narrated ? "with" : "without"} a narrative.`,
});

export const narrate = operation({
	name: "captain.narrate",
	at: "hub",
	tool: "captains_log_narrate",
	cli: "captains-log narrate",
	summary: "Hand in the narrative of a day: refused when it has a figure that the digest lacks.",
	method: "POST",
	path: "/captains-log/:date/narrative",
	status: 200,
	input: Type.Object({ date: Day, text: Type.String({ minLength: 1, maxLength: 16_000, pattern: "\\S" }) }),
	output: Type.Object({ ...Kept, provenance: Type.String() }),
	allow: WRITERS,
	tell: ({ report, provenance }) => `In report ${report}, and in the journal. ${provenance}`,
});
