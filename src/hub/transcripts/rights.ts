/**
 * Who may read which transcript. A conversation shows more than a record does: an orchestrator reads those of its own
 * fleet, a lieutenant what its orchestrator may, a host those of its machine, an admin all, a viewer none.
 */
import type { Caller } from "../author.ts";

export interface Where {
	/** A condition on `transcripts t`. */
	readonly sql: string;
	readonly values: readonly string[];
}

/** The owner of now, where the hub knows the lieutenant: it may have been adopted since its last words. */
const OWNER = "coalesce((select json_extract(doc, '$.owner') from lieutenants where id = t.lieutenant), t.owner)";
/** A name is given again after its holder is gone; the token is the newest holder's. */
const MY_OWNER = `(select json_extract(doc, '$.owner') from lieutenants where host = ? and name = ?
	order by id desc limit 1)`;

export function visible({ role, name, host }: Caller): Where {
	switch (role) {
		case "admin":
			return { sql: "true", values: [] };
		case "host":
			return { sql: "t.host = ?", values: [host ?? name] };
		case "orchestrator":
			return { sql: `${OWNER} = ?`, values: [name] };
		case "lieutenant":
		case "worker":
			return { sql: `${OWNER} = ${MY_OWNER}`, values: [host ?? "", name] };
		case "viewer":
			return { sql: "false", values: [] };
	}
}
