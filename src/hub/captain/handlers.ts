import * as contract from "../../contract/captain.ts";
import { fault } from "../../errors.ts";
import type { Author, Caller } from "../author.ts";
import type { Context } from "../context.ts";
import { read, work } from "../handle.ts";
import { zoneOf } from "../schedules/times.ts";
import { iso } from "../window.ts";
import { dateAt, dayBefore, spanOf } from "./day.ts";
import { figuresOf, namesIn } from "./figures.ts";
import { type DayRow, dayOf, keepDigest, keepNarrative, shareOf } from "./keep.ts";
import { mergesIn } from "./merges.ts";
import { inventedIn } from "./narrative.ts";
import { askNarrator } from "./narrator.ts";
import { coverageNote, provenanceOf } from "./page.ts";

/** Once it is told why; then the digest stands. */
const REFUSALS = 2;

export interface Asked {
	readonly date?: string;
	readonly zone?: string;
	readonly narrate?: boolean;
	readonly host?: string;
	readonly share?: string;
}

/** Yesterday is that of the zone, seen from `now`. */
export async function logDay(hub: Context, asked: Asked, by: Author, now: number) {
	const zone = zoneOf(asked.zone);
	const date = asked.date ?? dayBefore(dateAt(zone, now));
	const span = spanOf(date, zone);
	if (span.from > hub.world.clock.now()) throw fault("invalid_input", `date: ${date} has not begun in ${zone}`);
	const merged = await mergesIn(hub, span, by);
	const made = await hub.database.write(async (tx) => {
		// Counted before anything is written, so that the log of a day that goes on does not count itself.
		const reader = tx.gate.connection;
		const figures = [...figuresOf(reader, span), ...merged.figures];
		const digest: contract.Digest = {
			...{ date, zone, from: iso(span.from), to: iso(span.to), figures },
			...{ notes: [coverageNote(figures), ...merged.notes], provenance: provenanceOf(figures) },
		};
		const desk = { tx, hub, author: by };
		const kept = await keepDigest(desk, digest, namesIn(reader, span));
		const url = asked.share === undefined ? undefined : await shareOf(desk, kept.report, asked.share);
		return { digest, ...kept, ...(url === undefined ? {} : { url }) };
	});
	const { digest, narrated, ...rest } = made;
	return { ...digest, ...rest, narrator: await narratorOf(hub, made, asked, by) };
}

async function narratorOf(
	hub: Context,
	{ digest, narrated }: { readonly digest: contract.Digest; readonly narrated: boolean },
	{ narrate = true, host }: Asked,
	by: Author,
): Promise<string> {
	if (narrated) return "It has its narrative.";
	return narrate ? await askNarrator(hub, digest, by, host) : "No narrative was asked for.";
}

const authorOf = ({ name, role }: Caller): Author => ({ name, role });

export const log = work(contract.log, ({ input, caller, now, hub }) => logDay(hub, input, authorOf(caller), now), {
	secret: true,
});

function rowOf(hub: Context, date: string): DayRow {
	const row = hub.database.reader.get<DayRow>("select * from captain_days where date = ?", date);
	if (row === undefined) throw fault("not_found", `a captain's log of ${date}`);
	return row;
}

export const digest = read(contract.digest, ({ input, hub }) => {
	const row = rowOf(hub, input.date);
	const known: contract.Digest = JSON.parse(row.digest);
	return { ...known, report: row.report, narrated: row.narrative !== null };
});

/** What is refused is written down in a mutation of its own: the refusal itself leaves nothing behind. */
export const narrate = work(contract.narrate, async ({ input, caller, hub }) => {
	const author = authorOf(caller);
	const row = rowOf(hub, input.date);
	const known: contract.Digest = JSON.parse(row.digest);
	if (row.refused >= REFUSALS)
		throw fault(
			"conflict",
			`The narrative of ${row.date} was refused ${row.refused} times: the digest stands without one`,
		);
	const invented = inventedIn(input.text, { ...known, names: JSON.parse(row.names) });
	if (invented.length > 0) {
		await refuse(hub, author, row, invented);
		throw fault("figure_unknown", invented.slice(0, 10));
	}
	const report = await hub.database.write(async (tx) => {
		const now = await dayOf(tx, row.date);
		if (now?.digest !== row.digest) throw fault("conflict", `The digest of ${row.date} was made anew meanwhile`);
		return await keepNarrative({ tx, hub, author }, now, input.text);
	});
	return { report, provenance: known.provenance };
});

async function refuse(hub: Context, by: Author, { n, date }: DayRow, invented: readonly string[]): Promise<void> {
	await hub.database.write(async (tx) => {
		await tx
			.updateTable("captain_days")
			.set((row) => ({ refused: row("refused", "+", 1) }))
			.where("n", "=", n)
			.execute();
		await tx.publish({
			type: "captains_log_refused",
			by,
			summary: `the narrative of ${date} has figures that the digest lacks`,
			detail: { date, invented: invented.slice(0, 10) },
		});
	});
}
