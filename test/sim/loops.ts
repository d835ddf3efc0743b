/**
 * What must hold of Ralph loops: one round at a time and in order, none beyond the limit or after the end, an end that
 * stays and is told once, and a loop that says `passed` only when its command did.
 */
import type { Pi } from "./pi.ts";

interface Round {
	readonly n: number;
	readonly lieutenant: string;
	readonly endedAt?: string;
	readonly passed?: boolean;
}

interface Loop {
	state: string;
	owner: string;
	command: string;
	most: number;
	reason: string;
	readonly rounds: Map<number, Round>;
	/** How often its end was told. */
	told: number;
}

export class LoopChecks {
	readonly #loops = new Map<string, Loop>();
	/** Lieutenants that are rounds, and their loops. */
	readonly #rounds = new Map<string, string>();
	/** Commands that have passed at some time. */
	readonly #passed = new Set<string>();

	is(id: string): boolean {
		return this.#loops.has(id);
	}

	isRound(lieutenant: string): boolean {
		return this.#rounds.has(lieutenant);
	}

	get running(): boolean {
		return [...this.#loops.values()].some(({ state }) => state === "running");
	}

	ran(command: string, passed: boolean): void {
		if (passed) this.#passed.add(command);
	}

	told(id: string): void {
		const loop = this.#loops.get(id);
		if (loop !== undefined) loop.told += 1;
	}

	/** A row of a loop was written. */
	loop(id: string, body: Record<string, unknown>): readonly string[] {
		const { state, owner, command, limits, reason } = body as {
			state: string;
			owner: string;
			command: string;
			limits: { rounds: number };
			reason?: string;
		};
		const known = this.#loops.get(id);
		const before = known?.state ?? "running";
		const loop = { state, owner, command, most: limits.rounds, reason: reason ?? "" };
		if (known === undefined) this.#loops.set(id, { ...loop, rounds: new Map(), told: 0 });
		else Object.assign(known, loop);
		return [
			...(before !== "running" && state !== before ? [`loop ${id} left its end: ${before} → ${state}`] : []),
			...(state === "passed" && !this.#passed.has(command) ? [`loop ${id} passed, and \`${command}\` never did`] : []),
		];
	}

	/** A row of a round was written; `pis` are the processes of a lieutenant. */
	round(id: string, body: Record<string, unknown>, pis: (lieutenant: string) => readonly Pi[]): readonly string[] {
		const round = body as unknown as Round;
		const loop = this.#loops.get(id);
		if (loop === undefined) return [`a round of loop ${id}, which is not there`];
		const known = loop.rounds.get(round.n);
		loop.rounds.set(round.n, round);
		this.#rounds.set(round.lieutenant, id);
		if (known !== undefined)
			return known.lieutenant === round.lieutenant ? [] : [`round ${round.n} of ${id} has two lieutenants`];
		const last = loop.rounds.get(round.n - 1);
		const lives = pis(last?.lieutenant ?? "").some((pi) => pi.end === undefined);
		return [
			...(loop.state !== "running" ? [`round ${round.n} of ${id} began after its end (${loop.state})`] : []),
			...(round.n > loop.most ? [`loop ${id} has ${loop.most} rounds, and began round ${round.n}`] : []),
			...(round.n > 1 && last?.endedAt === undefined
				? [`round ${round.n} of ${id} began before the last was over`]
				: []),
			...(last?.passed === true ? [`round ${round.n} of ${id} began after one that passed`] : []),
			...(lives ? [`round ${round.n} of ${id} began while the last one's process lives`] : []),
		];
	}

	/** What still runs. */
	restless(): string | undefined {
		for (const [id, { state }] of this.#loops) if (state === "running") return `loop ${id} runs`;
		return undefined;
	}

	/** `events`: how many the hub has of a loop; undefined without one. */
	atRest(events: ((loop: string) => number) | undefined): readonly string[] {
		return [...this.#loops].flatMap(([id, { state, owner, reason, told, rounds }]) => {
			// Who ended it need not be told.
			const due = state === "stopped" && reason === `by ${owner}` ? 0 : 1;
			const expected = rounds.size + 2;
			const heard = events?.(id) ?? expected;
			return [
				...(told === due ? [] : [`the end of loop ${id} (${state}) was told ${told} times, not ${due}`]),
				...(heard === expected ? [] : [`the hub has ${heard} events of loop ${id}, not ${expected}`]),
			];
		});
	}
}
