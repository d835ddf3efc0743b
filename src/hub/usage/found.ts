/** What was read from a session's file by another than its agent. */
import { fault } from "../../errors.ts";
import type { Caller } from "../author.ts";
import type { Tx } from "../database/tx.ts";

/** It may change what another has told, so that it is for those alone who lead. */
export function mayFind({ role }: Caller, { found }: { readonly found?: boolean }): void {
	if (found === true && (role === "lieutenant" || role === "worker"))
		throw fault("forbidden", role, "tell of sessions that it found in files");
}

/** Who has told of this session; `otherwise`, where nobody has. */
export async function tellerOf(tx: Tx, session: string, otherwise: string): Promise<string> {
	const rows = tx.selectFrom("usage_sessions").select("agent").where("session_id", "=", session);
	return (await rows.orderBy("found").limit(1).executeTakeFirst())?.agent ?? otherwise;
}
