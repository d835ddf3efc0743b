/**
 * Machines that are not reached, told to the hub as one incident: which they are and who lives there, who is reached
 * again, and the all-clear with the last of them. What is told is stored with it in one transaction and has keys made of
 * what it says, so that a host which dies in between tells nothing twice; while the hub is away it waits with the rest.
 */
import type { Static } from "@sinclair/typebox";
import type { close, record } from "../../contract/incidents.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import type { Clock } from "../../world.ts";
import type { Store } from "../store/store.ts";

/** Since the first of them was lost. Stored: a host that was started anew goes on with the same incident. */
export interface Lost {
	readonly episode: string;
	/** Places that are not reached now. */
	readonly places: readonly string[];
	/** Losses and returns so far: a place may be lost twice in one incident. */
	readonly count: number;
}

type RecordInput = Static<(typeof record)["input"]>;
export type Told =
	| { readonly type: "record"; readonly key: string; readonly input: RecordInput }
	| { readonly type: "close"; readonly key: string; readonly input: Static<(typeof close)["input"]> };

interface Moment {
	/** Of an incident that begins now. */
	readonly episode: string;
	/** ISO 8601. */
	readonly at: string;
	mask(text: string): string;
}

/** A reason longer than this is cut: it is kept for whoever mends it, and not as a log. */
const REASON_MAX = 2_000;

/** What follows from rows of lieutenants elsewhere, as they are shown now. Pure. */
export function outage(
	before: Lost | undefined,
	rows: readonly Lieutenant[],
	moment: Moment,
): { readonly lost: Lost | undefined; readonly told: readonly Told[] } {
	let lost = before;
	const told: Told[] = [];
	for (const [place, there] of Map.groupBy(rows, (row) => row.place)) {
		const away = there.filter(({ state }) => state === "unreachable");
		const known = lost?.places.includes(place) === true;
		if (away.length > 0 === known) continue;
		const now: Lost = { episode: lost?.episode ?? moment.episode, places: [], count: (lost?.count ?? 0) + 1 };
		const others = lost?.places ?? [];
		if (known) {
			lost = { ...now, places: others.filter((one) => one !== place) };
			told.push(fact(lost, moment, place, { type: "back", what: `${place} is reached again` }));
		} else {
			lost = { ...now, places: [...others, place] };
			told.push(...losses(lost, moment, place, away));
		}
	}
	if (lost === undefined || lost.places.length > 0 || lost === before) return { lost, told };
	const what = "every machine is reached again";
	const { episode } = lost;
	return {
		lost: undefined,
		told: [...told, { type: "close", key: `${episode} over`, input: { id: episode, what, at: moment.at } }],
	};
}

type Fact = Pick<RecordInput, "type" | "what" | "lieutenant" | "raw">;

const fact = ({ episode, count }: Lost, { at }: Moment, place: string, said: Fact): Told => ({
	type: "record",
	key: `${episode} ${count} ${said.type} ${said.lieutenant ?? ""}`.trim(),
	input: { cause: "unreachable", episode, at, machine: place, ...said },
});

const losses = (lost: Lost, moment: Moment, place: string, away: readonly Lieutenant[]): readonly Told[] =>
	away.map(({ name, reason }) =>
		fact(lost, moment, place, {
			...{ type: "lost", what: `${name} on ${place} is not reached`, lieutenant: name },
			...(reason === undefined ? {} : { raw: moment.mask(reason).slice(0, REASON_MAX) }),
		}),
	);

export interface OutagesParts {
	readonly store: Pick<Store, "meta" | "setMeta" | "transaction">;
	readonly clock: Pick<Clock, "now">;
	newId(): string;
	/** Secrets that this host knows, replaced. */
	mask(text: string): string;
	/** Kept for the hub, under this key. */
	keep(operation: string, input: unknown, key: string): void;
}

/** Where the store has it; empty when every machine is reached. */
const META = "lost machines";

export class Outages {
	readonly #parts: OutagesParts;

	constructor(parts: OutagesParts) {
		this.#parts = parts;
	}

	seen(rows: readonly Lieutenant[]): void {
		const { store, clock, newId, mask, keep } = this.#parts;
		const stored = store.meta(META) ?? "";
		const before = stored === "" ? undefined : (JSON.parse(stored) as Lost);
		if (before === undefined && rows.every(({ state }) => state !== "unreachable")) return;
		const at = new Date(clock.now()).toISOString();
		const { lost, told } = outage(before, rows, { episode: newId(), at, mask });
		if (told.length === 0) return;
		store.transaction(() => {
			for (const { type, key, input } of told) keep(`incidents.${type}`, input, key);
			store.setMeta(META, lost === undefined ? "" : JSON.stringify(lost));
		});
	}
}
