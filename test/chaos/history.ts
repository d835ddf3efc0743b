/** What happened in a chaos run, as data, and what of it must never be: the rules of the simulation, over real processes. */
import type { Lieutenant, Message } from "../../src/contract/lieutenants.ts";
import type { Notice } from "../../src/contract/link.ts";
import type { LogEntry } from "../../src/contract/log.ts";
import type { Entry } from "../../src/pi/entry.ts";
import { envelopeOf } from "../../src/pi/envelope.ts";
import { heldIn } from "../../src/pi/transcript.ts";

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
	/** Ids of notices in the conversations of the orchestrator's sessions, as often as they stand there; `again` is none. */
	readonly told: readonly string[];
	readonly entries: readonly LogEntry[];
}

const ENDS = ["consumed", "superseded", "rejected", "lost"];
const LIVES = ["starting", "idle", "working"];

/** One sentence for each thing that must not be. */
export function failuresOf(history: History): readonly string[] {
	const logged = new Set(history.entries.flatMap(({ facts }) => facts?.commits ?? []));
	const twice = history.told.filter((id, n) => history.told.indexOf(id) !== n);
	return [
		...lost(history),
		...history.fleet.flatMap((seen) => [...wrongMessages(seen), ...wrongState(seen), ...wrongDeaths(seen, history)]),
		...history.fleet.flatMap(({ row, commits }) =>
			commits
				.filter((hash) => !logged.has(hash))
				.map((hash) => `${row.name}'s commit ${hash.slice(0, 8)} is not logged`),
		),
		...twice.map((id) => `notice ${id} was told twice`),
		...history.notices
			.filter(({ id }) => !history.told.includes(id))
			.map(({ id, type }) => `${type} ${id} was never told`),
	];
}

function lost({ acknowledged, fleet }: History): readonly string[] {
	const stored = new Map(
		fleet.flatMap(({ messages }) => messages.map((message) => [message.text, message.id] as const)),
	);
	return [...acknowledged].flatMap(([text, id]) =>
		stored.get(text) === id ? [] : [`"${text}" was acknowledged as ${id} and is stored as ${stored.get(text)}`],
	);
}

function wrongMessages({ row, messages, entries }: Seen): readonly string[] {
	const held = heldIn(entries);
	const times = new Map<string, number>();
	for (const entry of entries) {
		if (entry.type !== "message" || entry.message.role !== "user") continue;
		const id = envelopeOf(entry.message.text)?.id;
		if (id !== undefined) times.set(id, (times.get(id) ?? 0) + 1);
	}
	return messages.flatMap(({ id, receipt }) => [
		...(ENDS.includes(receipt) ? [] : [`message ${id} to ${row.name} rests as ${receipt}`]),
		...((times.get(id) ?? 0) > 1 ? [`message ${id} stands ${times.get(id)} times in ${row.name}'s session`] : []),
		...(receipt === "consumed" && held.get(id)?.answer === undefined
			? [`message ${id} to ${row.name} is consumed and has no answer`]
			: []),
		...(receipt === "lost" ? [`message ${id} to ${row.name} was lost, which nobody asked for`] : []),
	]);
}

const wrongState = ({ row, alive }: Seen): readonly string[] => [
	...(LIVES.includes(row.state) && !alive ? [`${row.name} is ${row.state} and its process is dead`] : []),
	...(row.state === "idle" ? [] : [`${row.name} rests as ${row.state}`]),
];

function wrongDeaths({ row }: Seen, { notices }: History): readonly string[] {
	const deaths = notices.filter(({ type, lieutenant }) => type === "death" && lieutenant.id === row.id).length;
	return deaths === row.lives - 1 ? [] : [`${row.name} began ${row.lives} lives and ${deaths} deaths are told`];
}
