/** A day as it is kept: its row, its report, its entry in the journal. */
import type { Selectable } from "kysely";
import type { Digest } from "../../contract/captain.ts";
import type { Author } from "../author.ts";
import type { Context } from "../context.ts";
import type { Tx } from "../database/tx.ts";
import type { Stamp } from "../handle.ts";
import { append } from "../journal/handlers.ts";
import { create, update } from "../reports/handlers.ts";
import { share } from "../shares/handlers.ts";
import { inventedIn } from "./narrative.ts";
import { pageOf, titleOf } from "./page.ts";
import type { CaptainDayTable } from "./schema.ts";

export type DayRow = Selectable<CaptainDayTable>;

/** All that the handlers of reports and journal want to know of a call. */
export interface Desk {
	readonly tx: Tx;
	readonly hub: Context;
	readonly author: Author;
}

function callBy({ tx, hub, author }: Desk) {
	const at = hub.world.clock.now();
	const stamp: Stamp = { id: hub.ids.next(), timestamp: new Date(at).toISOString(), at };
	const { name, role } = author;
	return { tx, hub, author, stamp, caller: { id: "captains-log", name, role }, proof: undefined };
}

export const dayOf = async (tx: Tx, date: string): Promise<DayRow | undefined> =>
	await tx.selectFrom("captain_days").selectAll().where("date", "=", date).executeTakeFirst();

/** The report that it is now. One that was deleted meanwhile is made again. */
async function publish(desk: Desk, known: string | undefined, digest: Digest, narrative?: string): Promise<string> {
	const [title, content] = [titleOf(digest), pageOf(digest, narrative)];
	const kept =
		known === undefined
			? undefined
			: await desk.tx.selectFrom("reports").select("id").where("id", "=", known).executeTakeFirst();
	if (kept === undefined)
		return (await create.run({ ...callBy(desk), input: { title, content, tags: ["captains-log"] } })).id;
	// Whoever made the digest is its author; a narrator only adds to it.
	const author: Author = { ...desk.author, role: "admin" };
	await update.run({ ...callBy({ ...desk, author }), input: { id: kept.id, title, content } });
	return kept.id;
}

const journal = (desk: Desk, text: string) =>
	append.run({ ...callBy(desk), input: { text: text.slice(0, 16_000), tags: ["captains-log"] } });

export interface Kept {
	readonly report: string;
	readonly narrated: boolean;
}

/** Made again it is the same day: a narrative stays as long as the new figures bear it out. */
export async function keepDigest(desk: Desk, digest: Digest, names: readonly string[]): Promise<Kept> {
	const known = await dayOf(desk.tx, digest.date);
	const told = known?.narrative ?? undefined;
	const narrative = told !== undefined && inventedIn(told, { ...digest, names }).length === 0 ? told : undefined;
	const report = await publish(desk, known?.report, digest, narrative);
	const row = {
		...{ digest: JSON.stringify(digest), names: JSON.stringify(names), report, refused: 0 },
		...{ narrative: narrative ?? null, narrator: narrative === undefined ? null : (known?.narrator ?? null) },
	};
	if (known === undefined) {
		const { date } = digest;
		await desk.tx
			.insertInto("captain_days")
			.values({ ...row, date, made_by: desk.author.name })
			.execute();
		await journal(desk, `${titleOf(digest)}: report ${report}. ${digest.provenance}`);
	} else await desk.tx.updateTable("captain_days").set(row).where("n", "=", known.n).execute();
	return { report, narrated: narrative !== undefined };
}

export async function keepNarrative(desk: Desk, row: DayRow, text: string): Promise<string> {
	const digest: Digest = JSON.parse(row.digest);
	const report = await publish(desk, row.report, digest, text);
	const set = { report, narrative: text, narrator: desk.author.name };
	await desk.tx.updateTable("captain_days").set(set).where("n", "=", row.n).execute();
	await journal(desk, `${text.trim().slice(0, 15_000)}\n\n${digest.provenance}`);
	return report;
}

/** Its address holds the secret: it is told to whoever asked and kept nowhere. */
export const shareOf = async (desk: Desk, id: string, expiresAt: string): Promise<string> =>
	(await share.run({ ...callBy(desk), input: { id, expiresAt, label: "captain's log" } })).url;
