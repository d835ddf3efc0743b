/**
 * Runs checks beside the agents: what shows that work is done is seen by the host, not said by a model. Bounded in time
 * and output, in an environment without keys, never twice for the same files.
 */
import type { Checked } from "../../contract/lieutenants.ts";
import type { World } from "../../world.ts";
import type { Store } from "../store/store.ts";
import { type Result, Results } from "./results.ts";
import { type Outcome, runCheck } from "./run.ts";
import { Running } from "./running.ts";
import { treeOf } from "./tree.ts";

/** Whose files, and what is run on them. */
export interface Subject {
	/** Lieutenant id. */
	readonly id: string;
	readonly cwd: string;
	readonly command: string;
	/** Board id that it is evidence for. */
	readonly task?: string | undefined;
	/** Of its commands. */
	readonly env: Readonly<Record<string, string>>;
	/** A folder of the lieutenant's that its tools do not write to. */
	readonly folder: string;
}

export interface Seen extends Outcome {
	/** Kept as evidence: the files were the same before and after it. */
	readonly result?: Result;
}

export interface ChecksOptions {
	readonly world: World;
	readonly store: Store;
	readonly host: string;
	/** Seconds that a check may take. */
	readonly seconds: number;
	/** Folder in which those that run are noted. */
	readonly notes: string;
	/** A check of an earlier host still ran, and was ended: nobody would have heard how it ends. */
	leftover(command: string): void;
	/** A run has ended that is evidence for a task. Called inside the transaction that keeps it. */
	evidence(task: string, result: Result): void;
}

/** ms after which a failure on unchanged files is looked at again when somebody asks. */
const FAILURE_MS = 60_000;

export class Checks {
	readonly #options: ChecksOptions;
	readonly #results: Results;
	readonly #asked = new Map<string, Promise<Seen>>();
	/** Also of others who run checks: one that outlives this host is ended by the next. */
	readonly running: Running;
	#indexes = 0;

	constructor(options: ChecksOptions) {
		this.#options = options;
		this.#results = new Results(options.store);
		this.running = new Running(options.world, options.notes);
		for (const command of this.running.endAll()) options.leftover(command);
	}

	/** Runs it unless it has passed or failed on these files before; resolves when it has ended. */
	async run(subject: Subject): Promise<Seen> {
		const known = await this.#known(subject);
		if (known === undefined) return this.#started(subject);
		this.#tell(subject, known.result);
		return known;
	}

	/** How it stands; what is not known is run, and after `ms` the answer says that it still runs. */
	async ask(subject: Subject, ms: number): Promise<Checked> {
		const { clock } = this.#options.world;
		const known = await this.#known(subject);
		if (known !== undefined) return this.#answer(subject, known);
		const late = new Promise<undefined>((resolve) => clock.after(ms, () => resolve(undefined)));
		const ended = await Promise.race([this.#started(subject), late]);
		return ended === undefined ? this.#still(subject) : this.#answer(subject, ended);
	}

	async #known(subject: Subject): Promise<(Seen & { readonly result: Result }) | undefined> {
		const tree = await this.#tree(subject);
		const result = tree === undefined ? undefined : this.#results.find(subject.id, subject.command, tree);
		if (result === undefined || (!result.passed && this.#old(result))) return undefined;
		return { passed: result.passed, code: result.code, said: result.said, result };
	}

	/** A failure may have been about what no tree shows, such as packages that were not installed. */
	#old({ at }: Result): boolean {
		return this.#options.world.clock.now() - Date.parse(at) >= FAILURE_MS;
	}

	/** One of a kind at a time: an agent that asks again and again has it run once. */
	#started(subject: Subject): Promise<Seen> {
		const key = keyOf(subject);
		const running = this.#asked.get(key);
		if (running !== undefined) return running;
		const run = this.#run(subject).finally(() => this.#asked.delete(key));
		this.#asked.set(key, run);
		return run;
	}

	async #run(subject: Subject): Promise<Seen> {
		const { world, seconds } = this.#options;
		const { command, cwd, env, id } = subject;
		const before = await this.#tree(subject);
		const outcome = await runCheck(world, command, { cwd, env, checkSeconds: seconds, running: this.running });
		const after = before === undefined ? undefined : await this.#tree(subject);
		if (before === undefined || after !== before) return outcome;
		const now = world.clock.now();
		const result: Result = { ...outcome, command, tree: before, at: new Date(now).toISOString() };
		this.#options.store.transaction(() => {
			this.#results.keep(id, result, now);
			this.#tell(subject, result);
		});
		return { ...outcome, result };
	}

	#tell({ task }: Subject, result: Result): void {
		if (task !== undefined) this.#options.evidence(task, result);
	}

	#tree({ cwd, folder, env }: Subject): Promise<string | undefined> {
		this.#indexes += 1;
		return treeOf(this.#options.world, cwd, `${folder}/check-${this.#indexes}.index`, env);
	}

	#answer({ command }: Subject, { passed, said, result }: Seen): Checked {
		const { host } = this.#options;
		if (result === undefined) {
			const why = `${said}, but the files changed while it ran, or cannot be seen in full; ask again when they rest`;
			return { state: "unseen", command, said: why, host };
		}
		const { tree, code, at } = result;
		return { state: passed ? "passed" : "failed", command, tree, code, at, said, host };
	}

	async #still(subject: Subject): Promise<Checked> {
		const tree = await this.#tree(subject);
		const said = `its host runs it now, for at most ${this.#options.seconds} s; ask again when it has ended`;
		const { command } = subject;
		return { state: "running", command, said, host: this.#options.host, ...(tree === undefined ? {} : { tree }) };
	}
}

const keyOf = ({ id, command }: Subject): string => `${id} ${command}`;
