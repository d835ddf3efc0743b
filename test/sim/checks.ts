/** What must hold at every moment of a run, and what must hold once it has come to rest. */
import { fold, unlogged, workEvents } from "../../src/gates/ledger.ts";
import { envelopeOf } from "../../src/pi/envelope.ts";
import type { Logged } from "./database.ts";
import type { Extra } from "./faults.ts";
import { LoopChecks } from "./loops.ts";
import type { Machine, Witness } from "./machine.ts";
import type { Pi } from "./pi.ts";
import { type Hearing, hasEnded, wronglyDelivered, wronglyHeard, wronglyKept, wronglyMourned } from "./rules.ts";
import { Reader, type SimEntry, userText } from "./session.ts";
import type { AccountChange, Spend, Spender } from "./spend.ts";

/** ms within which a host sees the end of a process that it is not the parent of. */
const UNSEEN = 8_000;
const ANSWERS = ["stop", "toolUse", "length"];
/** States that say that a process lives, and those that say that none does. */
const ALIVE = ["idle", "working", "stalled"];
const ENDED = ["paused", "stopped", "failed", "gone"];
/** Virtual ms for which a host that works may not know better. */
const BLIND = 60_000;
const SESSION_PREFIX = "2026-01-05T09-00-00-000Z_";

interface Told {
	readonly text: string;
	readonly lieutenant: string;
	receipt: string;
}

interface Fleet {
	state: string;
	lives: number;
	readonly pis: Pi[];
	/** Virtual time since which its state and its process contradict each other, as far as a host could see. */
	since: number | undefined;
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
	readonly loops = new LoopChecks();
	/** Where the fleet has a budget. */
	spend: Spend | undefined;
	/** By notice, where it stands. */
	readonly #heard = new Map<string, readonly Hearing[]>();
	readonly #readers = new Map<string, Reader>();
	/** Called when a lieutenant has come into a state. */
	entered: (id: string, state: string) => void = () => undefined;
	/** An orchestrator reads the notices: each is told and acknowledged in the end. */
	notified = true;
	machine: Machine | undefined;
	/** Hears all that is noted, for who follows one run. */
	trace: ((line: string) => void) | undefined;

	fail(what: string): void {
		if (this.failures.length === 0 && this.trace !== undefined) for (const id of this.fleet.keys()) this.#show(id);
		this.#trace(`FAILURE ${what}`);
		this.failures.push(`${Math.round(this.machine?.time.elapsed ?? 0)} ms: ${what}`);
	}

	log({ kind, id, body }: Logged): void {
		if (this.trace !== undefined)
			this.#trace(
				`${kind} ${id} ${kind === "row" ? `${body.state} life ${body.lives} errors ${body.errors} bound ${body.bound === undefined ? "no" : "yes"}` : JSON.stringify(body).slice(0, 200)}`,
			);
		if (kind === "claim") this.#claim(id, body);
		else if (kind === "word") this.#word(id, body);
		else if (kind === "account") this.#found(this.spend?.changed(id, body as unknown as AccountChange) ?? []);
		else if (kind === "loop") this.#found(this.loops.loop(id, body));
		else if (kind === "round")
			this.#found(this.loops.round(id, body, (lieutenant) => this.fleet.get(lieutenant)?.pis ?? []));
		else if (kind === "asked") {
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
			const before = one.state;
			one.state = state;
			one.lives = Number(body.lives);
			if (state !== before || one.lives === 0) this.entered(id, state);
		}
	}

	ran(command: string, passed: boolean): void {
		this.#trace(`${command} ${passed ? "passes" : "fails"}`);
		this.loops.ran(command, passed);
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
		if (receipt !== undefined && hasEnded(receipt)) this.fail(`message ${id} was said after it was ${receipt}`);
	}

	/** A line for who follows the run. */
	note(what: string): void {
		this.#trace(what);
	}

	/** A notice stands in the orchestrator's conversation. */
	heard(conversation: string, notice: { readonly id: string; readonly again?: boolean }): void {
		this.#trace(`${conversation} hears ${notice.id}`);
		const hearing = { conversation, notice: notice.id, again: notice.again === true };
		const hearings = [...(this.#heard.get(notice.id) ?? []), hearing];
		this.#heard.set(notice.id, hearings);
		this.#found(wronglyHeard(hearings));
	}

	/** Time and again: nobody is called alive whose process is dead, nor is one left running that was ended. */
	look(undisturbed: boolean): void {
		this.#found(this.spend?.overspent(this.#spenders()) ?? []);
		const now = this.machine?.time.elapsed ?? 0;
		for (const [id, one] of this.fleet) {
			const pi = one.pis.at(-1);
			const living = pi !== undefined && pi.end === undefined;
			const contradicts = living ? ENDED.includes(one.state) : ALIVE.includes(one.state) && one.lives > 0;
			if (!contradicts || !undisturbed) one.since = undefined;
			else if (one.since === undefined) one.since = now;
			else if (now - one.since > BLIND)
				this.fail(`${id} is ${one.state} for ${BLIND / 1_000} s and its process ${living ? "lives" : "is dead"}`);
		}
	}

	/** At rest: every message has ended, and everything that happened was told as often as it should. */
	atRest(hub: boolean): void {
		if (this.notified) this.#notices();
		for (const id of this.fleet.keys()) {
			this.#spend(id, hub);
			this.#unlogged(id, hub);
		}
		this.#found(this.loops.atRest(hub ? (loop) => this.#events(loop) : undefined));
		this.#found(wronglyKept(this.acknowledged, new Map([...this.messages].map(([id, { text }]) => [id, text]))));
		for (const [id, message] of this.messages) this.#ended(id, message);
		for (const [id, one] of this.fleet) {
			this.#deaths(id, one);
			const round = this.loops.isRound(id);
			// Of a round its loop speaks.
			if (one.stops !== one.limits && !round)
				this.fail(`${id} was stopped ${one.stops} times and that was told ${one.limits} times`);
			const living = one.pis.filter((pi) => pi.end === undefined);
			if (one.state === "gone") {
				if (living.length > 0) this.fail(`${id} is gone and its process lives`);
				continue;
			}
			const answers = this.#answers(id);
			// One that was followed by what a limit cut off ended no run.
			const ended = this.#entries(id).findLast(({ message }) => message.role === "assistant")?.message.stopReason;
			if (ended === "stop" && !round && one.completed !== answers)
				this.fail(`${id}: its last completion was never told`);
			if (one.state !== "idle") this.fail(`${id} rests as ${one.state}`);
			if (living.length !== 1) this.fail(`${id} is ${one.state} with ${living.length} processes`);
		}
	}

	/** What more than the states of lieutenants a fault can meet. */
	underWay(): readonly Extra[] {
		const reserved = this.spend?.reserved === true;
		return [...(this.loops.running ? (["loop"] as const) : []), ...(reserved ? (["reserved"] as const) : [])];
	}

	/** Something still has to happen before the run is at rest. */
	restless(hub: boolean): string | undefined {
		for (const [id, one] of this.fleet) {
			if (one.state !== "gone" && one.state !== "idle") return `${id} is ${one.state}`;
			if (one.pis.some((pi) => pi.end === undefined && pi.streaming)) return `${id} has a run under way`;
		}
		for (const [id, { receipt }] of this.messages) if (!hasEnded(receipt)) return `message ${id} is ${receipt}`;
		const loop = this.loops.restless();
		if (loop !== undefined) return loop;
		const unread = this.notified && this.#rows("host", "select id from notices where acknowledged = 0 limit 1")[0];
		if (unread) return `notice ${unread.id} is not acknowledged`;
		const kept = hub ? this.#rows("host", "select operation from spool where refused is null limit 1")[0] : undefined;
		if (kept !== undefined) return `the hub has still to hear a ${kept.operation}`;
		return this.spend?.open(this.#spenders());
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
		if (hasEnded(was) && is !== was) this.fail(`message ${id} left its end: ${was} → ${is}`);
		message.receipt = is;
		if (is === "consumed" && was !== is && !this.#answered(message.lieutenant, id))
			this.fail(`message ${id} is consumed without an answer that is safe in the file`);
	}

	#notice(id: string, body: Record<string, unknown>): void {
		const lieutenant = String((body.lieutenant as { id?: unknown }).id);
		if (this.loops.is(lieutenant)) {
			this.notices.set(id, String(body.type));
			this.loops.told(lieutenant);
			return;
		}
		const one = this.#lieutenant(lieutenant);
		this.notices.set(id, String(body.type));
		if (body.type === "death") one.deaths += 1;
		if (body.type === "limit") one.limits += 1;
		if (body.type !== "completion") return;
		const answers = this.#answers(lieutenant);
		if (answers === one.completed) this.fail(`${lieutenant}: the same completion was told twice`);
		one.completed = answers;
	}

	#ended(id: string, { lieutenant, receipt }: Told): void {
		const one = this.#lieutenant(lieutenant);
		const givenUp = one.state === "gone" || one.stops > 0;
		this.#found(wronglyDelivered({ id, receipt, times: this.#held(lieutenant, id), givenUp }));
		if (receipt === "superseded") this.fail(`message ${id} is superseded, which nobody asked for`);
	}

	/** Every end that no host brought about is told once; one that met a host's own signal at most once. */
	#deaths(id: string, { pis, deaths }: Fleet): void {
		const ended = pis.filter((pi) => pi.end !== undefined);
		this.#found(wronglyMourned(id, deaths, ended.filter((pi) => !pi.signalled).length, ended.length));
	}

	#found(failures: readonly string[]): void {
		for (const failure of failures) this.fail(failure);
	}

	/** Entries of the file; with `safe`, those that a power cut would leave. */
	#entries(lieutenant: string, safe?: "safe"): readonly SimEntry[] {
		const path = `/home/lieutenants/${lieutenant}/session/${SESSION_PREFIX}${lieutenant}.jsonl`;
		const text = this.machine?.files.read(path) ?? "";
		const key = `${lieutenant} ${safe ?? ""}`;
		const reader = this.#readers.get(key) ?? new Reader();
		this.#readers.set(key, reader);
		return reader.entries(safe === undefined ? text : text.slice(0, this.machine?.safe.get(path) ?? 0));
	}

	#rows(daemon: "host" | "hub", sql: string): readonly Record<string, unknown>[] {
		return this.machine?.rows(`/home/${daemon}/${daemon}.db`, sql) ?? [];
	}

	#notices(): void {
		for (const { id, acknowledged } of this.#rows("host", "select id, acknowledged from notices")) {
			if (!this.#heard.has(String(id))) this.fail(`notice ${id} is acknowledged and stands in no conversation`);
			if (acknowledged !== 1) this.fail(`notice ${id} rests unacknowledged`);
		}
	}

	/** What the host counted, and what the hub was told, is what the session holds. */
	#spend(id: string, hub: boolean): void {
		const used = this.#entries(id)
			.map(({ message }) => (message.usage as { totalTokens?: number } | undefined)?.totalTokens ?? 0)
			.reduce((sum, tokens) => sum + tokens, 0);
		const row = this.#rows("host", `select body from lieutenants where id = '${id}'`)[0];
		const counted = (JSON.parse(String(row?.body)) as { tokens: number }).tokens;
		if (counted !== used) this.fail(`${id} used ${used} tokens; its host counts ${counted}`);
		if (!hub || used === 0) return;
		const told = Number(
			this.#rows("hub", `select tokens from usage_sessions where session_id = '${id}'`)[0]?.tokens ?? 0,
		);
		if (told > used) this.fail(`${id} used ${used} tokens; the hub counts ${told}`);
	}

	#spenders(): readonly Spender[] {
		return [...this.fleet].map(([id, { pis }]) => {
			const costs = this.#entries(id).map(
				({ message }) => (message.usage as { cost?: { total: number } } | undefined)?.cost,
			);
			return { id, lives: pis.length, usd: costs.reduce((sum, cost) => sum + (cost?.total ?? 0), 0) };
		});
	}

	#events(loop: string): number {
		return this.#rows("hub", "select metadata from feed").filter(({ metadata }) =>
			String(metadata).includes(`"ralph":"${loop}"`),
		).length;
	}

	/** What one that is gone did and never logged is in the work log, or on its way to it. */
	#unlogged(id: string, hub: boolean): void {
		const one = this.#lieutenant(id);
		if (one.state !== "gone") return;
		const open = unlogged(fold(workEvents(this.#entries(id))));
		const entries = hub
			? this.#rows("hub", "select facts from log").map((row) => String(row.facts))
			: this.#rows("host", "select input from spool where operation = 'log.append'").map((row) => String(row.input));
		for (const change of open.flatMap(({ files }) => files)) {
			if (!entries.some((entry) => entry.includes(change)))
				this.fail(`${change} of ${id} is not in the work log and nobody is left to write it`);
		}
	}

	/** A task goes from one holder to another only when the first let go of it or its time was over. */
	#claim(task: string, { was, until, is }: Record<string, unknown>): void {
		if (typeof was !== "string" || typeof is !== "string") return;
		if (Number(until) > (this.machine?.time.wall ?? 0)) this.fail(`task ${task} went from ${was} to ${is} too early`);
	}

	/** What the hub was told last about a lieutenant is the newest word, and an end stays an end. */
	#word(id: string, { was, is, before, counter }: Record<string, unknown>): void {
		if (Number(counter) < Number(before)) this.fail(`the hub took an older word about ${id}`);
		if (was === "gone" && is !== "gone") this.fail(`${id} came back from its end in the hub`);
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
		const made = {
			state: "starting",
			lives: 0,
			pis: [],
			since: undefined,
			deaths: 0,
			stops: 0,
			limits: 0,
			completed: 0,
		};
		this.fleet.set(id, made);
		return made;
	}
}
