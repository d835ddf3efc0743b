/** What can go wrong, how it does, and which states of a lieutenant it can meet. */
import type { LieutenantState } from "../../src/contract/lieutenants.ts";
import type { Body } from "./body.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Pi } from "./pi.ts";

export const FAULTS = [
	"host kill",
	"host stop",
	"agent kill",
	"agent stop",
	"hub kill",
	"hub down",
	"orchestrator restart",
	"cut",
	"delay",
	"reorder",
	"duplicate",
	"full disk",
	"clock jump",
	"sleep",
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Those that a lieutenant of this machine can be in; the others come with machines of their own. */
export const STATES = [
	"starting",
	"idle",
	"working",
	"stalled",
	"paused",
	"stopped",
	"failed",
	"gone",
] as const satisfies readonly LieutenantState[];
export type State = (typeof STATES)[number];

/** What else a fault can meet: a Ralph loop that runs, money that is reserved. */
export const EXTRAS = ["loop", "reserved"] as const;
export type Extra = (typeof EXTRAS)[number];

/** What strikes one agent's process; there is none once it is given up. */
const ONE: ReadonlySet<FaultKind> = new Set(["agent kill", "agent stop"]);
const OF_HUB: ReadonlySet<FaultKind> = new Set(["hub kill", "hub down"]);

export const needsHub = (fault: FaultKind): boolean => OF_HUB.has(fault);
export const possible = (fault: FaultKind, state: State | Extra): boolean => !(ONE.has(fault) && state === "failed");

/** Every pair of fault and state that there can be; each run aims at one of them, in turn. */
export const CELLS: readonly { readonly fault: FaultKind; readonly state: State }[] = STATES.flatMap((state) =>
	FAULTS.filter((fault) => possible(fault, state)).map((fault) => ({ fault, state })),
);

/** Where faults strike. */
export interface Stage {
	readonly machine: Machine;
	readonly chance: Chance;
	host(): Body | undefined;
	hub(): { readonly body: Body | undefined; down(ms: number): void } | undefined;
	restartOrchestrator(): void;
}

const HOUR = 3_600_000;

/** ms after which a fault that lasts is over. */
const LASTS = { slow: [3_000, 40_000], twice: [3_000, 60_000], full: [500, 30_000], stop: [500, 150_000] } as const;

/** Does it; `victim` is the agent that is meant, where one is. Answers whom it struck. */
export function strike(fault: FaultKind, stage: Stage, victim: Pi | undefined): void {
	const { machine, chance } = stage;
	const { time, sockets } = machine;
	const later = ([low, high]: readonly [number, number], run: () => void): void => {
		time.after(chance.between(low, high), run);
	};
	switch (fault) {
		case "host kill":
			killBody(stage.host(), stage);
			return;
		case "host stop": {
			const host = stage.host();
			host?.stop();
			later([500, 40_000], () => host?.goOn());
			return;
		}
		case "agent kill":
			victim?.die(null, "SIGKILL");
			return;
		case "agent stop":
			victim?.signal("SIGSTOP");
			later(LASTS.stop, () => victim?.signal("SIGCONT"));
			return;
		case "hub kill":
			killBody(stage.hub()?.body, stage);
			return;
		case "hub down":
			stage.hub()?.down(chance.between(10_000, 120_000));
			return;
		case "orchestrator restart":
			stage.restartOrchestrator();
			return;
		case "cut":
			sockets.cut();
			return;
		case "delay":
			sockets.weather.slow = chance.between(500, 5_000);
			later(LASTS.slow, () => calm(machine));
			return;
		case "reorder":
			sockets.weather.slow = 2_000;
			time.after(chance.between(50, 1_500), () => sockets.strand());
			later([3_000, 8_000], () => calm(machine));
			return;
		case "duplicate":
			sockets.weather.twice = true;
			later(LASTS.twice, () => calm(machine));
			return;
		case "full disk":
			machine.full = true;
			machine.wasFull = true;
			later(LASTS.full, () => {
				machine.full = false;
			});
			return;
		case "clock jump":
			time.setClock(chance.between(-2 * HOUR, 2 * HOUR));
			return;
		case "sleep":
			time.setClock(chance.between(HOUR, 10 * HOUR));
			for (const pi of machine.processes.living()) pi.loseProvider();
			// Some machines count the time that they slept, and all that was due comes at once.
			if (chance.often(0.3)) time.pass(60_000);
			else sockets.cut();
			return;
	}
}

export function calm({ sockets }: Machine): void {
	Object.assign(sockets.weather, { slow: 20, twice: false });
}

/** At once, or at one of its next effects: perhaps in the middle of a transaction. */
function killBody(body: Body | undefined, { machine, chance }: Stage): void {
	if (chance.often(0.4)) body?.kill();
	else {
		body?.killWithin(chance.between(1, 60));
		machine.time.after(20_000, () => body?.kill());
	}
}
