/**
 * Records that a host keeps on disk while the hub is away. Only operations declared `spool: true` may be kept: what is
 * decided in one place (claims, reservations, verdicts) is refused instead (`protocol.md` §4 rule 4).
 */
import { Type } from "@sinclair/typebox";
import { operation, WRITERS } from "./operation.ts";

export const keep = operation({
	name: "spool.keep",
	at: "host",
	cli: "spool keep",
	summary: "Keep a record for a hub that is away. It is sent in order, under its own key, when the hub is back.",
	method: "POST",
	path: "/spool",
	status: 201,
	input: Type.Object({
		operation: Type.String({ minLength: 1, maxLength: 100, description: "name of a hub operation: log.append" }),
		input: Type.Unknown({ description: "its input" }),
		key: Type.String({
			minLength: 1,
			maxLength: 200,
			description: "the key that the caller used towards the hub: a record that did arrive is not kept twice",
		}),
	}),
	output: Type.Object({
		waiting: Type.Integer({ description: "records kept here and not yet in the hub, this one included" }),
	}),
	allow: WRITERS,
	tell: ({ waiting }) => `Kept here, not yet in the hub (${waiting} waiting).`,
});
