/** Which host a forwarded call is for. */
import type { Kysely } from "kysely";
import type { AnyOperation } from "../../contract/operation.ts";
import { fault } from "../../errors.ts";
import type { Tables } from "../database/tables.ts";

export interface Target {
	readonly host: string;
	/** Lieutenant id; absent for calls that concern none in particular. */
	readonly lieutenant?: string;
}

/** `input.name` is a lieutenant's name or id; a new one's name, and `*`, name none that is there. */
export async function targetOf(
	db: Kysely<Tables>,
	operation: AnyOperation,
	input: unknown,
	linked: readonly string[],
): Promise<Target> {
	const named = operation.path.includes("/:name") ? field(input, "name") : undefined;
	if (named === undefined || named === "*") return { host: hostOf(field(input, "host"), linked) };
	const rows = await db
		.selectFrom("lieutenants")
		.select(["id", "host", "name"])
		.where("state", "!=", "gone")
		.where((or) => or.or([or("name", "=", named), or("id", "=", named)]))
		.execute();
	const [found, another] = rows;
	if (found === undefined) throw fault("lieutenant_unknown", named, await names(db));
	if (another !== undefined)
		throw fault("conflict", `'${named}' is on several hosts; name it by id: ${rows.map((row) => row.id).join(", ")}`);
	return { host: found.host, lieutenant: found.id };
}

/** The host that the caller named, or the only one there is. */
function hostOf(named: string | undefined, linked: readonly string[]): string {
	const [only, another] = linked;
	if (named !== undefined) return named;
	if (only === undefined) throw fault("host_away", "of this fleet");
	if (another !== undefined) throw fault("invalid_input", `host is required: ${linked.join(", ")} are linked`);
	return only;
}

const names = async (db: Kysely<Tables>): Promise<string[]> =>
	(
		await db.selectFrom("lieutenants").select("name").where("state", "!=", "gone").orderBy("name").limit(50).execute()
	).map((row) => row.name);

function field(input: unknown, name: string): string | undefined {
	const value =
		typeof input === "object" && input !== null && Object.hasOwn(input, name)
			? (input as Record<string, unknown>)[name]
			: undefined;
	return typeof value === "string" ? value : undefined;
}
