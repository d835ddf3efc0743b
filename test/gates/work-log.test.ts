/** The gate under a model that does anything in any order, with crashes and a hub that comes and goes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { union } from "../../src/gates/facts.ts";
import { unlogged, type WorkEvent } from "../../src/gates/ledger.ts";
import type { GateEntry } from "../../src/gates/records.ts";
import { REFUSALS_PER_RUN, type Settle } from "../../src/gates/settle.ts";
import { WorkLog, type WorkLogOptions } from "../../src/gates/work-log.ts";

type Action =
	| { readonly type: "write"; readonly file: number }
	| { readonly type: "effect"; readonly name: number }
	/** Started and never ended: the process dies, or the tool ignores an abort. */
	| { readonly type: "hang"; readonly file: number }
	| { readonly type: "log"; readonly names: readonly number[] }
	| { readonly type: "end"; readonly outcome: "completed" | "aborted" | "error" }
	| { readonly type: "settled" }
	| { readonly type: "crash" }
	| { readonly type: "hub"; readonly away: boolean };

const number = fc.integer({ min: 0, max: 5 });
const action: fc.Arbitrary<Action> = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ type: fc.constant("write" as const), file: number }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant("effect" as const), name: number }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant("hang" as const), file: number }) },
	{ weight: 3, arbitrary: fc.record({ type: fc.constant("log" as const), names: fc.array(number, { maxLength: 3 }) }) },
	{
		weight: 4,
		arbitrary: fc.record({
			type: fc.constant("end" as const),
			outcome: fc.constantFrom("completed" as const, "completed" as const, "aborted" as const, "error" as const),
		}),
	},
	{ weight: 2, arbitrary: fc.constant({ type: "settled" as const }) },
	{ weight: 1, arbitrary: fc.constant({ type: "crash" as const }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant("hub" as const), away: fc.boolean() }) },
);

/** A machine without git and files: what a tool says it wrote is what there is. */
class Machine {
	readonly session: WorkEvent[] = [];
	readonly entries: GateEntry[] = [];
	/** What was really done. */
	readonly done = new Set<string>();
	away = false;
	gate: WorkLog;
	/** Since the last `settled`. */
	refusals = 0;
	#ids = 0;

	constructor() {
		this.gate = this.#make();
	}

	#make(): WorkLog {
		const world: WorkLogOptions["world"] = {
			clock: { now: () => 0, elapsed: () => 0, after: never, every: never, soon: never },
			random: { bytes: () => Uint8Array.of(0, 0, 0, 0, 0, 0, ++this.#ids >> 8, this.#ids & 255), fraction: () => 0 },
			spawn: {
				run: async () => ({ code: 127, stdout: "", stderr: "", timedOut: false }),
				...{ detached: never, onExit: never, started: never, alive: never, stopped: never, kill: never },
			},
			files: {
				...{ read: never, readFrom: never, write: never, append: never, sync: never, remove: never, rename: never },
				...{ makeFolder: never, free: never, database: never },
				stat: () => undefined,
				list: () => [],
				real: (path: string) => path,
			},
		};
		return new WorkLog({
			world,
			mode: "enforce",
			cwd: "/work",
			scratch: [],
			tools: { quiet: [], own: async (tool) => ({ effect: `did ${tool}` }) },
			keep: (event) => this.session.push(event),
			tell: () => undefined,
			records: {
				append: async (entry) => {
					if (this.away) throw new Error("away");
					this.entries.push(entry);
				},
				publish: async () => undefined,
			},
		});
	}

	async act(action: Action): Promise<Settle | undefined> {
		const id = String(++this.#ids);
		switch (action.type) {
			case "write":
			case "hang": {
				const call = { id, tool: "write", input: { path: `file${action.file}.ts` } };
				await this.gate.before(call);
				if (action.type === "hang") return undefined;
				this.done.add(`file${action.file}.ts`);
				await this.gate.after(call, { isError: false, text: "" });
				return undefined;
			}
			case "effect": {
				const call = { id, tool: `tool${action.name}`, input: {} };
				await this.gate.before(call);
				this.done.add(`did tool${action.name}`);
				await this.gate.after(call, { isError: false, text: "" });
				return undefined;
			}
			case "log": {
				const text = `Updated ${action.names.map((name) => `file${name}.ts`).join(" and ")}.`;
				const call = { id, tool: "log_append", input: { text } };
				const verdict = await this.gate.before(call);
				if (verdict.type !== "entry") return undefined;
				if (!this.away) this.entries.push({ text, facts: verdict.facts ?? { files: [], commits: [], effects: [] } });
				await this.gate.after(call, { isError: this.away, text: "" });
				return undefined;
			}
			case "end": {
				this.gate.begin();
				const verdict = await this.gate.settle(action.outcome);
				if (verdict.type === "refuse") this.refusals += 1;
				return verdict;
			}
			case "settled":
				await this.gate.settled();
				this.refusals = 0;
				return undefined;
			case "crash":
				this.gate = this.#make();
				await this.gate.restore([...this.session]);
				// Coming back ends the run that was cut off.
				if (this.session.at(-1)?.type === "settled") this.refusals = 0;
				return undefined;
			case "hub":
				this.away = action.away;
				return undefined;
		}
	}

	covered(): ReadonlySet<string> {
		return new Set(this.entries.flatMap(({ facts }) => [...facts.files, ...facts.effects]));
	}
}

const never = (): never => {
	throw new Error("the gate has no business with this");
};

describe("whatever a model does", () => {
	it("it meets at most two refusals per run, and work never passes unlogged", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(action, { maxLength: 60, size: "max" }), async (actions) => {
				const machine = new Machine();
				for (const one of actions) {
					const verdict = await machine.act(one);
					expect(machine.refusals).toBeLessThanOrEqual(REFUSALS_PER_RUN);
					if (verdict === undefined || verdict.type === "refuse" || verdict.type === "wait") continue;
					const open = unlogged(machine.gate.ledger);
					// A run that may settle leaves nothing open, unless nobody took the entry.
					if (!machine.away) expect(open).toEqual([]);
				}
				machine.away = false;
				const open = unlogged(machine.gate.ledger).length > 0;
				await machine.gate.shutdown("quit");
				// Its run is over, too, or the next life would take it for one that was cut off.
				if (open) expect(machine.session.at(-1)?.type).toBe("settled");
				for (const thing of machine.done) expect(machine.covered()).toContain(thing);
			}),
			{ numRuns: 400 },
		);
	});

	it("coverage is never invented: an entry's facts are things done, and only an entry covers", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(action, { maxLength: 60, size: "max" }), async (actions) => {
				const machine = new Machine();
				for (const one of actions) await machine.act(one);
				const real = new Set([...machine.done, "a run cut off in the middle"]);
				for (const thing of machine.covered()) expect(real).toContain(thing);
				const ledger = machine.gate.ledger;
				const ids = ledger.changes.map((change) => change.id);
				for (const id of ledger.covered) expect(ids).toContain(id);
				const covered = union(ledger.changes.filter((change) => ledger.covered.has(change.id)));
				for (const thing of [...covered.files, ...covered.effects]) expect(machine.covered()).toContain(thing);
			}),
			{ numRuns: 400 },
		);
	});

	it("what a session holds gives the same ledger again", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(action, { maxLength: 60, size: "max" }), async (actions) => {
				const machine = new Machine();
				for (const one of actions) await machine.act(one);
				await machine.act({ type: "settled" });
				const again = new Machine();
				await again.gate.restore(JSON.parse(JSON.stringify(machine.session)));
				expect(unlogged(again.gate.ledger)).toEqual(unlogged(machine.gate.ledger));
				expect(again.gate.ledger).toEqual(machine.gate.ledger);
			}),
			{ numRuns: 200 },
		);
	});
});
