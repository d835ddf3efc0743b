/** `flagship gates`: what is on for a session that begins here now, and what fired. */
import { list } from "../contract/feed.ts";
import { readSettings } from "../daemon/settings.ts";
import { Fault } from "../errors.ts";
import { gitRoot } from "../gates/observe.ts";
import { type Fired, gateLines, gateReport, type Heard, LOOKED } from "../gates/report.ts";
import { gateSettings, PROJECT_FILE, tighten } from "../gates/settings.ts";
import type { Context } from "./context.ts";
import { onlyJson } from "./daemons.ts";
import { askHub } from "./operate.ts";

export async function gates(context: Context, args: readonly string[]): Promise<number> {
	const json = onlyJson(args);
	const { world, home, env } = context;
	const cwd = process.cwd();
	const settings = [...new Set([gitRoot(world, cwd) ?? cwd, cwd])].reduce(
		(so, folder) => tighten(so, world.files.read(`${folder}/${PROJECT_FILE}`)),
		gateSettings(readSettings(home, env).values, env),
	);
	const heard = await fired(context);
	if (json) context.out(JSON.stringify(gateReport(settings, heard), null, 2));
	else for (const line of gateLines(settings, heard)) context.out(line);
	return 0;
}

async function fired(context: Context): Promise<Heard> {
	try {
		const { output } = await askHub(context, list, { type: "custom", limit: LOOKED });
		return output as readonly Fired[];
	} catch (thrown) {
		// Said in the report: what is on can be told without the hub.
		if (thrown instanceof Fault) return { unknown: `${thrown.message} ${thrown.remedy}` };
		throw thrown;
	}
}
