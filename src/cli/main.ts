/** The `flagship` command: words to verb, faults to sentences. */
import { Fault, fault, reason } from "../errors.ts";
import { holding } from "../world/hold.ts";
import { type Context, isLieutenant, makeContext } from "./context.ts";
import { VERBS } from "./verbs.ts";
import { matchWords, nearest } from "./words.ts";

/** Wrong words; the exit code that shells use for it. */
const MISUSED = 2;
/** As after any Ctrl-C. */
const INTERRUPTED = 130;

/**
 * Runs the command; resolves to the exit code. `args` are the words after `flagship`. A refusal is said on standard error;
 * who asked for JSON also gets it as JSON, because a program cannot act on a sentence.
 */
export async function main(args: readonly string[], make: () => Context = makeContext): Promise<number> {
	try {
		return await holding(dispatch(make(), args));
	} catch (error) {
		process.stderr.write(`flagship: ${sentence(error)}\n`);
		if (error instanceof Fault && args.includes("--json")) process.stdout.write(`${JSON.stringify(error, null, 2)}\n`);
		return error instanceof Fault ? codeOf(error) : 1;
	}
}

function codeOf({ code }: Fault): number {
	if (code === "called_off") return INTERRUPTED;
	return code === "usage" ? MISUSED : 1;
}

function sentence(error: unknown): string {
	if (error instanceof Fault) return `${error.message}\n${error.remedy}`;
	return error instanceof Error ? (error.stack ?? error.message) : reason(error);
}

async function dispatch(context: Context, args: readonly string[]): Promise<number> {
	const [first] = args;
	if (first === "--version" || first === "-v" || first === "version") {
		context.out(context.speaks.version);
		return 0;
	}
	const wantsHelp = first === undefined || first === "help" || args.includes("--help") || args.includes("-h");
	if (wantsHelp) {
		const { help } = await import("./help.ts");
		return await help(context, args);
	}
	const own = matchWords(VERBS, args);
	if (own !== undefined) {
		if (own.verb.people === true && isLieutenant(context.env)) throw fault("forbidden", "lieutenant", own.verb.words);
		return await own.verb.run(context, own.rest);
	}
	const { operate, operationVerbs } = await import("./operate.ts");
	const verbs = await operationVerbs();
	const found = matchWords(verbs, args);
	if (found !== undefined) return await operate(context, found.verb.operation, found.rest);
	throw unknown(
		[...VERBS.filter((verb) => verb.hidden !== true), ...verbs].map((verb) => verb.words),
		args,
	);
}

/** The beginning of a known command wants the rest; anything else is answered by what comes nearest. */
function unknown(known: readonly string[], args: readonly string[]): Fault {
	const [first = ""] = args;
	const meant = nearest(known, args);
	const below = known.filter((words) => words.startsWith(`${first} `));
	const typed = args.slice(0, 2).join(" ");
	const hint =
		meant !== undefined
			? ` Did you mean 'flagship ${meant}'?`
			: below.length > 0
				? ` There are: ${below.join(", ")}.`
				: "";
	return fault("usage", `There is no command '${typed}'.${hint}`);
}
