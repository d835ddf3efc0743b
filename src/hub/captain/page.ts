/** A day as a document: what a narrator wrote, the figures, and in the last line what it was made from. Pure. */
import { type Digest, type Figure, shown } from "../../contract/captain.ts";

export const titleOf = ({ date }: Pick<Digest, "date">): string => `Captain's log, ${date}`;

const of = (figures: readonly Figure[], name: string): Figure | undefined => figures.find((one) => one.name === name);

/** `32 work log entries, 604 feed events, 38 tasks done` */
const SOURCES = ["entries", "events", "tasks_done", "sessions", "tokens", "cost", "branches", "pull_requests"] as const;

export function provenanceOf(figures: readonly Figure[]): string {
	const told = SOURCES.flatMap((name) => {
		const figure = of(figures, name);
		return figure === undefined
			? []
			: [figure.unit === "usd" ? `a cost of ${shown(figure)}` : `${shown(figure)} ${figure.label}`];
	});
	return `Synthesized from ${told.join(", ")}.`;
}

/** How much of the fleet the cost covers. */
export function coverageNote(figures: readonly Figure[]): string {
	const [seen, known] = [of(figures, "sessions")?.value ?? 0, of(figures, "sessions_known")?.value ?? 0];
	return seen === known
		? `Tokens and cost cover all ${known} known sessions that began on that day.`
		: `Tokens and cost cover ${seen} of ${known} known sessions: the real numbers are higher.`;
}

export function pageOf(digest: Digest, narrative: string | undefined): string {
	const { date, zone, from, to, figures, notes, provenance } = digest;
	return [
		`# ${titleOf({ date })}`,
		...(narrative === undefined ? [] : [narrative.trim()]),
		...[`## Figures`, `From ${from} to ${to}, a day of ${zone}.`],
		["| figure | |", "|---|---:|", ...figures.map((figure) => `| ${figure.label} | ${shown(figure)} |`)].join("\n"),
		...(notes.length === 0 ? [] : [notes.map((note) => `- ${note.replaceAll(/\s+/g, " ")}`).join("\n")]),
		provenance,
	].join("\n\n");
}
