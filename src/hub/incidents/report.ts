/** An incident as a document; on wish as a report, whose next version it is when it was one before. */
import * as contract from "../../contract/incidents.ts";
import type { Role } from "../../contract/operation.ts";
import { fault } from "../../errors.ts";
import type { Tx } from "../database/tx.ts";
import { type WriteCall, write } from "../handle.ts";
import { create, update } from "../reports/handlers.ts";
import { share } from "../shares/handlers.ts";
import { documentOf, TIMELINE_MAX, titleOf, type Written } from "./document.ts";
import { factOf, type IncidentRow, rowOf, told } from "./view.ts";

/** Who decides what leaves the fleet, as of any report. */
const MAY_SHARE: ReadonlySet<Role> = new Set(share.operation.allow);

async function writtenUp(tx: Tx, { n, host }: IncidentRow): Promise<Written> {
	const rows = await tx
		.selectFrom("incident_facts")
		.selectAll()
		.where("incident", "=", n)
		.orderBy("n")
		.limit(TIMELINE_MAX)
		.execute();
	const { all } = await tx
		.selectFrom("incident_facts")
		.select(({ fn }) => fn.countAll<number>().as("all"))
		.where("incident", "=", n)
		.executeTakeFirstOrThrow();
	const there = await tx
		.selectFrom("undeleted")
		.select("machine")
		.where("host", "=", host)
		.where("gone_at", "is", null)
		.orderBy("n")
		.execute();
	return {
		incident: await told(tx, n),
		facts: rows.map(factOf),
		left: all - rows.length,
		undeleted: there.map(({ machine }) => machine),
	};
}

type Call = WriteCall<Parameters<typeof contract.report.tell>[1]>;

/** The report that it is now. One that was deleted meanwhile is made again. */
async function publish(call: Call, row: IncidentRow, written: Written): Promise<string> {
	const { tx } = call;
	const [title, content] = [titleOf(written.incident), documentOf(written)];
	const kept = row.report === null ? undefined : await keptReport(tx, row.report);
	if (kept !== undefined) {
		await update.run({ ...call, input: { id: kept, title, content } });
		return kept;
	}
	const { id } = await create.run({ ...call, input: { title, content, tags: ["incident", row.cause] } });
	await tx.updateTable("incidents").set({ report: id }).where("n", "=", row.n).execute();
	return id;
}

const keptReport = async (tx: Tx, id: string): Promise<string | undefined> =>
	(await tx.selectFrom("reports").select("id").where("id", "=", id).executeTakeFirst())?.id;

export const report = write(
	contract.report,
	async (call) => {
		const { input, caller, tx } = call;
		if (input.share !== undefined && input.publish !== true)
			throw fault("invalid_input", "share needs publish: only a report has a link");
		if (input.share !== undefined && !MAY_SHARE.has(caller.role))
			throw fault("forbidden", caller.role, "share a report");
		const row = await rowOf(tx, input.id);
		const written = await writtenUp(tx, row);
		const markdown = documentOf(written);
		if (input.publish !== true) return { markdown };
		const id = await publish(call, row, written);
		if (input.share === undefined) return { markdown, report: id };
		const { url } = await share.run({ ...call, input: { id, expiresAt: input.share } });
		return { markdown, report: id, url };
	},
	{ secret: true },
);
