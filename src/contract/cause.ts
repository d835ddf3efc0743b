/**
 * Why a lieutenant does not go on, or seems not to, as data; the sentence stands in `reason` or in the notice. A kind of
 * its own for each, because each asks for something else.
 */
import { type Static, Type } from "@sinclair/typebox";

const kind = <const T extends string>(type: T) => Type.Literal(type);

export const Cause = Type.Union([
	// it lives and does not answer
	Type.Object({ type: kind("frozen"), pid: Type.Integer() }, { description: "its process was stopped by a signal" }),
	Type.Object(
		{ type: kind("unresponsive"), seconds: Type.Integer() },
		{ description: "it runs, and answers no probe" },
	),
	// it answers, and somebody else does not
	Type.Object(
		{ type: kind("silent-stream"), seconds: Type.Integer() },
		{ description: "nothing comes from the model" },
	),
	Type.Object({ type: kind("provider-error"), runs: Type.Integer() }, { description: "runs in a row that failed" }),
	Type.Object(
		{ type: kind("throttled"), until: Type.String() },
		{ description: "its provider asks for less: it waits" },
	),
	// it is well
	Type.Object({ type: kind("silent-tool"), since: Type.String() }, { description: "its tool says nothing; it lives" }),
	// its process ended
	Type.Object({ type: kind("killed"), signal: Type.String() }),
	Type.Object({ type: kind("exited"), code: Type.Integer() }),
	Type.Object({
		type: kind("out-of-memory"),
		of: Type.Unsafe<"machine" | "process">({ type: "string", enum: ["machine", "process"] }),
	}),
	Type.Object({ type: kind("unseen") }, { description: "it was gone when its host looked" }),
	Type.Object({ type: kind("unstartable") }),
	// the machine
	Type.Object({ type: kind("machine-gone") }, { description: "its platform does not know its machine any more" }),
	Type.Object({ type: kind("disk-full"), path: Type.String(), freeMb: Type.Integer() }),
]);
export type Cause = Static<typeof Cause>;
