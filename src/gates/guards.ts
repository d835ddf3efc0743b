/**
 * The gates that stand before a tool call, in one place: each looks at the call and says why it may not be, or nothing.
 * What a gate decides is in its own file; here a verdict becomes a refusal, a warning, and an event of the feed.
 */
import { reason } from "../errors.ts";
import type { Random } from "../world.ts";
import { refusedPush } from "./push.ts";
import { aroundText, pushSpelling } from "./push-spelling.ts";
import type { Records } from "./records.ts";
import type { Gate, GateSettings } from "./settings.ts";
import { inputText } from "./tools.ts";
import type { Call } from "./work-log.ts";

/** Whose session this is. */
export type Agent = { readonly type: "lieutenant"; readonly name: string } | { readonly type: "orchestrator" };

export interface GuardOptions {
	readonly settings: GateSettings;
	readonly agent: Agent;
	readonly random: Random;
	readonly records: Pick<Records, "publish">;
	/** Tells the person; the model does not see it. */
	tell(text: string): void;
}

interface Objection {
	readonly gate: Gate;
	readonly text: string;
	readonly metadata?: Readonly<Record<string, unknown>>;
}

export class Guards {
	readonly #options: GuardOptions;

	constructor(options: GuardOptions) {
		this.#options = options;
	}

	/** Why the call may not be; `undefined` when it may. */
	async before(call: Call): Promise<string | undefined> {
		for (const objection of [this.#push(call)]) {
			if (objection !== undefined && this.#settings[objection.gate] !== "off") {
				const refused = this.#settings[objection.gate] === "enforce";
				this.#publish(objection, refused ? "refused" : "warned");
				if (refused) return objection.text;
				this.#options.tell(`${objection.text} (gates.${objection.gate} is set to warn.)`);
			}
		}
		return undefined;
	}

	get #settings(): GateSettings {
		return this.#options.settings;
	}

	#push({ tool, input }: Call): Objection | undefined {
		const { agent } = this.#options;
		if (agent.type !== "lieutenant" || tool !== "bash") return undefined;
		const spelled = pushSpelling(inputText(input, "command"), this.#settings.protectedBranches);
		if (spelled === undefined) return undefined;
		if (spelled.type === "around")
			return { gate: "pushToMain", text: aroundText(spelled.what), metadata: { around: spelled.what } };
		// Granted, or only to be warned of: the hook says so when it happens.
		if (this.#settings.pushGrants.includes(agent.name) || this.#settings.pushToMain === "warn") return undefined;
		return {
			gate: "pushToMain",
			text: refusedPush(spelled.branch, agent.name),
			metadata: { branches: [spelled.branch] },
		};
	}

	#publish({ gate, text, metadata }: Objection, verdict: string): void {
		const event = { summary: text, metadata: { gate, verdict, ...metadata } };
		const key = Buffer.from(this.#options.random.bytes(8)).toString("hex");
		// Not waited for: the feed tells the story, it decides nothing.
		this.#options.records.publish(event, key).catch((thrown: unknown) => {
			this.#options.tell(`The feed could not be told: ${reason(thrown)}`);
		});
	}
}
