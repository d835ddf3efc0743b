/** What happened in a chaos run, as data, judged by the rules of the simulation and by what only real processes show. */
import type { Lieutenant, Message } from "../../src/contract/lieutenants.ts";
import type { Notice } from "../../src/contract/link.ts";
import type { LogEntry } from "../../src/contract/log.ts";
import type { Entry } from "../../src/pi/entry.ts";
import { envelopeOf } from "../../src/pi/envelope.ts";
import { heldIn } from "../../src/pi/transcript.ts";
import { type Hearing, wronglyDelivered, wronglyHeard, wronglyKept, wronglyMourned } from "../sim/rules.ts";

export interface Seen {
	readonly row: Lieutenant;
	/** Its process lives. */
	readonly alive: boolean;
	readonly entries: readonly Entry[];
	readonly messages: readonly Message[];
	/** Hashes of what it has committed. */
	readonly commits: readonly string[];
}

export interface History {
	/** Id by text, of what the host has acknowledged. */
	readonly acknowledged: ReadonlyMap<string, string>;
	readonly fleet: readonly Seen[];
	/** As the host keeps them, each once by its nature: ids by the type. */
	readonly notices: readonly Pick<Notice, "id" | "type" | "lieutenant">[];
	/** Notices in the conversations of the orchestrator's sessions, in their order. */
	readonly told: readonly Hearing[];
	readonly entries: readonly LogEntry[];
}

const LIVES = ["starting", "idle", "working"];

/** One sentence for each thing that must not be. */
export function failuresOf(history: History): readonly string[] {
	const logged = new Set(history.entries.flatMap(({ facts }) => facts?.commits ?? []));
	const told = new Set(history.told.map(({ notice }) => notice));
	const stored = history.fleet.flatMap(({ messages }) => messages.map(({ id, text }) => [id, text] as const));
	return [
		...wronglyKept(history.acknowledged, new Map(stored)),
		...history.fleet.flatMap((seen) => [...wrongMessages(seen), ...wrongState(seen), ...wrongDeaths(seen, history)]),
		...history.fleet.flatMap(({ row, commits }) =>
			commits
				.filter((hash) => !logged.has(hash))
				.map((hash) => `${row.name}'s commit ${hash.slice(0, 8)} is not logged`),
		),
		...wronglyHeard(history.told),
		...history.notices.filter(({ id }) => !told.has(id)).map(({ id, type }) => `${type} ${id} was never told`),
	];
}

function wrongMessages({ row, messages, entries }: Seen): readonly string[] {
	const held = heldIn(entries);
	const times = new Map<string, number>();
	for (const entry of entries) {
		if (entry.type !== "message" || entry.message.role !== "user") continue;
		const id = envelopeOf(entry.message.text)?.id;
		if (id !== undefined) times.set(id, (times.get(id) ?? 0) + 1);
	}
	// Nobody gives a lieutenant up in such a run.
	return messages.flatMap(({ id, receipt }) => [
		...wronglyDelivered({ id, receipt, times: times.get(id) ?? 0, givenUp: false }),
		...(receipt === "consumed" && held.get(id)?.answer === undefined
			? [`message ${id} to ${row.name} is consumed and has no answer`]
			: []),
	]);
}

const wrongState = ({ row, alive }: Seen): readonly string[] => [
	...(LIVES.includes(row.state) && !alive ? [`${row.name} is ${row.state} and its process is dead`] : []),
	...(row.state === "idle" ? [] : [`${row.name} rests as ${row.state}`]),
];

function wrongDeaths({ row }: Seen, { notices }: History): readonly string[] {
	const deaths = notices.filter(({ type, lieutenant }) => type === "death" && lieutenant.id === row.id).length;
	return wronglyMourned(row.name, deaths, row.lives - 1, row.lives - 1);
}
