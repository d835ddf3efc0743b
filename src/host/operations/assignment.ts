/** The task of a new lieutenant: a board id that it claims, or a text that becomes a row which it has claimed. */
import * as board from "../../contract/board.ts";
import * as claims from "../../contract/claims.ts";
import * as terms from "../../contract/terms.ts";
import { Fault } from "../../errors.ts";
import type { Host } from "../host.ts";
import type { HeldToken } from "../store/tokens.ts";

export interface Assignment {
	/** Board id; absent where the hub was away and the text went out without a row. */
	readonly task?: string;
	readonly prompt: string;
	/** What the caller should know. */
	readonly note?: string;
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const TITLE = 120;

const closing = "When it is done, say what you did and how you know that it works.";
const briefing = (id: string, text: string): string => `Task ${id}, claimed by you:\n\n${text}\n\n${closing}`;

/**
 * `holder` is the lieutenant's own token, `asker` the orchestrator's. A board id needs the hub: who owns a task is
 * decided there or not at all. A text can go out without it, and then says so. `check`: what is due is a command that
 * passes, so the task is done only when it has.
 */
export async function assign(
	host: Host,
	asker: HeldToken,
	holder: HeldToken,
	{ task, check }: { readonly task: string; readonly check?: string },
): Promise<Assignment> {
	if (ULID.test(task)) {
		await host.known(holder);
		const held = await host.hubAs(holder).call(claims.claim, { id: task });
		return { task, prompt: briefing(task, [held.title, held.description ?? ""].filter(Boolean).join("\n\n")) };
	}
	const title = task.trim().split("\n")[0]?.slice(0, TITLE) ?? task;
	try {
		await Promise.all([host.known(asker), host.known(holder)]);
		const made = await host.hubAs(asker).call(board.create, { title, description: task, assignee: holder.name });
		if (check !== undefined) await host.hubAs(asker).call(terms.terms, { id: made.id, check });
		await host.hubAs(holder).call(claims.claim, { id: made.id });
		return { task: made.id, prompt: briefing(made.id, task) };
	} catch (thrown) {
		if (!(thrown instanceof Fault) || thrown.code !== "hub_away") throw thrown;
		return { prompt: `${task}\n\n${closing}`, note: "The hub is away: the task went out, but it is not on the board." };
	}
}
