/** What `/gates` and `flagship gates` say: what is on, what fired, why. */
import { GATES, type GateSettings } from "./settings.ts";

/** An event of the feed that a gate has published. */
export interface Fired {
	readonly timestamp: string;
	readonly agent: string;
	readonly summary: string;
	readonly metadata?: unknown;
}

/** Events that are asked for, and those that are shown. */
export const LOOKED = 500;
const SHOWN = 10;
const WIDTH = 200;

/** A row each. Evidence is held with the board, by one setting; what it refuses is another thing. */
const rowsOf = (settings: GateSettings) =>
	GATES.flatMap((name) => [
		{ name, mode: settings[name], by: "" },
		...(name === "board" ? [{ name: "evidence", mode: settings.board, by: "  (gates.board)" }] : []),
	]);

/** Custom events, oldest first; or why they are not known, as a sentence. */
export type Heard = readonly Fired[] | { readonly unknown: string };

export function gateLines(settings: GateSettings, heard: Heard): readonly string[] {
	const events = ("unknown" in heard ? [] : heard).flatMap((event) => {
		const { gate, verdict } = shape(event.metadata);
		return typeof gate === "string" && typeof verdict === "string" ? [{ ...event, gate, verdict }] : [];
	});
	const rows = rowsOf(settings);
	const widest = Math.max(...rows.map(({ name }) => name.length));
	return [
		...rows.map(({ name, mode, by }) => {
			const counts = Map.groupBy(
				events.filter((event) => event.gate === name),
				(event) => event.verdict,
			);
			const told = [...counts].map(([verdict, ones]) => `${ones.length} ${verdict}`).join(", ");
			return `${name.padEnd(widest)}  ${mode.padEnd(7)}${by}${told === "" ? "" : `  ${told}`}`;
		}),
		...("unknown" in heard ? [`What fired is not known. ${heard.unknown}`] : []),
		...events
			.slice(-SHOWN)
			.map(({ timestamp, agent, gate, verdict, summary }) =>
				`${timestamp} ${agent} ${gate} ${verdict}: ${summary.split("\n", 1)[0] ?? ""}`.slice(0, WIDTH),
			),
		...settings.problems.map((problem) => `! ${problem}`),
	];
}

const shape = (value: unknown): { readonly gate?: unknown; readonly verdict?: unknown } =>
	typeof value === "object" && value !== null ? value : {};
