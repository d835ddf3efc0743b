/** The model's own log against what the hub says was used: to the token, to the cent, every request in exactly one place. */
import type { UsageTotal } from "../../src/contract/totals.ts";
import type { UsageEstimate } from "../../src/contract/usage.ts";
import type { Ended, Served } from "../../src/demo/model/server.ts";

export interface Books {
	/** The model's log: what was asked, and how its answer ended. */
	readonly requests: readonly Served[];
	readonly answers: readonly Ended[];
	/** Ids of answers that a transcript holds with what they took, as often as they stand there. */
	readonly responses: readonly string[];
	/** The hub's totals by model, and its estimates. */
	readonly totals: readonly UsageTotal[];
	readonly estimates: readonly UsageEstimate[];
}

export interface Balance {
	readonly requests: number;
	readonly heard: number;
	readonly cut: number;
	readonly estimated: number;
	readonly tokens: number;
	readonly costUsd: number;
	/** A sentence for each thing that does not agree. */
	readonly wrong: readonly string[];
}

/** Dollars for a million tokens, as the models of the stage have them. */
const PRICE = { input: 1, output: 2, cacheRead: 0.1 } as const;
/** A billionth for each answer, which is how the hub rounds. */
const SLACK = 1e-6;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const isSummary = ({ system }: Pick<Served, "system">): boolean => system.includes("summarization");

function costOf({ usage }: Pick<Served, "usage">): number {
	if (usage === undefined) return 0;
	const cached = usage.prompt_tokens_details.cached_tokens;
	const input = usage.prompt_tokens - cached;
	return (input * PRICE.input + cached * PRICE.cacheRead + usage.completion_tokens * PRICE.output) / 1e6;
}

export function balance({ requests, answers, responses, totals, estimates }: Books): Balance {
	const byNumber = new Map(requests.map((request) => [request.n, request]));
	const held = new Set(responses);
	const charged = answers.filter(({ end }) => end !== "refused");
	// A compaction keeps no id of its answer: whole ones are compared in the sum.
	const heard = charged.filter(({ n, end }) => {
		const request = byNumber.get(n);
		return held.has(`chatcmpl-${n}`) || (end === "whole" && request !== undefined && isSummary(request));
	});
	const inBooks = new Set(heard.map(({ n }) => n));
	const cut = charged.filter(({ n }) => !inBooks.has(n));
	const models = [...new Set([...charged.map(({ model }) => model), ...totals.map(({ key }) => bare(key))])].sort();
	const open = requests.filter(({ n }) => !answers.some((answer) => answer.n === n));
	const wrong = [
		...open.map(({ n, from }) => `request ${n} (${from}) has no end in the model's log`),
		...twice(responses).map((id) => `${id} stands twice in the transcripts`),
		...twice(estimates.map(({ sessionId, request }) => `${sessionId}: ${request}`)).map(
			(one) => `${one} is estimated twice`,
		),
		...estimates.filter(({ estimated }) => !estimated).map(({ request }) => `${request} is not marked`),
		...models.flatMap((model) => {
			const mine = heard.filter((answer) => answer.model === model);
			const told = totals.find(({ key }) => bare(key) === model);
			const [tokens, inHub] = [sum(mine.map((answer) => answer.tokens)), told?.tokens ?? 0];
			const dollars = sum(mine.map(({ n }) => costOf(byNumber.get(n) ?? {})));
			const lost = cut.filter((answer) => answer.model === model).length;
			const guessed = told?.estimated.requests ?? 0;
			return [
				...(tokens === inHub ? [] : [`${model}: ${tokens} tokens were served and heard, the hub has ${inHub}`]),
				...(Math.abs(dollars - (told?.cost ?? 0)) < SLACK
					? []
					: [`${model}: $${dollars} were served and heard, the hub has $${told?.cost ?? 0}`]),
				...(lost === guessed ? [] : [`${model}: ${lost} answers were cut off, ${guessed} are estimated`]),
			];
		}),
	];
	return {
		...{ requests: charged.length, heard: heard.length, cut: cut.length, estimated: estimates.length },
		...{ tokens: sum(heard.map(({ tokens }) => tokens)), costUsd: sum(totals.map(({ cost }) => cost)), wrong },
	};
}

const bare = (model: string | undefined): string => (model ?? "").replace(/^fake\//, "");
const twice = (all: readonly string[]): readonly string[] => all.filter((one, n) => all.indexOf(one) !== n);
