/** How often each fault met a lieutenant in each state. */
import { EXTRAS, FAULTS, possible, STATES } from "./faults.ts";

export function tableOf(struck: ReadonlyMap<string, number>): string {
	const states = [...STATES, ...EXTRAS];
	const wide = Math.max(...FAULTS.map((fault) => fault.length));
	const line = (name: string, cells: readonly string[]): string =>
		[name.padEnd(wide), ...cells.map((cell, i) => cell.padStart(Math.max(6, states[i]?.length ?? 0)))].join("  ");
	const rows = FAULTS.map((fault) =>
		line(
			fault,
			states.map((state) => (possible(fault, state) ? String(struck.get(`${fault} ${state}`) ?? 0) : "–")),
		),
	);
	return [line("", states), ...rows].join("\n");
}
