/** What a call looks like on the wire, read off the declaration: path parameters, query, body. Pure. */
import type { AnyOperation } from "../contract/operation.ts";
import { fault } from "../errors.ts";

export interface WireRequest {
	readonly method: string;
	/** Path with parameters filled in, and the query. */
	readonly path: string;
	/** JSON text; absent for GET and DELETE. */
	readonly body?: string;
}

/** Splits `input` as `Operation.path` says: `:params` first; the rest is query (GET, DELETE) or JSON body. */
export function wireRequest(operation: AnyOperation, input: unknown): WireRequest {
	const rest = new Map(Object.entries(isRecord(input) ? input : {}));
	const path = operation.path.replace(/:(\w+)/g, (_whole, name: string) => {
		const value = rest.get(name);
		rest.delete(name);
		if (value === undefined || value === null || value === "") throw fault("invalid_input", `${name} is required`);
		return segment(name, String(value));
	});
	if (operation.method === "GET" || operation.method === "DELETE") {
		const query = queryOf(rest);
		return { method: operation.method, path: query === "" ? path : `${path}?${query}` };
	}
	return { method: operation.method, path, body: JSON.stringify(Object.fromEntries(rest)) };
}

/** An empty segment, `.` and `..` would call another route, however they are written; half a character has no form. */
function segment(name: string, value: string): string {
	if (value === "." || value === ".." || !value.isWellFormed())
		throw fault("invalid_input", `invalid ${name}: ${value}`);
	return encodeURIComponent(value);
}

/** True for what must carry an idempotency key. */
export const isMutation = (operation: AnyOperation): boolean => operation.method !== "GET";

function queryOf(values: ReadonlyMap<string, unknown>): string {
	const query = new URLSearchParams();
	for (const [name, value] of values) {
		for (const one of Array.isArray(value) ? value : [value]) {
			if (one === undefined || one === null) continue;
			query.append(name, typeof one === "object" ? JSON.stringify(one) : String(one));
		}
	}
	return query.toString();
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);
