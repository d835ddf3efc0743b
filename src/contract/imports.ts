/** Records of an older server, taken over as they were: with their ids, times and authors. */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { anything, oneOf } from "./shapes.ts";

/** What is brought, in the order in which it has to come: a note after its task, an access after its link. */
export const IMPORT_KINDS = [
	"vm",
	"task",
	"note",
	"artifact",
	"dependency",
	"event",
	"log",
	"journal",
	"commit",
	"skill",
	"extension",
	"change",
	"manifest",
	"report",
	"link",
	"access",
	"session",
	"machine",
] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** Records of one request; it is one commit. */
export const IMPORT_MAX = 200;

export const Brought = Type.Object({ kind: oneOf(IMPORT_KINDS), record: anything("as the old server kept it") });
export type Brought = Static<typeof Brought>;

export const Fate = Type.Object({
	outcome: oneOf(["added", "known", "refused"], "known: it was here before, and stays as it is here"),
	why: Type.Optional(Type.String({ description: "of a refused one" })),
	dropped: Type.Optional(Type.Array(Type.String(), { description: "fields that no record has here, hence not kept" })),
	differs: Type.Optional(Type.Boolean({ description: "known, and says something else than when it was added" })),
});
export type Fate = Static<typeof Fate>;

export const bring = operation({
	name: "imports.bring",
	at: "hub",
	cli: { none: "`flagship import` reads the folder and sends what is in it" },
	summary: "Take over records of an older server with their ids and times. Each is added once, however often it comes.",
	method: "POST",
	path: "/imports",
	status: 200,
	input: Type.Object({ records: Type.Array(Brought, { minItems: 1, maxItems: IMPORT_MAX }) }),
	output: Type.Object({ fates: Type.Array(Fate, { description: "one for each record, in its order" }) }),
	allow: ["admin"],
	patience: 20_000,
	tell: ({ fates }) => `${fates.filter(({ outcome }) => outcome === "added").length} of ${fates.length} added.`,
});
