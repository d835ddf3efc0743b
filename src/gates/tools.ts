/** What a tool call may leave behind, told from its name and input. */
import { type Judged, judge, type Place } from "./commands.ts";

export type Touch =
	| { readonly type: "none" }
	/** Changes the file that it names. */
	| { readonly type: "file"; readonly path: string }
	/** The tree before and after tells; `effect` is named too when the tree shows nothing. */
	| {
			readonly type: "look";
			readonly effect?: string;
			/** Named even when the tree shows a change. */
			readonly always?: string;
			readonly refs: boolean;
			readonly push: boolean;
	  }
	/** Done elsewhere; no tree shows it. `tried`: also one that failed may have left something. */
	| { readonly type: "effect"; readonly effect: string; readonly tried?: true }
	/** The work log itself. */
	| { readonly type: "log" };

/** Tools that only read or arrange, pi's own and the finder of ours; what a script of `codemode` calls is judged call by call. */
const READING = new Set(["read", "grep", "find", "ls", "tool_search", "fleet_tools", "codemode"]);

export interface Known {
	/** The effect of one of Flagship's own tools; `undefined` when the tool is not ours. Asked only for tools not pi's. */
	own(tool: string, input: unknown): Promise<{ readonly effect?: string } | undefined>;
	/** Tools that a person has declared to leave no trace: `gates.quietTools`. */
	readonly quiet: readonly string[];
}

/** A text field of a tool's input; empty when there is none. */
export const inputText = (input: unknown, name: string): string => {
	const value: unknown = typeof input === "object" && input !== null ? Reflect.get(input, name) : undefined;
	return typeof value === "string" ? value : "";
};

/** One of pi's own tools whose call acts on a VM: nothing of it shows here. */
export function touchOn(vm: string, tool: string, input: unknown, place: Place): Touch {
	if (READING.has(tool)) return { type: "none" };
	if (tool !== "bash") return { type: "effect", effect: `changed ${inputText(input, "path")} on VM ${vm}` };
	const { trace, programs } = judge(inputText(input, "command"), place);
	if (trace === "none") return { type: "none" };
	const ran = programs.map((name) => `\`${name}\``).join(", ") || "a command";
	return { type: "effect", effect: `ran ${ran} on VM ${vm}`, tried: true };
}

export async function touch(tool: string, input: unknown, place: Place, known: Known): Promise<Touch> {
	if (tool === "log_append") return { type: "log" };
	if (READING.has(tool) || known.quiet.includes(tool)) return { type: "none" };
	if (tool === "edit" || tool === "write") return { type: "file", path: inputText(input, "path") };
	if (tool === "bash") return ofCommand(judge(inputText(input, "command"), place));
	const own = await known.own(tool, input);
	if (own !== undefined) return own.effect === undefined ? { type: "none" } : { type: "effect", effect: own.effect };
	return { type: "look", effect: `called ${tool}`, refs: true, push: false };
}

function ofCommand({ trace, programs, refs, push, background }: Judged): Touch {
	if (trace === "none") return { type: "none" };
	const ran = trace === "work" ? `ran ${programs.map((name) => `\`${name}\``).join(", ") || "a command"}` : undefined;
	return {
		type: "look",
		...(ran === undefined ? {} : { effect: ran }),
		...(background && ran !== undefined
			? { always: `${ran} in the background` }
			: push
				? { always: "ran `git push`" }
				: {}),
		refs,
		push,
	};
}

/** "35 passed", "35 passing", "35 tests passed", "# pass 35", "ok 35": as common test programs end. */
const COUNTS = [
	/\b(\d{1,6}) (?:tests? |specs? |examples? |assertions? )?(?:pass(?:ed|ing)?|succeeded|ok)\b/gi,
	/\bpass(?:ed)?:? +(\d{1,6})\b/gi,
	/\bok\b[^\n]{0,20}\b(\d{1,6}) (?:tests?|passed)\b/gi,
	/\bRan (\d{1,6}) tests?\b/g,
	/\b(\d{1,6}) examples?, 0 failures/g,
	/\bTests:? +(\d{1,6}) passed/gi,
];

/** Numbers of passed tests that an output shows. */
export function testCounts(output: string): readonly number[] {
	const tail = output.slice(-20_000);
	const found = COUNTS.flatMap((pattern) => [...tail.matchAll(pattern)].map((match) => Number(match[1])));
	return [...new Set(found)].slice(0, 20);
}
