/**
 * A lieutenant moves to another place in the middle of its conversation: session, branch, uncommitted work and what it was
 * asked go along under the same id, and where it was it cannot begin again. `lieutenants.move` is for people and
 * orchestrators; the rest is what the host that moves it asks of the two others.
 */
import { Type } from "@sinclair/typebox";
import { Lieutenant, Name } from "./lieutenants.ts";
import { operation } from "./operation.ts";
import { text } from "./shapes.ts";

const FOR_HOSTS = ["admin", "host"] as const;
/** A machine may have to be made ready first, and a repository carried over a slow line. */
const PATIENCE = 900_000;

const Id = text(64, "lieutenant id");
const File = text(1_000, "absolute path on the machine that is asked");

export const move = operation({
	name: "lieutenants.move",
	at: "host",
	tool: "vers_lt_move",
	cli: "lt move",
	summary: "Move a lieutenant to another place with its session, branch and uncommitted work.",
	method: "POST",
	path: "/lieutenants/:name/move",
	status: 200,
	launches: true,
	patience: PATIENCE,
	input: Type.Object({
		name: Name,
		place: text(300, "local, vers (a VM of its own), vers:<VM>, or ssh:user@machine[:port]"),
	}),
	output: Type.Object({ ...Lieutenant.properties, note: Type.Optional(Type.String()) }),
	allow: ["admin", "host", "orchestrator"],
	effect: ({ name, place }) => `moved ${name} to ${place}`,
	tell: ({ name, place, cwd, state, note }) =>
		`${name} is ${state} at ${place}, in ${cwd}.${note === undefined ? "" : ` ${note}`}`,
});

export const pack = operation({
	name: "moves.pack",
	at: "host",
	cli: "moves pack",
	summary: "End a lieutenant's process here and put all that it needs elsewhere into one file.",
	method: "POST",
	path: "/moves/:id/pack",
	status: 200,
	patience: PATIENCE,
	input: Type.Object({ id: Id, file: File, to: Type.String({ maxLength: 300 }) }),
	output: Type.Object({ bytes: Type.Integer() }),
	allow: FOR_HOSTS,
	tell: ({ bytes }) => `${bytes} bytes.`,
});

export const unpack = operation({
	name: "moves.unpack",
	at: "host",
	cli: "moves unpack",
	summary: "Take a lieutenant in from such a file, and let it go on.",
	method: "POST",
	path: "/moves/:id/unpack",
	status: 200,
	launches: true,
	patience: PATIENCE,
	input: Type.Object({ id: Id, file: File, bytes: Type.Integer() }),
	output: Type.Object({ ...Lieutenant.properties, note: Type.Optional(Type.String()) }),
	allow: FOR_HOSTS,
	tell: ({ name, cwd }) => `${name} is in ${cwd}.`,
});

export const settle = operation({
	name: "moves.settle",
	at: "host",
	cli: "moves settle",
	summary: "Say how a move ended: it lives elsewhere now, or it stays and goes on.",
	method: "POST",
	path: "/moves/:id/settle",
	status: 200,
	patience: PATIENCE,
	input: Type.Object({ id: Id, moved: Type.Boolean() }),
	output: Type.Object({ kept: Type.Array(Type.String()) }),
	allow: FOR_HOSTS,
	tell: ({ kept }) => kept.join("\n") || "Done.",
});
