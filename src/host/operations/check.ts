/** Runs a check in a lieutenant's folder for whoever has to know. */
import * as board from "../../contract/board.ts";
import * as contract from "../../contract/lieutenants.ts";
import { lieutenantFolder } from "../../daemon/home.ts";
import { Fault } from "../../errors.ts";
import type { Bound } from "../bounds/bound.ts";
import { check, type Verdict } from "../bounds/check.ts";
import { type HostHandler, handle } from "../calls.ts";
import { changesOf } from "../checks/changes.ts";
import type { Subject } from "../checks/checks.ts";
import { checkEnvironment } from "../checks/environment.ts";
import type { Host } from "../host.ts";
import type { Look } from "../journal.ts";
import type { Spec, Standing } from "../store/roster.ts";

/** ms: a tool waits 2.5 s for the hub, which waits for this. */
const WITHIN_MS = 1_200;

export const checkHandlers = (host: Host): readonly HostHandler[] =>
	[
		handle(contract.check, ({ name, command, task }, { target }) => {
			const { spec } = host.living(target ?? host.roster.named(name)?.spec.id ?? name).standing;
			return host.checks.ask(subjectOf(host, spec, command, task), WITHIN_MS);
		}),
		handle(contract.changes, async ({ name, since }, { target }) => {
			const { spec } = host.living(target ?? host.roster.named(name)?.spec.id ?? name).standing;
			return await changesOf(host.options.world, subjectOf(host, spec, "", undefined), spec.worktree, since);
		}),
	] as readonly HostHandler[];

export function subjectOf(host: Host, { id, cwd }: Spec, command: string, task: string | undefined): Subject {
	const { world, home } = host.options;
	const folder = lieutenantFolder(home, id);
	const env = checkEnvironment(world.files, { id, home: home.root, folder, taken: host.launches.environment(id) });
	return { id, cwd, command, task, env, folder };
}

/** Is there what was due of this work? Looked up beside the agent, and on the board in its name. */
export function verdictOf(host: Host, { spec }: Standing, bound: Bound, look: Look): Promise<Verdict> {
	const held = host.tokens.list().find((token) => token.subject === `lieutenant:${spec.id}`);
	return check(host.options.world, bound, look, {
		cwd: spec.cwd,
		run: (command) => host.checks.run(subjectOf(host, spec, command, bound.task)),
		task: async (task) => {
			try {
				return held === undefined ? undefined : (await host.hubAs(held).call(board.get, { id: task })).status;
			} catch (thrown) {
				if (thrown instanceof Fault && thrown.code === "hub_away") return undefined;
				throw thrown;
			}
		},
	});
}
