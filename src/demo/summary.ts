/** The last page of the tour, for a person: what happened, as the hub and git tell it. */
import { dollars } from "../fleet/present.ts";
import { doneOf, type Figures, type Memory, nagsOf, type Truth } from "./figures.ts";
import { ORCHESTRATOR } from "./story.ts";

const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const names = (all: readonly string[]): string => new Intl.ListFormat("en").format([...new Set(all)]);

/** The table of who did what, then what was broken on the way. */
export function summary(memory: Memory, truth: Truth, figures: Figures): string {
	const nagged = nagsOf(memory).map((nag) => nag.agent);
	return [
		"",
		`  What the hub remembers after ${figures.seconds.toFixed(0)} seconds:`,
		"",
		...table(rows(memory, truth)),
		"",
		...(["hub", "host"] as const).map(
			(daemon) =>
				`  The ${daemon} was ended by kill -9 while they worked: process ${truth.before[daemon].pid} is now ${truth.after[daemon].pid}.`,
		),
		nagged.length === 0
			? "  The gate had nothing to say."
			: `  ${names(nagged)} forgot the work log; the gate did not let that pass (${count(nagged.length, "reminder")}).`,
		`  ${count(figures.logEntries, "log entry", "log entries")}, ${count(figures.feedEvents, "event")}, ${count(figures.tokens, "token")} in ${count(figures.usageSessions, "session")}, ${dollars(figures.costUsd)} at made-up prices.`,
		"",
	].join("\n");
}

/** Who, what, where, for how much. */
function rows(memory: Memory, truth: Truth): string[][] {
	const cost = (agent: string): string =>
		dollars(memory.sessions.filter((s) => s.agent === agent).reduce((total, s) => total + s.cost.total, 0));
	const fleet = memory.lieutenants.map(({ name, task, branch = "" }) => {
		const done = doneOf(memory).find(({ id }) => id === task);
		const commits = (truth.commits.get(branch) ?? []).map((hash) => hash.slice(0, 7));
		return [
			done === undefined ? "✗" : "✓",
			name,
			done?.title ?? "not done",
			`${branch} ${commits.join(" ")}`,
			cost(name),
		];
	});
	return [...fleet, ["★", ORCHESTRATOR, `closed ${count(doneOf(memory).length, "task")}`, "", cost(ORCHESTRATOR)]];
}

function table(all: readonly (readonly string[])[]): string[] {
	const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
	return all.map(
		(row) =>
			`    ${row
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join("   ")
				.trimEnd()}`,
	);
}
