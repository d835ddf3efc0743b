/**
 * Runs the Ralph loops of a host. Each round is a lieutenant like any other, made for it and ended with it: so it has a
 * fresh session, a cap, the ladder, the gates, its own usage, and survives a kill of the host; the loop adds only what
 * comes between two of them. What is to be done next is read from the records each time, never remembered: a host that
 * was killed anywhere goes on there.
 */

import { BUDGET_LEAST } from "../../contract/budgets.ts";
import * as claims from "../../contract/claims.ts";
import type { RalphRound, RoundOutcome } from "../../contract/ralph.ts";
import { Fault, reason } from "../../errors.ts";
import { withoutKeys } from "../../pi/environment.ts";
import { passes, type Verdict } from "../bounds/check.ts";
import type { Host } from "../host.ts";
import { employ, freePorts } from "../operations/create.ts";
import { Loops } from "../store/loops.ts";
import type { Standing } from "../store/roster.ts";
import { type End, endOf, endText, type Loop, outcomeOf, roundText, spentOf } from "./loop.ts";
import { endRecords, roundRecord, startRecord } from "./records.ts";

/** ms between looks at an end that nobody tells: of what an earlier host had begun to destroy. */
const WAIT_MS = 1_000;
/** ms after which a step that failed is tried again: a full disk, for one, says so in the log each time. */
const AGAIN_MS = 30_000;

export class Ralph {
	readonly loops: Loops;
	readonly #host: Host;
	/** Loops whose next step is being taken; `true`: something happened meanwhile. */
	readonly #under = new Map<string, boolean>();
	#closed = false;

	constructor(host: Host) {
		this.#host = host;
		this.loops = new Loops(host.store);
	}

	/** A loop is under way: this host is needed. */
	get busy(): boolean {
		return this.loops.running().length > 0;
	}

	/** A running loop has this name, also between two of its rounds. */
	holds(name: string): boolean {
		return this.loops.running().some((loop) => loop.name === name);
	}

	/** After the host started: goes on with what runs, and ends what a loop that is over has left. */
	begin(): void {
		const left = this.#host.roster.list().flatMap(({ spec }) => (spec.loop === undefined ? [] : [spec.loop.id]));
		for (const id of new Set([...left, ...this.loops.running().map((loop) => loop.id)])) this.look(id);
	}

	close(): void {
		this.#closed = true;
	}

	/** A loop that was just stored. Called inside the transaction that stores it. */
	started(loop: Loop): void {
		this.loops.save(loop);
		this.#keep(loop, [startRecord(loop)]);
	}

	/** Something happened that may bring it further. */
	look(id: string): void {
		if (this.#closed) return;
		if (this.#under.has(id)) {
			this.#under.set(id, true);
			return;
		}
		this.#under.set(id, false);
		this.#steps(id)
			.catch((thrown) => {
				if (this.#closed) return;
				this.#host.options.complain(`Ralph loop ${id}: ${reason(thrown)}`);
				this.#later(id, AGAIN_MS);
			})
			.finally(() => {
				const again = this.#under.get(id);
				this.#under.delete(id);
				if (again === true) this.look(id);
			});
	}

	/** Ends it at somebody's word, with the round that runs; resolves when that round's process has ended. */
	async stop(loop: Loop, by: string): Promise<void> {
		const round = this.loops.rounds(loop.id).at(-1);
		this.#host.store.transaction(() => {
			if (round !== undefined && round.endedAt === undefined) this.#endRound(loop, round, "ended");
			this.#end(loop, { state: "stopped", reason: `by ${by}` }, by);
		});
		if (!(await this.#cleared(loop))) this.#later(loop.id, WAIT_MS);
	}

	/** All of this owner's: who ends all its lieutenants means those of the next rounds, too. */
	async stopAll(owner: string): Promise<void> {
		for (const loop of this.loops.running()) if (loop.owner === owner) await this.stop(loop, owner);
	}

	/** One round, as far as it has come. */
	seen(round: RalphRound): RalphRound {
		const standing = this.#host.roster.get(round.lieutenant);
		return standing === undefined ? round : { ...round, ...countsOf(standing) };
	}

	async #steps(id: string): Promise<void> {
		while (!this.#closed && (await this.#step(id)));
	}

	/** True when there may be another step to take at once. */
	async #step(id: string): Promise<boolean> {
		const loop = this.loops.get(id);
		if (loop === undefined) return false;
		const round = this.loops.rounds(id).at(-1);
		if (loop.state === "running" && round !== undefined && round.endedAt === undefined) return this.#judge(loop, round);
		if (!(await this.#cleared(loop))) {
			this.#later(id, WAIT_MS);
			return false;
		}
		if (loop.state !== "running") return false;
		if (round === undefined && loop.says === undefined) return this.#before(loop);
		await this.#next(loop, round);
		// Whatever happened to it meanwhile, or ended the loop instead, is seen by another look.
		return this.loops.get(id)?.state !== "running";
	}

	/** A round is under way: over, and then, does the command pass? */
	async #judge(loop: Loop, round: RalphRound): Promise<boolean> {
		const { roster, store } = this.#host;
		const outcome = outcomeOf(roster.get(round.lieutenant));
		if (outcome === undefined) return false;
		const verdict = outcome === "ended" ? undefined : await this.#check(loop);
		if (this.#closed) return false;
		store.transaction(() => {
			// Stopped while the command ran.
			const now = this.loops.get(loop.id);
			if (now?.state !== "running") return;
			const owner = roster.get(round.lieutenant)?.owner ?? now.owner;
			const adopted = { ...now, owner };
			if (owner !== now.owner) this.loops.save(adopted);
			this.#endRound(adopted, round, outcome, verdict);
			this.#endIfOver(adopted);
		});
		return true;
	}

	/** Where the command passes already there is nothing to do, and whoever named it should know. */
	async #before(loop: Loop): Promise<boolean> {
		const { met, says } = await this.#check(loop);
		if (this.#closed) return false;
		this.#host.store.transaction(() => {
			const now = this.loops.get(loop.id);
			if (now?.state !== "running") return;
			if (met) this.#end(now, { state: "passed", reason: `\`${loop.command}\` passes already, before any round` });
			else this.loops.save({ ...now, says });
		});
		return true;
	}

	/** The next round begins: its lieutenant, its prompt and its row are stored together, so that none runs twice. */
	async #next(loop: Loop, last: RalphRound | undefined): Promise<void> {
		const host = this.#host;
		const hindered = this.#hindrance(loop);
		if (hindered !== undefined) {
			host.store.transaction(() => this.#end(loop, { state: "failed", reason: hindered }));
			return;
		}
		const id = host.newId();
		const who = { id, name: loop.name, fleet: loop.owner, costUsd: 0 };
		const money = { usd: this.#cap(loop).usd, least: BUDGET_LEAST };
		try {
			await host.purse.during(who, money, () => this.#begin(loop, last, id));
		} catch (thrown) {
			const code = thrown instanceof Fault ? thrown.code : undefined;
			if (code === "budget_spent")
				host.store.transaction(() => this.#end(loop, { state: "limit", reason: reason(thrown) }));
			// Money is given by the hub alone: the round waits for it.
			else if (code === "hub_away") this.#later(loop.id, WAIT_MS);
			else throw thrown;
		}
	}

	async #begin(loop: Loop, last: RalphRound | undefined, id: string): Promise<void> {
		const host = this.#host;
		await this.#claim(loop);
		const n = (last?.n ?? 0) + 1;
		host.launches.hand(loop.id, id);
		const lieutenant = host.store.transaction(() => {
			if (this.#closed || this.loops.get(loop.id)?.state !== "running") return undefined;
			const startedAt = host.isoNow();
			this.loops.saveRound(loop.id, { n, lieutenant: id, startedAt, turns: 0, tokens: 0, costUsd: 0 });
			host.tokens.of(`lieutenant:${id}`, "lieutenant", loop.name);
			const prompt = roundText(loop, n, last?.says ?? loop.says);
			return employ(host, this.#spec(loop, id, n, startedAt), loop.owner, { prompt }, { cap: this.#cap(loop) });
		});
		if (lieutenant === undefined) {
			host.launches.forget(id);
			return;
		}
		host.introduce(`lieutenant:${id}`);
		await lieutenant.launch();
	}

	/** Why no round can begin, in words. */
	#hindrance({ workspace: { cwd } }: Loop): string | undefined {
		const { options, disk } = this.#host;
		if (options.world.files.stat(cwd)?.kind !== "folder") return `its folder ${cwd} is gone`;
		try {
			disk.refuse(cwd);
			return undefined;
		} catch (thrown) {
			return reason(thrown);
		}
	}

	#spec(loop: Loop, id: string, round: number, createdAt: string): Standing["spec"] {
		const { name, command, workspace, model, thinking, task, pi, limits } = loop;
		return {
			...{ id, name, place: this.#host.place.name, ...workspace, pi, createdAt },
			role: `One round of a Ralph loop: the same prompt for a fresh mind each time, until \`${command}\` passes.`,
			loop: { id: loop.id, round, of: limits.rounds },
			ports: freePorts(this.#host),
			...(model === undefined ? {} : { model }),
			...(thinking === undefined ? {} : { thinking }),
			...(task === undefined ? {} : { task }),
		};
	}

	/** What is left of the loop's limits bounds the round: no round spends what the loop has not. */
	#cap(loop: Loop) {
		const { limits } = loop;
		const spent = this.#spent(loop);
		return { turns: limits.turns, usd: limits.usd - spent.usd, minutes: limits.minutes - spent.minutes };
	}

	#spent(loop: Loop) {
		const rounds = this.loops.rounds(loop.id).map((round) => this.seen(round));
		return spentOf(loop, rounds, this.#host.options.world.clock.now());
	}

	#check({ id, command, workspace: { cwd } }: Loop): Promise<Verdict> {
		const { options, launches, bounds, checks } = this.#host;
		return passes(options.world, command, {
			...{ cwd, env: withoutKeys(launches.environment(id)), checkSeconds: bounds.checkSeconds },
			running: checks.running,
		});
	}

	#endRound(loop: Loop, round: RalphRound, outcome: RoundOutcome, verdict?: Verdict): void {
		const standing = this.#host.roster.get(round.lieutenant);
		const over: RalphRound = {
			...this.seen(round),
			...{ endedAt: this.#host.isoNow(), outcome, wrote: (standing?.steps?.worked ?? 0) > 0 },
			...(verdict === undefined ? {} : { passed: verdict.met, says: verdict.says }),
		};
		this.loops.saveRound(loop.id, over);
		this.#keep(loop, [roundRecord(loop, over)]);
	}

	#endIfOver(loop: Loop): void {
		const end = endOf(loop, this.loops.rounds(loop.id), this.#spent(loop));
		if (end !== undefined) this.#end(loop, end);
	}

	/** Its state, its notice and what the hub is told are one. `by`: who asked for it, and so need not be told. */
	#end(loop: Loop, end: End, by?: string): void {
		const rounds = this.loops.rounds(loop.id).map((round) => this.seen(round));
		const over: Loop = { ...loop, ...end, endedAt: this.#host.isoNow() };
		const text = endText(over, rounds, end);
		this.loops.save(over);
		this.#keep(over, endRecords(over, rounds, text));
		if (by === loop.owner) return;
		this.#host.news.notice({
			owner: over.owner,
			about: over,
			type: end.state === "passed" ? "completion" : "limit",
			text,
		});
	}

	/** The last round's lieutenant is gone with its process; false while another one is at it. */
	async #cleared(loop: Loop): Promise<boolean> {
		const host = this.#host;
		const { lieutenant: id } = this.loops.rounds(loop.id).at(-1) ?? {};
		const lieutenant = id === undefined ? undefined : host.lieutenants.get(id);
		if (lieutenant !== undefined && id !== undefined) {
			await lieutenant.destroy();
			host.dismiss(id);
		}
		if (this.#closed || (id !== undefined && host.tokens.inUse(`lieutenant:${id}`))) return false;
		const round = this.loops.rounds(loop.id).at(-1);
		if (round !== undefined) this.loops.saveRound(loop.id, this.seen(round));
		if (this.loops.get(loop.id)?.state !== "running") {
			host.tokens.end(`lieutenant:${loop.id}`);
			host.launches.forget(loop.id);
		}
		return true;
	}

	/** Held by name, so all rounds hold it; taken again where a round gave it back. A loop goes on also without. */
	async #claim({ id, name, task }: Loop): Promise<void> {
		if (task === undefined) return;
		const { tokens } = this.#host;
		try {
			const held = tokens.of(`lieutenant:${id}`, "lieutenant", name);
			await this.#host.known(held);
			await this.#host.hubAs(held).call(claims.claim, { id: task });
		} catch (thrown) {
			if (!(thrown instanceof Fault)) throw thrown;
			this.#host.options.complain(`Ralph loop ${name} goes on without its task ${task}: ${thrown.message}`);
		}
	}

	#keep(loop: Loop, records: ReturnType<typeof endRecords>): void {
		for (const { operation, input, key } of records) this.#host.keep(`lieutenant:${loop.id}`, operation, input, key);
	}

	#later(id: string, ms: number): void {
		this.#host.options.world.clock.after(ms, () => this.look(id));
	}
}

const countsOf = ({ turns, tokens, costUsd }: Standing): Pick<RalphRound, "turns" | "tokens" | "costUsd"> => ({
	...{ turns, tokens, costUsd },
});
