/** Which step of a script answers a request. */
import type { Asked } from "./request.ts";
import type { Agent, Rule, Script, Step } from "./script.ts";

export interface Choice {
	readonly step: Step;
	/** `rule`, `default`, `echo`, or agent and number of its step, such as `docs#2`. */
	readonly from: string;
}

function matches(pattern: string | undefined, text: string): boolean {
	if (pattern === undefined) return true;
	const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(pattern) ?? [];
	return source === undefined ? text.includes(pattern) : new RegExp(source, flags).test(text);
}

const answers = (rule: Rule, asked: Asked): boolean =>
	matches(rule.key, asked.key) &&
	matches(rule.model, asked.model) &&
	matches(rule.system, asked.system) &&
	matches(rule.user, asked.user) &&
	matches(rule.last, asked.last) &&
	matches(rule.any, [asked.system, ...asked.users, asked.lastTool].join("\n"));

const isSteps = (entry: readonly Step[] | Agent): entry is readonly Step[] => Array.isArray(entry);

/** The n-th step, where a repeated one counts as many and one that repeats forever hides those after it. */
function stepAt(steps: readonly Step[], n: number): Step | undefined {
	let left = n;
	for (const step of steps) {
		if (step.repeat === "forever") return step;
		left -= step.repeat ?? 1;
		if (left < 0) return step;
	}
	return undefined;
}

/** One run through a script: it counts the requests of each agent. */
export class Reading {
	readonly script: Script;
	readonly #calls = new Map<string, number>();

	constructor(script: Script) {
		this.script = script;
	}

	get calls(): Readonly<Record<string, number>> {
		return Object.fromEntries(this.#calls);
	}

	choose(asked: Asked): Choice {
		const rule = this.script.rules?.find((each) => answers(each, asked));
		if (rule !== undefined) return { step: rule, from: "rule" };
		const own = this.#ofAgent(asked);
		if (own !== undefined) return own;
		const { default: fallback } = this.script;
		return fallback === undefined
			? { step: { text: "echo: ${last}" }, from: "echo" }
			: { step: fallback, from: "default" };
	}

	#ofAgent(asked: Asked): Choice | undefined {
		const entry = this.script.agents?.[asked.key];
		if (entry === undefined) return undefined;
		const agent: Agent = isSteps(entry) ? { steps: entry } : entry;
		const calls = this.#calls.get(asked.key) ?? 0;
		this.#calls.set(asked.key, calls + 1);
		const n = agent.cursor === "turns" ? asked.turns : calls;
		const step = stepAt(agent.steps ?? [], n) ?? agent.after;
		return step === undefined ? undefined : { step, from: `${asked.key}#${n}` };
	}
}
