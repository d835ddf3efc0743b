/** What can be asked for. */
import { fault } from "../errors.ts";
import type { Context } from "./context.ts";
import { operationVerbs } from "./operate.ts";
import { VERBS } from "./verbs.ts";

const HEAD = `Flagship: one pi session runs a fleet of agents.

  flagship start     opens pi with Flagship loaded; talk to it
  flagship demo      shows the whole job, without account or key
`;

/** `flagship help`, `flagship help board create`, `flagship board --help`. */
export async function help(context: Context, args: readonly string[]): Promise<number> {
	const wanted = args.filter((word) => word !== "help" && !word.startsWith("-")).join(" ");
	const operations = await operationVerbs();
	const own = VERBS.filter((verb) => verb.hidden !== true);
	const all = [...own, ...operations];
	const exact = all.find((verb) => verb.words === wanted);
	if (exact !== undefined) {
		const { operation } = { operation: undefined, ...exact };
		context.out(
			[
				`flagship ${exact.usage}`,
				exact.summary,
				...(operation === undefined ? [] : fields(operation.input.properties)),
			].join("\n"),
		);
		return 0;
	}
	if (wanted === "") {
		context.out([HEAD, "Commands", ...list(own), "", "Records and lieutenants", ...list(operations)].join("\n"));
		return 0;
	}
	const below = all.filter((verb) => verb.words === wanted || verb.words.startsWith(`${wanted} `));
	if (below.length === 0) throw fault("usage", `There is no command '${wanted}'.`);
	context.out(list(below).join("\n"));
	return 0;
}

const list = (verbs: readonly { readonly words: string; readonly summary: string }[]): string[] =>
	verbs.map((verb) => `  ${verb.words.padEnd(20)} ${verb.summary}`);

function fields(
	properties: Readonly<Record<string, { readonly description?: string; readonly enum?: readonly string[] }>>,
): string[] {
	return Object.entries(properties ?? {}).flatMap(([name, { description, enum: values }]) => {
		const about = [description, values?.join(" | ")].filter((part) => part !== undefined).join("; ");
		return about === "" ? [] : [`  ${name.padEnd(14)} ${about}`];
	});
}
