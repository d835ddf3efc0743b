/**
 * Rows as stored. Each service declares its tables in its own `schema.ts` by merging into this interface, beside the
 * steps that make them, so a new service edits no shared list.
 */
export interface Tables {
	/** How many steps of each service's schema this file has seen. */
	schema_versions: { service: string; version: number };
}
