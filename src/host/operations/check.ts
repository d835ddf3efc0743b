/** Runs a check in a lieutenant's folder for whoever has to know. */
import * as contract from "../../contract/lieutenants.ts";
import { lieutenantFolder } from "../../daemon/home.ts";
import { type HostHandler, handle } from "../calls.ts";
import type { Subject } from "../checks/checks.ts";
import { checkEnvironment } from "../checks/environment.ts";
import type { Host } from "../host.ts";
import type { Spec } from "../store/roster.ts";

/** ms: a tool waits 2.5 s for the hub, which waits for this. */
const WITHIN_MS = 1_200;

export const checkHandlers = (host: Host): readonly HostHandler[] =>
	[
		handle(contract.check, ({ name, command, task }, { target }) => {
			const { spec } = host.living(target ?? host.roster.named(name)?.spec.id ?? name).standing;
			return host.checks.ask(subjectOf(host, spec, command, task), WITHIN_MS);
		}),
	] as readonly HostHandler[];

export function subjectOf(host: Host, { id, cwd }: Spec, command: string, task: string | undefined): Subject {
	const { world, home } = host.options;
	const folder = lieutenantFolder(home, id);
	const env = checkEnvironment(world.files, { id, home: home.root, folder, taken: host.launches.environment(id) });
	return { id, cwd, command, task, env, folder };
}
