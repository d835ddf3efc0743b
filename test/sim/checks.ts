/** What must hold at every moment of a run, and what must hold once it has come to rest. */
import { envelopeOf } from "../../src/pi/envelope.ts";
import type { Logged } from "./database.ts";
import type { Machine, Witness } from "./machine.ts";
import type { Pi } from "./pi.ts";
import { readEntries, type SimEntry, userText } from "./session.ts";

const ENDS = ["consumed", "superseded", "rejected", "lost"];
/** ms within which a host sees the end of a process that it is not the parent of. */
const UNSEEN = 8_000;
const ANSWERS = ["stop", "toolUse", "length"];

interface Told {
	readonly text: string;
	readonly lieutenant: string;
	receipt: string;
}

interface Fleet {
	state: string;
	lives: number;
	readonly pis: Pi[];
	deaths: number;
	/** How often a limit stopped it, and how often that was told. */
	stops: number;
	limits: number;
	/** Answers that ended a run, as the file had them at the last completion told. */
	completed: number;
}

/** What the host says by itself it may say again. */
const ownWords = (text: string, mode: unknown): boolean =>
	mode === "resume" || /^(A reminder|Stop reading): /.test(text);

export class Checks implements Witness {
	readonly failures: string[] = [];
	readonly messages = new Map<string, Told>();
	readonly fleet = new Map<string, Fleet>();
	/** Texts whose sending was answered: id by text. */
	readonly acknowledged = new Map<string, string>();
	readonly notices = new Map<string, string>();
	machine: Machine | undefined;
	/** Hears all that is noted, for who follows one run. */
	trace: ((line: string) => void) | undefined;

	fail(what: string): void {
		if (this.failures.length === 0) for (const id of this.fleet.keys()) this.#show(id);
		this.failures.push(`${Math.round(this.machine?.time.elapsed ?? 0)} ms: ${what}`);
	}

	log({ kind, id, body }: Logged): void {
		this.#trace(
			`${kind} ${id} ${kind === "row" ? `${body.state} life ${body.lives}` : JSON.stringify(body).slice(0, 200)}`,
		);
		if (kind === "asked") {
			const text = String(body.text);
			const before = [...this.messages.values()].some((message) => message.text === text && !ownWords(text, body.mode));
			if (before) this.fail(`"${text.slice(0, 40)}" was asked twice`);
			this.messages.set(id, { text, lieutenant: String(body.lieutenant), receipt: "queued" });
		} else if (kind === "receipt") this.#receipt(id, body);
		else if (kind === "notice") this.#notice(id, body);
		else {
			const one = this.#lieutenant(id);
			const state = String(body.state);
			if (state !== one.state && ["paused", "gone", "stopped"].includes(state)) {
				if (state === "stopped") one.stops += 1;
				const now = this.machine?.time.elapsed ?? 0;
				for (const pi of one.pis) if (pi.endedAt !== undefined && now - pi.endedAt < UNSEEN) pi.signalled = true;
			}
			one.state = state;
			one.lives = Number(body.lives);
		}
	}

	started(pi: Pi): void {
		this.#trace(`${pi.session} life ${pi.life} begins`);
		pi.onEnd((code, signal) => this.#trace(`${pi.session} life ${pi.life} ends: ${code ?? signal}`));
		const one = this.#lieutenant(pi.session);
		const before = one.pis.find((earlier) => earlier.end === undefined && earlier.holds);
		if (before !== undefined)
			this.fail(`life ${pi.life} of ${pi.session} started while life ${before.life} holds the session`);
		one.pis.push(pi);
	}

	said(pi: Pi, text: string): void {
		const id = envelopeOf(text)?.id;
		this.#trace(`${pi.session} was told ${text.slice(0, 60)}`);
		if (id === undefined) return;
		const times = pi.entries.filter((entry) => envelopeOf(userText(entry) ?? "")?.id === id).length;
		if (times > 1) this.fail(`message ${id} stands ${times} times in the transcript`);
		const { receipt } = this.messages.get(id) ?? {};
		if (receipt !== undefined && ENDS.includes(receipt)) this.fail(`message ${id} was said after it was ${receipt}`);
	}

	/** At rest: every message has ended, and everything that happened was told as often as it should. */
	atRest(): void {
		for (const [text, id] of this.acknowledged) {
			const message = this.messages.get(id);
			if (message === undefined) this.fail(`"${text}" was acknowledged and is not stored`);
			else if (message.text !== text) this.fail(`"${text}" was acknowledged as another message`);
		}
		for (const [id, message] of this.messages) this.#ended(id, message);
		for (const [id, one] of this.fleet) {
			this.#deaths(id, one);
			if (one.stops !== one.limits)
				this.fail(`${id} was stopped ${one.stops} times and that was told ${one.limits} times`);
			const living = one.pis.filter((pi) => pi.end === undefined);
			if (one.state === "gone") {
				if (living.length > 0) this.fail(`${id} is gone and its process lives`);
				continue;
			}
			const answers = this.#answers(id);
			if (answers > 0 && one.completed !== answers) this.fail(`${id}: its last completion was never told`);
			if (one.state !== "idle") this.fail(`${id} rests as ${one.state}`);
			if (living.length !== 1) this.fail(`${id} is ${one.state} with ${living.length} processes`);
		}
	}

	/** Something still has to happen before the run is at rest. */
	get restless(): string | undefined {
		for (const [id, one] of this.fleet) {
			if (one.state !== "gone" && one.state !== "idle") return `${id} is ${one.state}`;
			if (one.pis.some((pi) => pi.end === undefined && pi.streaming)) return `${id} has a run under way`;
		}
		for (const [id, { receipt }] of this.messages) if (!ENDS.includes(receipt)) return `message ${id} is ${receipt}`;
		return undefined;
	}

	/** How its transcript stands. */
	#show(id: string): void {
		const lines = this.#entries(id).map(
			({ id, message }) =>
				`${id} ${message.role} ${message.stopReason ?? ""} ${message.errorMessage ?? ""} ${JSON.stringify(message.content).slice(0, 80)}`,
		);
		this.#trace(`${id}:`);
		for (const line of lines.slice(-6)) this.#trace(line);
	}

	#trace(line: string): void {
		this.trace?.(`${Math.round(this.machine?.time.elapsed ?? 0)} ${line.replaceAll("\n", " ")}`);
	}

	#receipt(id: string, body: Record<string, unknown>): void {
		const [was, is] = [String(body.was), String(body.is)];
		if (Number(body.n) > Number(body.before) && is === "accepted")
			this.fail(`message ${id} is sent anew and still accepted`);
		const message = this.messages.get(id);
		if (message === undefined) {
			this.fail(`a receipt of an unknown message ${id}`);
			return;
		}
		if (ENDS.includes(was) && is !== was) this.fail(`message ${id} left its end: ${was} → ${is}`);
		message.receipt = is;
		if (is === "consumed" && was !== is && !this.#answered(message.lieutenant, id))
			this.fail(`message ${id} is consumed without an answer that is safe in the file`);
	}

	#notice(id: string, body: Record<string, unknown>): void {
		const lieutenant = String((body.lieutenant as { id?: unknown }).id);
		const one = this.#lieutenant(lieutenant);
		this.notices.set(id, String(body.type));
		if (body.type === "death") one.deaths += 1;
		if (body.type === "limit") one.limits += 1;
		if (body.type !== "completion") return;
		const answers = this.#answers(lieutenant);
		if (answers === one.completed) this.fail(`${lieutenant}: the same completion was told twice`);
		one.completed = answers;
	}

	#ended(id: string, { lieutenant, receipt, text }: Told): void {
		const one = this.#lieutenant(lieutenant);
		const held = this.#held(lieutenant, id);
		if (!ENDS.includes(receipt)) this.fail(`message ${id} rests as ${receipt}`);
		if (held > 1) this.fail(`message ${id} stands ${held} times in the file`);
		if (receipt === "consumed" && held !== 1) this.fail(`message ${id} ("${text}") is consumed and stands nowhere`);
		if (receipt === "lost" && one.state !== "gone" && one.stops === 0)
			this.fail(`message ${id} is lost although its lieutenant lives`);
		if (receipt === "rejected") this.fail(`message ${id} was rejected, which this pi never does`);
		if (receipt === "superseded") this.fail(`message ${id} is superseded, which nobody asked for`);
	}

	/** Every end that no host brought about is told once; one that met a host's own signal at most once. */
	#deaths(id: string, { pis, deaths }: Fleet): void {
		const ended = pis.filter((pi) => pi.end !== undefined);
		const certain = ended.filter((pi) => !pi.signalled).length;
		if (deaths < certain || deaths > ended.length) {
			this.fail(`${id}: ${deaths} deaths told of ${certain} (${ended.length} ends in all)`);
		}
	}

	/** Entries of the file; with `safe`, those that a power cut would leave. */
	#entries(lieutenant: string, safe?: "safe"): readonly SimEntry[] {
		const folder = `/home/lieutenants/${lieutenant}/session`;
		const files = this.machine?.files;
		const name = files?.list(folder)[0];
		const path = `${folder}/${name}`;
		const text = files?.read(path) ?? "";
		return readEntries(safe === undefined ? text : text.slice(0, this.machine?.safe.get(path) ?? 0));
	}

	#answers(lieutenant: string): number {
		return this.#entries(lieutenant).filter(({ message }) => message.stopReason === "stop").length;
	}

	#held(lieutenant: string, id: string): number {
		return this.#entries(lieutenant).filter((entry) => envelopeOf(userText(entry) ?? "")?.id === id).length;
	}

	#answered(lieutenant: string, id: string): boolean {
		const entries = this.#entries(lieutenant, "safe");
		const at = entries.findIndex((entry) => envelopeOf(userText(entry) ?? "")?.id === id);
		return at !== -1 && entries.slice(at).some(({ message }) => ANSWERS.includes(message.stopReason ?? ""));
	}

	#lieutenant(id: string): Fleet {
		const known = this.fleet.get(id);
		if (known !== undefined) return known;
		const made = { state: "starting", lives: 0, pis: [], deaths: 0, stops: 0, limits: 0, completed: 0 };
		this.fleet.set(id, made);
		return made;
	}
}
