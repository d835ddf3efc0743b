/** What can be said to the demo: `--keep`, and settings of its throw-away home by `--set gates.workLog=off`. */
import { parseArgs } from "node:util";
import { fault, reason } from "../errors.ts";
import { gateSettings, gatesSchema } from "../gates/settings.ts";

export interface DemoOptions {
	/** Leaves hub, data, repository and the model's request log. */
	readonly keep: boolean;
	/** Content of the home's `settings.json`. */
	readonly settings: Readonly<Record<string, unknown>>;
}

const USAGE = "Usage: flagship demo [--keep] [--set gates.workLog=off]";

/** Throws `usage`. */
export function demoOptions(args: readonly string[], usage = USAGE): DemoOptions {
	const { keep, set } = parse(args, usage);
	const gates = Object.fromEntries(set.map((pair) => gateSetting(pair, usage)));
	const [problem] = gateSettings({ gates }, {}).problems;
	if (problem !== undefined) throw fault("usage", `${problem}.\n${usage}`);
	return { keep, settings: set.length === 0 ? {} : { gates } };
}

function parse(args: readonly string[], usage: string): { readonly keep: boolean; readonly set: readonly string[] } {
	try {
		const { values } = parseArgs({
			args: [...args],
			options: { keep: { type: "boolean", default: false }, set: { type: "string", multiple: true, default: [] } },
			strict: true,
		});
		return values;
	} catch (thrown) {
		throw fault("usage", `${reason(thrown).split(". ", 1)[0] ?? ""}.\n${usage}`);
	}
}

/** `gates.quietTools=a+b` is a list, as in `FLAGSHIP_SET`. */
function gateSetting(pair: string, usage: string): readonly [string, unknown] {
	const [, name, value] = /^gates\.(\w+)=(.*)$/.exec(pair) ?? [];
	if (name === undefined || value === undefined) {
		const known = Object.keys(gatesSchema.properties).map((key) => `gates.${key}`);
		throw fault("usage", `--set takes ${known.join(" or ")} with a value, not '${pair}'.\n${usage}`);
	}
	return [name, name === "quietTools" ? value.split("+") : value];
}
