/** What a person feels of the fleet: how soon they are told, how soon they are heard, and what is lost on the way. */
import { race } from "../sim/races.ts";
import { deaths } from "./deaths.ts";
import { gates } from "./gates.ts";
import type { Group, Run } from "./group.ts";
import { blocked, restarted } from "./orchestrator.ts";
import { reservations } from "./reservations.ts";
import { steers } from "./steers.ts";

/** Races of one seed. */
const EACH = 50;

/** Messages that met the end of a run, in the simulation of the real host: lost, doubled or left without an end. */
async function races(run: Run): Promise<void> {
	const seeds = run.floorsOnly ? 10 : 200;
	let [met, lost] = [0, 0];
	for (let seed = 1; seed <= seeds; seed++) {
		const { races, failures } = await race(seed, EACH);
		met += races;
		lost += failures.length;
		for (const failure of failures) run.say(`seed ${seed}: ${failure}`);
	}
	run.report({ bench: "control.races.lost", at: { races: met, seeds }, value: lost, unit: "", floor: { atMost: 0 } });
}

export const control: Group = async (run) => {
	await deaths(run);
	if (!run.floorsOnly) {
		await steers(run);
		await restarted(run);
		await blocked(run);
		await gates(run);
	}
	await reservations(run);
	await races(run);
};
