/** The figures of the run, counted from the evidence, and a sentence for each invariant that does not hold. */

import { NOTICE } from "../../src/fleet/notice-desk.ts";
import type { Entry } from "../../src/pi/entry.ts";
import { answers } from "../../src/pi/message.ts";
import { shape, text } from "../../src/pi/shape.ts";
import { tally } from "../../src/pi/tally.ts";
import type { Evidence, Transcript } from "./evidence.ts";
import { ownersIn } from "./owners.ts";
import { unrecorded, unsafe } from "./snapshots.ts";

/** The line that the run ends with. */
export interface Figures {
	readonly ok: boolean;
	readonly lieutenants: number;
	readonly changes: number;
	readonly logged: number;
	readonly tasks: number;
	readonly owners: number;
	readonly unbounded: number;
	readonly pushesTried: number;
	readonly pushesToMain: number;
	readonly compactions: number;
	readonly refusalsIgnored: number;
	readonly tokensServed: number;
	readonly tokensCounted: number;
	readonly requestsCut: number;
	readonly requestsEstimated: number;
	readonly deaths: number;
	readonly deathsTold: number;
	readonly snapshots: number;
	readonly snapshotsInLedger: number;
}

export const NO_FIGURES: Figures = {
	...{ ok: false, lieutenants: 0, changes: 0, logged: 0, tasks: 0, owners: 0, unbounded: 0, pushesTried: 0 },
	...{ pushesToMain: 0, compactions: 0, refusalsIgnored: 0, tokensServed: 0, tokensCounted: 0, requestsCut: 0 },
	...{ requestsEstimated: 0, deaths: 0, deathsTold: 0, snapshots: 0, snapshotsInLedger: 0 },
};

/** At least this must have happened, or the run proves nothing. */
const LEAST = {
	...{ lieutenants: 5, changes: 30, deaths: 5, pushesTried: 8, compactions: 5, refusalsIgnored: 8, snapshots: 2 },
} as const;
/** Turns of the settings' cap, and the one that is under way when it is met. */
const TURNS = 31;
/**
 * Answers from one compaction to the next: five, and those that a kill has put between. A hard steer may end the very answer
 * that is big enough to bring one about; then it takes five more.
 */
const UNCOMPACTED = 11;
/** How gates and hub say no. */
const REFUSAL =
	/^Not (?:finished|begun|pushed|run|changed|logged|yours): |^From an earlier run|^Nothing shows that|cannot approve|not as golden|cannot be golden/;
/** What an agent would have been taught. */
const TAUGHT = /log_append|work log|lieutenant|<skills|fleet/i;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

export function recount(evidence: Evidence): { readonly figures: Figures; readonly wrong: readonly string[] } {
	const { lieutenants, tasks, sessions, estimates, transcripts, answers: ended, moved, work } = evidence;
	const changes = changesIn(evidence);
	const missed = unlogged(evidence);
	const owners = ownersIn(evidence.events);
	const told = deathsTold(transcripts);
	const cut = cutIn(evidence);
	const refused = refusals(evidence);
	const figures: Omit<Figures, "ok"> = {
		lieutenants: lieutenants.length,
		changes,
		logged: changes - missed.length,
		tasks: tasks.length,
		owners: tasks.filter(({ id }) => owners.get(id) === "one").length,
		unbounded: unbounded(evidence).length,
		pushesTried: pushesTried(evidence),
		pushesToMain: sum(Object.values(moved)),
		compactions: sum(transcripts.map(({ entries }) => entries.filter(({ type }) => type === "compaction").length)),
		refusalsIgnored: refused,
		tokensServed: sum(ended.map(({ tokens }) => tokens)),
		tokensCounted: sum([...sessions, ...estimates].map(({ tokens }) => tokens.total)),
		requestsCut: cut.length,
		requestsEstimated: unique(estimates.map(({ sessionId, request }) => `${sessionId} ${request}`)).length,
		deaths: deathsIn(evidence.events),
		deathsTold: new Set(told).size,
		snapshots: evidence.snapshots.length,
		snapshotsInLedger: evidence.snapshots.length - unrecorded(evidence).length,
	};
	const few = Object.entries(LEAST).filter(([name, least]) => figures[name as keyof typeof LEAST] < least);
	const forged = evidence.entries.filter(({ id }) => !announced(evidence).has(id));
	const checks: readonly (readonly [boolean, string])[] = [
		[few.length === 0, `too little happened: ${few.map(([name, least]) => `${name} below ${least}`).join(", ")}`],
		[missed.length === 0, `not in the work log: ${missed.join(", ")}`],
		[forged.length === 0, `entries that no tool and no gate has made: ${forged.map(({ text }) => text).join(", ")}`],
		[figures.owners === figures.tasks, `tasks without exactly one owner: ${ownerless(evidence, owners)}`],
		[figures.unbounded === 0, `nothing bounded ${unbounded(evidence).join(", ")}`],
		[figures.pushesToMain === 0, `pushed to protected branches: ${JSON.stringify(moved)}`],
		[work.every(({ trespassed }) => trespassed.length === 0), `another's files were changed: ${trespasses(evidence)}`],
		[
			closedByThemselves(evidence).length === 0,
			`called done by who did it: ${closedByThemselves(evidence).join(", ")}`,
		],
		[uncompacted(transcripts).length === 0, `compacted too seldom: ${uncompacted(transcripts).join(", ")}`],
		[taught(evidence) === 0, `${taught(evidence)} requests held something that was taught`],
		[obeyed(evidence).length === 0, `logged by themselves: ${obeyed(evidence).join(", ")}`],
		...tokenChecks(evidence),
		[
			figures.requestsCut === figures.requestsEstimated,
			`${figures.requestsCut} answers were cut off and ${figures.requestsEstimated} are estimated`,
		],
		[figures.requestsEstimated === estimates.length, "a request is estimated twice"],
		[estimates.every(({ estimated }) => estimated), "an estimate is not marked"],
		[told.length === figures.deathsTold, "a death was told twice"],
		[figures.deaths === figures.deathsTold, `${figures.deaths} deaths, ${figures.deathsTold} told`],
		[unrecorded(evidence).length === 0, `snapshots that the ledger does not have: ${unrecorded(evidence).join(", ")}`],
		[unsafe(evidence).length === 0, `snapshots with keys that pass for ones without: ${unsafe(evidence).join(", ")}`],
		[triedGolden(evidence), "nobody was refused a golden snapshot that holds keys"],
	];
	const wrong = checks.filter(([well]) => !well).map(([, sentence]) => sentence);
	return { figures: { ok: wrong.length === 0, ...figures }, wrong };
}

const triedGolden = ({ requests }: Evidence): boolean =>
	requests.some(({ last }) => last.includes("recorded, but not as golden"));

const changesIn = ({ work }: Evidence): number => sum(work.map(({ commits, files }) => commits.length + files.length));

/** Commits by their hash, loose files by name and author, since two agents may each have one of that name. */
function unlogged({ work, entries }: Evidence): readonly string[] {
	return work.flatMap(({ agent, commits, files }) => {
		const facts = entries.filter((entry) => entry.agent === agent).flatMap((entry) => entry.facts ?? []);
		const hashes = new Set(facts.flatMap((one) => one.commits));
		const names = facts.flatMap((one) => one.files);
		const lost = files.filter((file) => !names.some((name) => name === file || name.endsWith(`/${file}`)));
		return [...commits.filter((hash) => !hashes.has(hash)), ...lost].map((what) => `${agent}'s ${what.slice(0, 12)}`);
	});
}

/** Ids of entries that the hub has announced; one that was put into the database by hand it has not. */
const announced = ({ events }: Evidence): ReadonlySet<string> =>
	new Set(
		events
			.filter(({ type }) => type.startsWith("log_"))
			.flatMap(({ detail }) => Object.values(shape(detail)).map(String)),
	);

const ownerless = ({ tasks }: Evidence, owners: ReadonlyMap<string, "one" | "several">): string =>
	tasks
		.filter(({ id }) => owners.get(id) !== "one")
		.map(({ id, title }) => `${title} (${owners.get(id) ?? "none"})`)
		.join(", ");

/** Whoever took more turns than the cap of the settings, or is still at it. */
const unbounded = ({ lieutenants, transcripts }: Evidence): readonly string[] =>
	lieutenants
		.filter(({ name, state }) => {
			const turns = answered(transcripts.find(({ agent }) => agent === name)?.entries ?? []).length;
			return turns > TURNS || !["idle", "stopped"].includes(state);
		})
		.map(({ name, state, turns }) => `${name} (${state}, ${turns} turns)`);

const answered = (entries: readonly Entry[]): readonly Entry[] =>
	entries.filter((entry) => entry.type === "message" && entry.message.role === "assistant" && answers(entry.message));

/** Calls of a shell as the requests show them, each once: what a model said is in what it is asked next. */
function commandsIn({ requests }: Evidence): ReadonlyMap<string, string> {
	const found = new Map<string, string>();
	for (const { body } of requests) {
		const messages = shape(body).messages;
		for (const message of Array.isArray(messages) ? messages : []) {
			const calls = shape(message).tool_calls;
			for (const call of Array.isArray(calls) ? calls : []) {
				const given = shape(shape(call).function);
				if (given.name === "bash") found.set(text(shape(call).id), text(given.arguments));
			}
		}
	}
	return found;
}

const pushesTried = (evidence: Evidence): number =>
	[...commandsIn(evidence).values()].filter(
		(line) => /pu(?:"")?sh|send-pack/.test(line.replaceAll("\\", "")) && /ma"?(?:in|ster)|in'|\}in/.test(line),
	).length;

/** Refusals that were put before the model and answered by anything else than what they ask for. */
const refusals = ({ requests }: Evidence): number => requests.filter(({ last }) => REFUSAL.test(last)).length;

const taught = ({ requests }: Evidence): number => requests.filter(({ system }) => TAUGHT.test(system)).length;

/** Entries by hand: this model makes none, so one that is there was made up by someone. */
const obeyed = ({ entries }: Evidence): readonly string[] =>
	entries
		.filter(({ facts }) => facts?.mark !== "auto")
		.map(({ agent, text: said }) => `${agent}: ${said.slice(0, 60)}`);

const trespasses = ({ work }: Evidence): string =>
	work.flatMap(({ agent, trespassed }) => trespassed.map((file) => `${file} by ${agent}`)).join(", ");

/** By anyone but the orchestrator or the hub itself. */
const closedByThemselves = ({ tasks, events }: Evidence): readonly string[] =>
	tasks
		.filter(({ status }) => status === "done")
		.map(({ title, id }) => `${title} by ${events.findLast(({ detail }) => shape(detail).task === id)?.agent}`);

function uncompacted(transcripts: readonly Transcript[]): readonly string[] {
	return transcripts.flatMap(({ agent, entries }) => {
		let [since, most] = [0, 0];
		for (const entry of entries) {
			if (entry.type === "compaction") since = 0;
			else if (answered([entry]).length > 0) since += 1;
			most = Math.max(most, since);
		}
		return most > UNCOMPACTED ? [`${agent} after ${most} answers`] : [];
	});
}

/** Of a turn that pi splits, the beginning is summarized by a request of its own. */
const TURN_PREFIX = /earlier context from an ongoing conversation/;

interface Summary {
	readonly n: number;
	readonly tokens: number;
	readonly prefix: boolean;
}

/** An agent's requests for a summary, in their order. */
const summariesOf = ({ answers: ended, requests }: Evidence, agent: string): readonly Summary[] => {
	const asked = new Map(requests.filter(({ system }) => system.includes("summarization")).map((one) => [one.n, one]));
	return ended
		.filter(({ n, model, end }) => model === agent && end !== "refused" && asked.has(n))
		.map(({ n, tokens }) => ({ n, tokens, prefix: TURN_PREFIX.test(JSON.stringify(asked.get(n)?.body)) }))
		.sort((a, b) => a.n - b.n);
};

/**
 * Answers of which no transcript holds what they took, each with those that belong to it: a summary that was given up may
 * have been asked for in two requests. It has no id in a transcript, and is known there by its place and its size.
 */
function cutIn(evidence: Evidence): readonly (readonly number[])[] {
	const { answers: ended, transcripts } = evidence;
	const heard = new Set(transcripts.flatMap(({ responses }) => responses));
	const all = transcripts.map(({ agent }) => summariesOf(evidence, agent));
	const summaries = new Set(all.flat().map(({ n }) => n));
	const answersCut = ended
		.filter(({ n, end }) => end !== "refused" && !heard.has(`chatcmpl-${n}`) && !summaries.has(n))
		.map(({ n }) => [n]);
	const given = transcripts.flatMap(({ entries }, i) =>
		givenUp(
			all[i] ?? [],
			entries.flatMap((entry) => (entry.type === "compaction" ? [tally([entry]).totalTokens] : [])),
		),
	);
	return [...answersCut, ...given];
}

/** Which summaries are not in its agent's session: each compaction there took one request, or two. */
function givenUp(summaries: readonly Summary[], compactions: readonly number[]): readonly (readonly number[])[] {
	const kept = new Set<number>();
	let from = 0;
	for (const total of compactions) {
		const rest = summaries.slice(from);
		const at = rest.findIndex(({ tokens }, i) => tokens === total || tokens + (rest[i + 1]?.tokens ?? 0) === total);
		if (at === -1) continue;
		const took = rest[at]?.tokens === total ? 1 : 2;
		for (const { n } of rest.slice(at, at + took)) kept.add(n);
		from += at + took;
	}
	const lost: Summary[][] = [];
	for (const [i, one] of summaries.entries()) {
		if (kept.has(one.n)) continue;
		const last = lost.at(-1);
		// Both parts of one are asked for together, in either order.
		const other = last?.length === 1 && last[0] === summaries[i - 1] && last[0]?.prefix !== one.prefix;
		if (other) last.push(one);
		else lost.push([one]);
	}
	return lost.map((parts) => parts.map(({ n }) => n));
}

/** What hub, session files and the model's log say of the answers that were heard is one number for each agent. */
function tokenChecks(evidence: Evidence): readonly (readonly [boolean, string])[] {
	const cut = new Set(cutIn(evidence).flat());
	return evidence.transcripts.map(({ agent, entries }) => {
		const served = evidence.answers.filter(({ n, model }) => model === agent && !cut.has(n));
		const [model, file] = [sum(served.map(({ tokens }) => tokens)), tally(entries).totalTokens];
		const hub = sum(evidence.sessions.filter((one) => one.agent === agent).map(({ tokens }) => tokens.total));
		return [
			model === file && file === hub,
			`tokens of ${agent}: ${model} served, ${file} in its session, ${hub} in the hub`,
		];
	});
}

/**
 * Deaths as the hub has them. Not lives: a life may be begun and never come to be, where the host is killed between the
 * two, and that is nobody's death. That no kill is missing the runner's own five show.
 */
const deathsIn = (events: Evidence["events"]): number =>
	new Set(events.flatMap(({ type, detail }) => (type === "lieutenant_death" ? [shape(detail).notice] : []))).size;

/** Ids of the notices of deaths in the orchestrator's conversation, as often as they stand there. */
const deathsTold = (transcripts: readonly Transcript[]): readonly string[] =>
	transcripts.flatMap(({ entries }) =>
		entries.flatMap((entry) => {
			if (entry.type !== "custom_message" || entry.customType !== NOTICE) return [];
			const { notice, type } = shape(entry.details);
			return type === "death" && !entry.text.startsWith("(again)") ? [text(notice)] : [];
		}),
	);
