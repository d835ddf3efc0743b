/** The hub itself, and the hosts that are linked to it. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation } from "./operation.ts";

/** `GET /health` needs no token. */
export const Health = Type.Object({
	status: Type.Literal("ok"),
	uptime: Type.Number({ description: "seconds" }),
	version: Type.String(),
	protocol: Type.Integer(),
});
export type Health = Static<typeof Health>;

export const Host = Type.Object({
	id: Type.String(),
	linked: Type.Boolean({ description: "has a live link" }),
	version: Type.String(),
	lastHeard: Type.String({ description: "ISO 8601, by the hub's clock" }),
	lieutenants: Type.Integer({ description: "known and not gone" }),
});
export type Host = Static<typeof Host>;

export const hosts = operation({
	name: "hosts.list",
	at: "hub",
	cli: "hosts",
	summary: "List the hosts that this hub has heard of, and whether each is linked now.",
	method: "GET",
	path: "/hosts",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ hosts: Type.Array(Host), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ hosts }) =>
		hosts
			.map(
				(host) =>
					`${host.id} ${host.linked ? "linked" : `away since ${host.lastHeard}`} ${host.version} ${host.lieutenants} lieutenants`,
			)
			.join("\n") || "No hosts.",
});
