/** An incident written up for whoever mends it: impact, timeline, how to make it happen again. Pure. */
import { type Cause, type Incident, type IncidentFact, quoted } from "../../contract/incidents.ts";
import { redact } from "./redact.ts";

/** Lines of a timeline and calls of a reproduction that somebody reads; how many are left out is said. */
export const TIMELINE_MAX = 500;
const CALLS_MAX = 20;
const NAMES_MAX = 50;

const TITLES: Readonly<Record<Cause, string>> = {
	capacity: "Machines cannot be made: no capacity",
	gone: "Machines are gone",
	forbidden: "The platform refuses what is ours",
	auth: "The platform refuses our key",
	transient: "The platform fails now and then",
	bad_request: "The platform does not take what it is asked",
	unreachable: "Machines cannot be reached",
	other: "Something that the fleet needs is away",
};

export interface Written {
	readonly incident: Incident;
	/** The first `TIMELINE_MAX`, oldest first. */
	readonly facts: readonly IncidentFact[];
	/** How many more there are. */
	readonly left: number;
	/** Machines of this host whose deletion is not confirmed now. */
	readonly undeleted: readonly string[];
}

export const titleOf = ({ cause, from }: Incident): string => `${TITLES[cause]} (${from.slice(0, 10)})`;

/** A text of one line that is no markup: in a cell, a heading or a list. */
const plain = (text: string): string =>
	redact(text)
		.replaceAll(/\s+/g, " ")
		.trim()
		.replaceAll(/[\\`*_[\]<>|#~&]/g, (sign) => `\\${sign}`);

const distinct = (values: readonly (string | undefined)[]): readonly string[] => [
	...new Set(values.filter((value) => value !== undefined)),
];

function named(names: readonly string[]): string {
	const shown = names.slice(0, NAMES_MAX).map(plain).join(", ");
	const left = names.length - NAMES_MAX;
	return left > 0 ? `${shown} and ${left} more` : shown;
}

const of = (facts: readonly IncidentFact[], type: IncidentFact["type"]): readonly IncidentFact[] =>
	facts.filter((fact) => fact.type === type);

function impact({ incident, facts, undeleted }: Written): readonly string[] {
	const { refusals, lowest, fellBack } = incident;
	const machines = distinct(facts.map(({ machine }) => machine));
	const lieutenants = distinct(facts.map(({ lieutenant }) => lieutenant));
	const here = distinct(of(facts, "fell_back").map(({ lieutenant }) => lieutenant));
	const leaked = distinct(of(facts, "leaked").map(({ machine }) => machine));
	const lines = [
		...(refusals === 0 ? [] : [`Refused ${refusals} times`]),
		...(lowest === undefined ? [] : [`Fewest machines that ran when it refused: ${lowest}`]),
		...(machines.length === 0 ? [] : [`Machines: ${incident.machines} (${named(machines)})`]),
		...(lieutenants.length === 0 ? [] : [`Agents: ${incident.lieutenants} (${named(lieutenants)})`]),
		...(fellBack === 0 ? [] : [`Made elsewhere instead: ${fellBack}${here.length === 0 ? "" : ` (${named(here)})`}`]),
		...(leaked.length === 0 ? [] : [`Deletions that failed: ${incident.leaked} (${named(leaked)})`]),
		...(undeleted.length === 0 ? [] : [`Not confirmed as deleted now: ${undeleted.length} (${named(undeleted)})`]),
	];
	return lines.length === 0 ? ["Nothing was told that it came to."] : lines.map((line) => `- ${line}`);
}

function row({ at, lastAt, type, what, machine, lieutenant, times }: IncidentFact): string {
	const about = [machine, lieutenant].filter((one) => one !== undefined).map(plain);
	const again = times === 1 ? "" : ` (${times} times, last ${lastAt})`;
	return `| ${at} | ${type.replaceAll("_", " ")} | ${plain(what)}${again} | ${about.join(", ")} |`;
}

const timeline = ({ facts, left }: Written): readonly string[] => [
	"| when | what | in words | about |",
	"|---|---|---|---|",
	...facts.map(row),
	...(left === 0 ? [] : ["", `${left} later facts are not shown.`]),
];

/** Each call with each answer once, in the order in which they were first seen. */
function reproduction({ facts }: Written): readonly string[] {
	const steps = new Map<string, IncidentFact>();
	for (const fact of facts) {
		if (fact.call === undefined && fact.raw === undefined) continue;
		const key = JSON.stringify([fact.call, fact.raw]);
		if (!steps.has(key)) steps.set(key, fact);
	}
	if (steps.size === 0) return ["No call was told."];
	const shown = [...steps.values()].slice(0, CALLS_MAX);
	const left = steps.size - shown.length;
	return [
		...shown.flatMap(({ call, raw, running, what }, i) => [
			`${i + 1}. ${plain(call ?? what)}${running === undefined ? "" : `, with ${running} machines running`}`,
			...(raw === undefined ? [] : ["", quoted(redact(raw)), ""]),
		]),
		...(left === 0 ? [] : [`${left} more are not shown.`]),
	];
}

export function documentOf(written: Written): string {
	const { incident } = written;
	const until = incident.to === undefined ? "and it is not over" : `until ${incident.to}`;
	return [
		`# ${titleOf(incident)}`,
		"",
		`From ${incident.from} ${until}. Times are of the machine that saw it. First: ${plain(incident.what)}`,
		...["", "## Impact", "", ...impact(written)],
		...["", "## Timeline", "", ...timeline(written)],
		...["", "## Reproduction", "", ...reproduction(written)],
		"",
		"Keys, addresses and home folders are left out; ids of machines are as the platform gave them.",
		"",
	].join("\n");
}
