/**
 * How far the work at hand may go. The host says it by a file in the lieutenant's folder; the pack asks the model nothing
 * more once it is used up. The host judges and reports, but it hears of a turn only after it: a model that answers in no
 * time would be many turns ahead of it, and nobody would stop one whose host is away.
 */
import type { World } from "../../world.ts";
import { parseEntry } from "../entry.ts";
import { shape } from "../shape.ts";
import { EMPTY_TALLY, type Tally, tally } from "../tally.ts";
import { isAnswer } from "../transcript.ts";

/** Written by the host, read by the pack; absent while no work is bounded. */
export const ALLOWANCE_FILE = "allowance.json";

const KINDS = ["turns", "tokens", "usd"] as const;
type Used = Readonly<Record<(typeof KINDS)[number], number>>;

export interface Allowance {
	/** What the session had used when the work began: answers, tokens, US dollars. */
	readonly from: Used;
	/** What the work may use; a kind that is not there has no limit. */
	readonly cap: Partial<Used>;
}

/** The same sum as the host's, so that the two never disagree about a cent. */
const isUsedUp = ({ from, cap }: Allowance, used: Used): boolean =>
	KINDS.some((kind) => cap[kind] !== undefined && used[kind] - from[kind] >= cap[kind]);

/** `undefined` for what is none: the host alone then judges. */
export function parseAllowance(text: string | undefined): Allowance | undefined {
	if (text === undefined) return undefined;
	try {
		const { from, cap } = shape(JSON.parse(text));
		const given = (of: unknown) =>
			KINDS.flatMap((kind) => {
				const value = shape(of)[kind];
				return typeof value === "number" ? [[kind, value] as const] : [];
			});
		const used: Used = { turns: 0, tokens: 0, usd: 0, ...Object.fromEntries(given(from)) };
		return { from: used, cap: Object.fromEntries(given(cap)) };
	} catch {
		// Replaced as a whole by its host, so this was somebody's hand.
		return undefined;
	}
}

/** What one session has used, counted as it grows. */
export class Meter {
	readonly #files: Pick<World["files"], "read">;
	readonly #path: string;
	#seen = 0;
	#turns = 0;
	#tally: Tally = EMPTY_TALLY;

	/** `folder`: the lieutenant's. */
	constructor(files: Pick<World["files"], "read">, folder: string) {
		this.#files = files;
		this.#path = `${folder}/${ALLOWANCE_FILE}`;
	}

	/** `entries`: all of the session, as pi gives them. */
	usedUp(entries: readonly unknown[]): boolean {
		this.#count(entries);
		const allowance = parseAllowance(this.#files.read(this.#path));
		const { totalTokens: tokens, cost: usd } = this.#tally;
		return allowance !== undefined && isUsedUp(allowance, { turns: this.#turns, tokens, usd });
	}

	#count(entries: readonly unknown[]): void {
		const fresh = entries.slice(this.#seen).flatMap((raw) => parseEntry(raw) ?? []);
		this.#seen = entries.length;
		this.#turns += fresh.filter(isAnswer).length;
		this.#tally = tally(fresh, this.#tally);
	}
}
