/** A fresh agent in the place of one that is stuck, confused, or of the wrong model. */
import { Type } from "@sinclair/typebox";
import { Lieutenant, Name } from "./lieutenants.ts";
import { operation } from "./operation.ts";
import { oneOf } from "./shapes.ts";

export const replace = operation({
	name: "lieutenants.replace",
	at: "host",
	tool: "vers_lt_replace",
	cli: "lt replace",
	summary:
		"Put a fresh agent in a lieutenant's place, with its role, task, folder, branch, unread messages and what it did so far.",
	method: "POST",
	path: "/lieutenants/:name/replace",
	status: 200,
	launches: true,
	patience: 120_000,
	input: Type.Object({
		name: Name,
		model: Type.Optional(Type.String({ description: "provider/model; default: the same" })),
		thinking: Type.Optional(oneOf(["off", "minimal", "low", "medium", "high", "xhigh"])),
		note: Type.Optional(
			Type.String({ maxLength: 8_000, description: "what the new one should know, or do otherwise" }),
		),
	}),
	output: Type.Object({ ...Lieutenant.properties, note: Type.Optional(Type.String()) }),
	allow: ["admin", "host", "orchestrator"],
	effect: ({ name }) => `replaced lieutenant ${name}`,
	tell: ({ name, id, state, due, note }) =>
		`${name} is a fresh agent now (${id}), ${state}${due === undefined ? ". Give it work with vers_lt_send." : "; you are told when it is done."}${note === undefined ? "" : ` ${note}`}`,
});
