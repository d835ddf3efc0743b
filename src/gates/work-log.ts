/**
 * The work-log gate of one pi session: watches tools, keeps the ledger, judges entries, decides when a run may settle.
 * It knows neither pi nor the hub: `keep` writes to the session, `Records` to the work log.
 */
import { isAbsolute, join, relative } from "node:path";
import { reason } from "../errors.ts";
import type { World } from "../world.ts";
import { mismatches } from "./claims.ts";
import type { Place } from "./commands.ts";
import { attach, type Change, describe, type Found, isNothing, NOTHING, union, without } from "./facts.ts";
import { apply, EMPTY, fold, known, type Ledger, unlogged, type WorkEvent } from "./ledger.ts";
import { gitRoot, newCommits, observe } from "./observe.ts";
import { owed, testResults } from "./owed.ts";
import type { Records } from "./records.ts";
import { type Ending, type Mode, reminder, type Settle, settle } from "./settle.ts";
import { type Known, type Touch, testCounts, touch, touchOn } from "./tools.ts";
import { type Asked, baselineOf, difference, factsOf, sinceBaseline, type Tree } from "./tree.ts";

export interface WorkLogOptions {
	readonly world: Pick<World, "spawn" | "files" | "clock" | "random">;
	readonly records: Pick<Records, "append" | "publish">;
	readonly mode: Mode;
	readonly cwd: string;
	readonly tools: Known;
	readonly scratch: readonly string[];
	/** Writes an event to the session. */
	keep(event: WorkEvent): void;
	/** Tells the person; the model does not see it. */
	tell(text: string): void;
}

export interface Call {
	readonly id: string;
	readonly tool: string;
	readonly input: unknown;
	/** The VM on which it acts. */
	readonly vm?: string | undefined;
}

export type Verdict =
	| { readonly type: "pass" }
	| { readonly type: "block"; readonly reason: string }
	/** A log entry that may go: with these facts, which replace whatever the caller sent. */
	| { readonly type: "entry"; readonly facts: ReturnType<typeof attach> | undefined };

interface Running {
	readonly touch: Touch;
	/** The tree before it. */
	readonly before?: Tree;
	/** Of the file that an edit names. */
	readonly stamp?: string;
	/** Changes that a log entry will cover once it is written. */
	readonly covers?: readonly string[];
	readonly unmatched?: boolean;
}

export class WorkLog {
	readonly #options: WorkLogOptions;
	readonly #running = new Map<string, Running>();
	#ledger: Ledger = EMPTY;
	#inRun = false;
	/** Whether anything of this run is in the session, so that its end must be too. */
	#touched = false;
	/** Results are taken in one after another: two pictures at once would each show the other's change. */
	#queue: Promise<void> = Promise.resolve();

	constructor(options: WorkLogOptions) {
		this.#options = options;
	}

	get ledger(): Ledger {
		return this.#ledger;
	}

	#unlogged(): Found {
		return union(unlogged(this.#ledger));
	}

	#keep(event: WorkEvent): void {
		this.#ledger = apply(this.#ledger, event);
		this.#touched = event.type !== "settled";
		this.#options.keep(event);
	}

	#newId(): string {
		return Buffer.from(this.#options.world.random.bytes(8)).toString("hex");
	}

	/**
	 * The state out of the session's events. `parent` are the events of the session that this one was forked from: what
	 * it covered is covered here too. A run that was cut off by a crash is compared with the tree before it; one that goes
	 * on after a reload (`running`) keeps its count of refusals.
	 */
	async restore(events: readonly WorkEvent[], parent: readonly WorkEvent[] = [], running = false): Promise<void> {
		const ended = parent.filter((event) => event.type === "covered");
		this.#ledger = [...ended].reduce(apply, fold(events));
		this.#touched = false;
		const { baseline } = this.#ledger;
		if (this.#options.mode === "off" || baseline === undefined || running) return;
		const now = await observe(this.#options.world, this.#options.cwd);
		const seen = sinceBaseline(baseline, now);
		const asked: Asked = { refs: true, push: false };
		const commits = now.type === "git" ? await newCommits(this.#options.world, baseline, now, seen, asked) : [];
		const found = factsOf(seen, commits, asked);
		const missed = without(found, known(this.#ledger));
		this.#add(seen.whole ? missed : { ...missed, effects: [...missed.effects, "a run cut off in the middle"] });
		this.#keep({ type: "settled" });
	}

	#add(found: Found): void {
		const fresh = without(found, this.#unlogged());
		if (!isNothing(fresh)) this.#keep({ type: "changed", id: this.#newId(), ...fresh });
	}

	/** At `agent_start`, which comes again whenever the gate has continued the run. */
	begin(): void {
		this.#inRun = true;
	}

	/** What a new prompt should be told: work of a run that was stopped before it could be logged. */
	reminder(): string | undefined {
		const open = this.#unlogged();
		return this.#options.mode !== "enforce" || this.#inRun || isNothing(open) ? undefined : reminder(open);
	}

	#place(): Place {
		const { world, cwd, scratch } = this.#options;
		const root = gitRoot(world, cwd);
		return { cwd, root: root ?? cwd, git: root !== undefined, scratch };
	}

	async before(call: Call): Promise<Verdict> {
		const kind = await this.#touch(call);
		if (kind.type === "log") return this.#beforeEntry(call);
		if (this.#options.mode === "off") return { type: "pass" };
		if (kind.type === "none") return { type: "pass" };
		const before = kind.type === "look" ? await observe(this.#options.world, this.#options.cwd) : undefined;
		if (this.#ledger.baseline === undefined) {
			const tree = before ?? (await observe(this.#options.world, this.#options.cwd));
			this.#keep({ type: "opened", baseline: baselineOf(tree) });
		}
		this.#running.set(call.id, {
			touch: kind,
			...(before === undefined ? {} : { before }),
			...(kind.type === "file" ? { stamp: this.#stamp(kind.path) } : {}),
		});
		return { type: "pass" };
	}

	async #touch({ tool, input, vm }: Call): Promise<Touch> {
		const place = this.#place();
		return vm === undefined ? await touch(tool, input, place, this.#options.tools) : touchOn(vm, tool, input, place);
	}

	#stamp(path: string): string {
		const stat = this.#options.world.files.stat(this.#absolute(path));
		return stat === undefined ? "" : `${stat.size}:${stat.changed}`;
	}

	#absolute(path: string): string {
		return isAbsolute(path) ? path : join(this.#options.cwd, path);
	}

	#beforeEntry(call: Call): Verdict {
		if (this.#options.mode === "off") return { type: "entry", facts: undefined };
		const open = unlogged(this.#ledger);
		const text = textOf(call.input);
		const wrong = this.#wrongWith(text, open);
		if (wrong !== undefined && this.#options.mode === "enforce" && !this.#ledger.questioned) {
			this.#keep({ type: "questioned" });
			this.#publish(`The work-log gate sent an entry back: ${wrong.why}`, {
				verdict: "questioned",
				text: text.slice(0, 500),
			});
			return { type: "block", reason: wrong.sentence };
		}
		const facts = union(open);
		const tests = testResults(this.#ledger);
		const unmatched = wrong?.judged === true;
		this.#running.set(call.id, { touch: { type: "log" }, covers: open.map((change) => change.id), unmatched });
		const bare = isNothing(facts) && tests.length === 0 && !unmatched;
		return { type: "entry", facts: bare ? undefined : attach(facts, tests, unmatched ? "unmatched" : undefined) };
	}

	#wrongWith(
		text: string,
		open: readonly Change[],
	): { readonly why: string; readonly sentence: string; readonly judged: boolean } | undefined {
		const others = [...this.#running.values()].filter((running) => running.touch.type !== "log").length;
		if (others > 0) {
			const why = "the work that it is about was still running";
			return {
				why,
				judged: false,
				sentence: "Not logged: other tools of this step are still running. Call log_append again when they have ended.",
			};
		}
		const evidence = { unlogged: union(open), known: known(this.#ledger), tests: this.#ledger.tests };
		const wrong = mismatches(text, evidence);
		if (wrong.length === 0) return undefined;
		const seen = isNothing(evidence.unlogged) ? "" : ` Seen: ${describe(evidence.unlogged).text}.`;
		return {
			why: wrong.join("; "),
			judged: true,
			sentence: `Not logged: ${wrong.join("; ")}.${seen} Correct the entry and call log_append again; the next one is kept as it is, marked unmatched if it still does not fit.`,
		};
	}

	/** The result of a call that `before` let pass: what it was seen to change. */
	after(call: Call, result: { readonly isError: boolean; readonly text: string }): Promise<Found> {
		const taken = this.#queue.then(() => this.#take(call, result));
		this.#queue = taken.then(() => undefined);
		return taken;
	}

	async #take(call: Call, { isError, text }: { readonly isError: boolean; readonly text: string }): Promise<Found> {
		const running = this.#running.get(call.id);
		this.#running.delete(call.id);
		if (this.#options.mode === "off") return NOTHING;
		if (call.tool === "bash") {
			const counts = testCounts(text).filter((count) => !this.#ledger.freshTests.includes(count));
			if (counts.length > 0) this.#keep({ type: "tested", counts });
		}
		if (running === undefined) return NOTHING;
		const { touch: kind } = running;
		if (kind.type === "log") {
			const ids = running.covers ?? [];
			if (!isError) this.#keep({ type: "covered", ids, by: running.unmatched === true ? "unmatched" : "log" });
			return NOTHING;
		}
		const found = await this.#workOf(running, isError).catch((thrown: unknown): Found => {
			// pi would go on as if nothing had been done.
			this.#options.tell(`The work-log gate could not look: ${reason(thrown)}`);
			return { ...NOTHING, effects: [`called ${call.tool}, whose changes could not be seen`] };
		});
		this.#add(found);
		return found;
	}

	async #workOf({ touch: kind, stamp, before }: Running, isError: boolean): Promise<Found> {
		if (kind.type === "file") return this.#fileOf(kind.path, stamp ?? "", isError);
		if (kind.type === "look") return this.#look(kind, before);
		return kind.type === "effect" && (!isError || kind.tried === true)
			? { ...NOTHING, effects: [kind.effect] }
			: NOTHING;
	}

	#fileOf(path: string, before: string, isError: boolean): Found {
		const absolute = this.#absolute(path);
		// A tool that says it failed may still have written; one that says it wrote may have written elsewhere.
		if (isError && this.#stamp(path) === before) return NOTHING;
		const { root, scratch } = this.#place();
		const name = inside(root, absolute);
		if (name === undefined && scratch.some((folder) => inside(folder, absolute) !== undefined)) return NOTHING;
		return { ...NOTHING, files: [name ?? absolute] };
	}

	async #look(kind: Extract<Touch, { type: "look" }>, before: Tree | undefined): Promise<Found> {
		const { world, cwd } = this.#options;
		const after = await observe(world, cwd);
		const was = before ?? { type: "unseen", because: "nothing was looked at" };
		const seen = difference(was, after);
		const commits = was.type === "git" && after.type === "git" ? await newCommits(world, was, after, seen, kind) : [];
		const found = factsOf(seen, commits, kind);
		const unseen = seen.whole ? undefined : (kind.effect ?? "ran a command whose changes could not be seen");
		const named = isNothing(found) ? (kind.effect ?? unseen) : unseen;
		const effects = [named, kind.always].filter((effect) => effect !== undefined);
		return { ...found, effects: [...new Set([...found.effects, ...effects])] };
	}

	/** A call that ended without a result: blocked by another extension, or given up at an abort. */
	async ended(call: Call): Promise<void> {
		if (this.#running.has(call.id)) await this.after(call, { isError: true, text: "" });
	}

	/** Takes in calls whose end was never told: a tool that ignored an abort. */
	async #settleRunning(): Promise<void> {
		for (const id of [...this.#running.keys()]) await this.ended({ id, tool: "", input: undefined });
		await this.#queue;
	}

	/** When pi is about to settle. `refuse` is to be put before the model; everything else is done here already. */
	async settle(outcome: Ending["outcome"]): Promise<Settle> {
		await this.#settleRunning();
		const { mode } = this.#options;
		const verdict = settle({ mode, unlogged: this.#unlogged(), refusals: this.#ledger.refusals, outcome });
		switch (verdict.type) {
			case "refuse":
				this.#keep({ type: "refused", refusal: verdict.refusal });
				this.#publish(verdict.text, { verdict: "refused", refusal: verdict.refusal });
				break;
			case "warn":
				this.#options.tell(verdict.text);
				this.#publish(verdict.text, { verdict: "warned" });
				this.#keep({ type: "covered", ids: unlogged(this.#ledger).map((change) => change.id), by: "warned" });
				break;
			case "write":
				await this.#write();
				break;
		}
		return verdict;
	}

	/** What the gate does about its own fault: pi goes on when a handler throws, so the work is written down at once. */
	async giveUp(thrown: unknown): Promise<void> {
		this.#options.tell(`The work-log gate met a fault of its own: ${reason(thrown)}`);
		if (this.#options.mode === "enforce" && !isNothing(this.#unlogged())) await this.#write();
	}

	async #write(): Promise<void> {
		const open = owed(this.#ledger);
		if (open === undefined) return;
		const { entry, key, ids } = open;
		try {
			await this.#options.records.append(entry, key);
		} catch (thrown) {
			// Still unlogged, and so it stays: the next prompt, the next settling and the shutdown try again.
			this.#options.tell(`The work log could not be written: ${reason(thrown)}`);
			return;
		}
		this.#keep({ type: "covered", ids, by: "auto" });
		this.#publish(entry.text, { verdict: "auto" });
	}

	#publish(summary: string, metadata: Readonly<Record<string, unknown>>): void {
		const event = { summary, metadata: { gate: "workLog", ...metadata } };
		// Not waited for: the feed tells the story, it decides nothing.
		this.#options.records.publish(event, this.#newId()).catch((thrown: unknown) => {
			this.#options.tell(`The feed could not be told: ${reason(thrown)}`);
		});
	}

	/** At `agent_settled`. */
	async settled(): Promise<void> {
		await this.#settleRunning();
		this.#inRun = false;
		if (this.#touched || this.#ledger.baseline !== undefined) this.#keep({ type: "settled" });
	}

	/** Before the session goes away: nothing is left unwritten. A reload comes back to the same session. */
	async shutdown(why: string): Promise<void> {
		await this.#settleRunning();
		if (why === "reload" || this.#options.mode !== "enforce" || isNothing(this.#unlogged())) return;
		await this.#write();
		if (this.#touched) this.#keep({ type: "settled" });
	}
}

function inside(folder: string, path: string): string | undefined {
	const step = relative(folder, path);
	return step === "" || step.startsWith("..") || isAbsolute(step) ? undefined : step;
}

const textOf = (input: unknown): string => {
	const text: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "text") : undefined;
	return typeof text === "string" ? text : "";
};
