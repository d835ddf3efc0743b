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

interface GateReport {
	/** A row each; `fired` counts by verdict. */
	readonly gates: readonly {
		readonly name: string;
		readonly mode: string;
		readonly fired: Readonly<Record<string, number>>;
	}[];
	/** What fired last, oldest first. */
	readonly events: readonly (Omit<Fired, "metadata"> & { readonly gate: string; readonly verdict: string })[];
	/** Why what fired is not known. */
	readonly unknown?: string;
	readonly problems: readonly string[];
}

/** As a program reads it. */
export function gateReport(settings: GateSettings, heard: Heard): GateReport {
	const events = ("unknown" in heard ? [] : heard).flatMap(({ timestamp, agent, summary, metadata }) => {
		const { gate, verdict } = shape(metadata);
		const isGates = typeof gate === "string" && typeof verdict === "string";
		return isGates ? [{ timestamp, agent, summary, gate, verdict }] : [];
	});
	const counted = (name: string): Readonly<Record<string, number>> => {
		const verdicts = Map.groupBy(
			events.filter(({ gate }) => gate === name),
			({ verdict }) => verdict,
		);
		return Object.fromEntries([...verdicts].map(([verdict, ones]) => [verdict, ones.length]));
	};
	return {
		gates: rowsOf(settings).map(({ name, mode }) => ({ name, mode, fired: counted(name) })),
		events: events.slice(-SHOWN),
		...("unknown" in heard ? { unknown: heard.unknown } : {}),
		problems: settings.problems,
	};
}

/** As people read it. */
export function gateLines(settings: GateSettings, heard: Heard): readonly string[] {
	const { gates, events, unknown, problems } = gateReport(settings, heard);
	const widest = Math.max(...gates.map(({ name }) => name.length));
	const by = new Map(rowsOf(settings).map((row) => [row.name, row.by]));
	return [
		...gates.map(({ name, mode, fired }) => {
			const told = Object.entries(fired).map(([verdict, count]) => `${count} ${verdict}`);
			const rest = told.length === 0 ? "" : `  ${told.join(", ")}`;
			return `${name.padEnd(widest)}  ${mode.padEnd(7)}${by.get(name) ?? ""}${rest}`;
		}),
		...(unknown === undefined ? [] : [`What fired is not known. ${unknown}`]),
		...events.map(({ timestamp, agent, gate, verdict, summary }) =>
			`${timestamp} ${agent} ${gate} ${verdict}: ${summary.split("\n", 1)[0] ?? ""}`.slice(0, WIDTH),
		),
		...problems.map((problem) => `! ${problem}`),
	];
}

const shape = (value: unknown): { readonly gate?: unknown; readonly verdict?: unknown } =>
	typeof value === "object" && value !== null ? value : {};
