/**
 * The hub of this machine is replaced by the one of this package, by a command that runs here: whatever becomes of the
 * line or of whoever asked, this goes on to its end or is rolled back. Each step is in the state before it is taken, so
 * that after a `kill -9` the next command goes on or rolls back.
 */
import { ensure, findDaemon } from "../daemon/ensure.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { stopDaemon } from "../daemon/stop.ts";
import { compareVersions, entryFile, type Speaks } from "../daemon/version.ts";
import { type Fault, fault, reason } from "../errors.ts";
import { holdingsOf, lossOf } from "./holdings.ts";
import { dropCopy, keepCopy, type PutBack, putBack } from "./keep.ts";
import { backUp, type Here, rehearse } from "./rehearse.ts";
import { type Former, giveRoom, isOver, readState, type State, stateWritten, writeState } from "./state.ts";
import { tellHub } from "./tell.ts";

export interface CourseParts extends Here {
	readonly speaks: Speaks;
	/** As it is called where the deploy was asked for. */
	readonly place: string;
	/** `user@machine` */
	readonly by: string;
	/** Told to the person. */
	step(what: string): void;
}

export interface Outcome {
	/** `same`: this version was there already. */
	readonly type: "deployed" | "same";
	readonly version: string;
	readonly address: string;
	readonly from?: string;
	readonly backup?: string;
}

/** ms for a new hub to answer, and more by the size of its database, which it may have to change first. */
const ANSWERS_WITHIN = 60_000;
const BYTES_PER_MS = 10_000;
const OLD_WITHIN = 60_000;
/** ms after which a hub that was cut off in its deploy, and is written to, has been at work. */
const RECENT = 600_000;

export class Course {
	readonly #parts: CourseParts;
	readonly #dataFolder: string;
	readonly #version: string;

	constructor(parts: CourseParts) {
		this.#parts = parts;
		this.#dataFolder = parts.home.hub;
		this.#version = parts.speaks.version;
	}

	/** The caller holds the deploy's lock. Throws `deploy_refused`, or `deploy_failed` after a rollback. */
	async run(): Promise<Outcome> {
		const { world, home } = this.#parts;
		const left = readState(world.files, home);
		if (left === undefined || isOver(left)) return await this.#begin(left);
		return (await this.#resume(left)) ?? (await this.#begin(readState(world.files, home)));
	}

	/** What a killed deploy left: undefined when it is cleared away, and this one begins from the beginning. */
	async #resume(left: State): Promise<Outcome | undefined> {
		const mine = left.to.entry === entryFile;
		const cut = `the deploy of ${left.to.version} of ${left.at} was cut off`;
		switch (left.phase) {
			case "stopping":
				this.#parts.step(`${cut} before anything was changed; it begins again`);
				return undefined;
			case "switching":
				if (this.#hasWorked(left) || (await this.#isHealthy(left))) return await this.#endLeft(left, cut);
				if (!mine) {
					await this.#rollBack(left, "it was cut off");
					return undefined;
				}
				this.#parts.step(`${cut}; it goes on`);
				return await this.#switch(left);
			case "answering":
				return await this.#endLeft(left, cut);
			case "rollingBack":
				this.#parts.step(`${cut} while it was rolled back`);
				throw await this.#rollBack(left, left.why ?? "it was cut off");
			default:
				return undefined;
		}
	}

	/** Only to be told; what another version finds so, is what it then replaces. */
	async #endLeft(left: State, cut: string): Promise<Outcome | undefined> {
		this.#parts.step(`${cut} when all was done but the telling`);
		if (left.to.entry === entryFile) return await this.#end(left);
		await this.#tellDone(left);
		return undefined;
	}

	/**
	 * It was cut off long ago, and the hub has been written to since: that is worth more than a copy of before, which is
	 * then not put back any more.
	 */
	#hasWorked({ before }: State): boolean {
		const { world, home } = this.#parts;
		if (world.clock.now() - stateWritten(world.files, home) < RECENT) return false;
		try {
			return (holdingsOf(world.files, this.#dataFolder)?.seq ?? 0) > (before?.seq ?? 0);
		} catch {
			// It cannot be read, so nobody has worked with it.
			return false;
		}
	}

	async #isHealthy({ to, before }: State): Promise<boolean> {
		try {
			await this.#health(to.version, before);
			return true;
		} catch {
			// Why, is found again by whoever goes on from here.
			return false;
		}
	}

	async #begin(last: State | undefined): Promise<Outcome> {
		const { world, home, place, by, step } = this.#parts;
		step("looking at the hub there");
		const running = livingDaemon(world, home, "hub");
		const from = this.#former(last);
		this.#mayReplace(from, running?.foreground === true);
		if (from?.version === this.#version) return await this.#same();
		const at = new Date(world.clock.now()).toISOString();
		const to = { version: this.#version, entry: entryFile };
		const id = Buffer.from(world.random.bytes(8)).toString("hex");
		const fresh: State = { id, phase: "begun", place, by, at, to, ...(from === undefined ? {} : { from }) };
		this.#keep(fresh);
		return await this.#change({ ...fresh, ...(await this.#prepare(running?.address)) });
	}

	/** The hub that is there, at work or not; undefined where there never was one. */
	#former(last: State | undefined): Former | undefined {
		const { world, home } = this.#parts;
		const running = livingDaemon(world, home, "hub");
		if (running !== undefined) {
			const { version, entry } = running;
			return { version, ran: true, ...(entry === undefined ? {} : { entry }) };
		}
		if (world.files.stat(`${this.#dataFolder}/hub.db`) === undefined) return undefined;
		const known = last?.phase === "done" ? { ...last.to, ran: false } : last?.from;
		return known ?? { version: "an unknown version", ran: false };
	}

	#mayReplace(from: Former | undefined, byHand: boolean): void {
		const { place } = this.#parts;
		if (byHand)
			throw fault("deploy_refused", place, "its hub was started by hand (`flagship hub run`); stop it there first");
		const isNewer = from !== undefined && /^\d/.test(from.version) && compareVersions(from.version, this.#version) > 0;
		if (isNewer) throw fault("deploy_refused", place, `it has ${from.version}, and this is ${this.#version}`);
	}

	async #same(): Promise<Outcome> {
		const { address } = await this.#ensure();
		return { type: "same", version: this.#version, address };
	}

	/** Beside the hub, which goes on: what fails here has changed nothing. */
	async #prepare(address: string | undefined): Promise<Pick<State, "backup">> {
		const { world, home, place, step } = this.#parts;
		if (holdingsOf(world.files, this.#dataFolder) === undefined) return {};
		try {
			step("making a backup there, tried by a restore");
			const backup = await backUp(this.#parts, address);
			step(`trying ${this.#version} on a copy of it`);
			await rehearse(this.#parts, backup);
			return { backup };
		} catch (thrown) {
			const why = inLine(reason(thrown));
			const begun = readState(world.files, home);
			if (begun !== undefined) {
				const text = `Flagship ${begun.to.version} was not deployed (asked for by ${begun.by}): ${why}. Nothing was changed.`;
				await this.#tell({ ...begun, why }, text, "refused");
				this.#keep({ ...begun, phase: "rolledBack", why });
			}
			throw fault("deploy_refused", place, why);
		}
	}

	async #change(state: State): Promise<Outcome> {
		const { world, home, step } = this.#parts;
		const stopping: State = { ...state, phase: "stopping" };
		this.#keep(stopping);
		let switching: State;
		try {
			if (state.from?.ran === true) step(`ending ${state.from.version}`);
			await stopDaemon(world, home, "hub", this.#dataFolder);
			const before = await keepCopy(world, this.#dataFolder);
			switching = { ...stopping, phase: "switching", ...(before === undefined ? {} : { before }) };
			this.#keep(switching);
		} catch (thrown) {
			throw await this.#rollBack(stopping, reason(thrown));
		}
		return await this.#switch(switching);
	}

	async #switch(state: State): Promise<Outcome> {
		try {
			this.#parts.step(`starting ${this.#version}, which brings the records to its schema`);
			await this.#ensure();
			this.#parts.step("asking after its health");
			await this.#health(this.#version, state.before);
		} catch (thrown) {
			throw await this.#rollBack(state, reason(thrown));
		}
		const answering: State = { ...state, phase: "answering" };
		this.#keep(answering);
		return await this.#end(answering);
	}

	#ensure() {
		const { world, home, env, speaks } = this.#parts;
		const size = world.files.stat(`${this.#dataFolder}/hub.db`)?.size ?? 0;
		const within = ANSWERS_WITHIN + size / BYTES_PER_MS;
		return ensure("hub", { world, home, env, speaks, within });
	}

	/** Throws what is wrong. */
	async #health(version: string, before: State["before"]): Promise<void> {
		const { world, home, env, speaks } = this.#parts;
		const found = await findDaemon("hub", { world, home, env, speaks });
		if (found === undefined) throw new Error("the new hub does not answer");
		if (found.version !== version) throw new Error(`the hub that answers is ${found.version}`);
		const now = holdingsOf(world.files, this.#dataFolder);
		const loss = before === undefined || now === undefined ? undefined : lossOf(before, now);
		if (loss !== undefined) throw new Error(loss);
	}

	/** The new one is in its place. */
	async #end(state: State): Promise<Outcome> {
		const { from, backup, to } = state;
		await this.#tellDone(state);
		const { address } = await this.#ensure();
		this.#parts.step(`${to.version} answers`);
		return {
			...{ type: "deployed", version: to.version, address },
			...(from === undefined ? {} : { from: from.version }),
			...(backup === undefined ? {} : { backup }),
		};
	}

	async #tellDone(state: State): Promise<void> {
		const { from, backup, to } = state;
		const was = from === undefined ? "" : ` in place of ${from.version}`;
		const kept = backup === undefined ? "" : ` Backup before it: ${backup}.`;
		await this.#tell(state, `Deployed Flagship ${to.version}${was}, asked for by ${state.by}.${kept}`, "deployed");
		dropCopy(this.#parts.world, this.#dataFolder);
		this.#keep({ ...state, phase: "done" });
	}

	/** Answers the failure, with how things stand. */
	async #rollBack(state: State, why: string): Promise<Fault> {
		const { world, home, place, step } = this.#parts;
		const hasWorked = this.#hasWorked(state);
		const rolling: State = { ...state, phase: "rollingBack", why };
		giveRoom(world.files, home);
		this.#keep(rolling);
		step(`it failed (${inLine(why)}); rolling back`);
		await stopDaemon(world, home, "hub", this.#dataFolder);
		const restored =
			state.before === undefined || hasWorked ? {} : await putBack(world, this.#dataFolder, state.before);
		const again = await this.#startFormer(state.from);
		const stands = `${recordsStand(state, restored)} ${again}`;
		const { version } = state.to;
		await this.#tell(state, `The deploy of Flagship ${version} failed: ${inLine(why)}. ${stands}`, "rolledBack");
		this.#keep({ ...rolling, phase: "rolledBack" });
		return fault("deploy_failed", place, version, inLine(why), stands);
	}

	/** The program that ran before, with its own command: it knows how it is started. Answers a sentence. */
	async #startFormer(from: Former | undefined): Promise<string> {
		if (from === undefined) return "No hub ran there before, and none runs now.";
		if (!from.ran) return "Its hub did not run, and is started when it is needed.";
		if (from.entry === undefined) return `${from.version} has to be started there by hand: where it is, is not known.`;
		const { world, step } = this.#parts;
		step(`starting ${from.version} again`);
		const ran = await world.spawn.run(process.execPath, [from.entry, "hub", "start"], { timeout: OLD_WITHIN });
		if (ran.code === 0) return `Its hub runs ${from.version} again.`;
		return `${from.version} could not be started again (${inLine(ran.stderr)}); its records are whole.`;
	}

	async #tell(state: State, text: string, outcome: string): Promise<void> {
		try {
			await tellHub(this.#parts, state, { text, outcome });
		} catch (thrown) {
			this.#parts.step(`the hub could not be told: ${reason(thrown)}`);
		}
	}

	#keep(state: State): void {
		writeState(this.#parts.world.files, this.#parts.home, state);
	}
}

function recordsStand({ before }: State, { kept }: PutBack): string {
	if (before === undefined) return "Nothing was changed.";
	if (kept === undefined) return "Its records had not been touched; nothing was lost.";
	return `Its records are as the version before left them; nothing of them was lost. What the new one made of them is in ${kept}.`;
}

/** As a part of a sentence; what a log says has many lines. */
const inLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ").slice(0, 500).replace(/\.$/, "");
