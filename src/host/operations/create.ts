/** A new lieutenant: a workspace, a row, a process, and its first task. */
import { isAbsolute, join } from "node:path";
import type { Static } from "@sinclair/typebox";
import type { create } from "../../contract/lieutenants.ts";
import type { Launch } from "../../contract/link.ts";
import { fault } from "../../errors.ts";
import { begin, courseOf, type Order } from "../bounds/bound.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import type { Spec, Standing } from "../store/roster.ts";
import { type Assignment, assign } from "./assignment.ts";
import { createElsewhere } from "./elsewhere.ts";
import { logNothingDue, moneyFor, orderOf, orderText, placed } from "./order.ts";

type Input = Static<typeof create.input>;
type Output = Static<typeof create.output>;

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** First port of the first lieutenant; each has twenty. */
const PORTS_FROM = 42_000;
const PORTS_EACH = 20;
const PORTS_TO = 60_000;

/** Names whose creation is under way: the second of two at once is refused before it touches a worktree. */
const underWay = new WeakMap<Host, Set<string>>();

export async function createLieutenant(host: Host, input: Input, context: Context): Promise<Output> {
	const before = host.roster.list().find(({ spec }) => isRequest(spec, context));
	if (before !== undefined) return output(host.living(before.spec.id), {});
	const place = placeOf(host, input);
	if (place === "local") return await naming(host, input.name, () => make(host, input, context));
	const launch = launchOf(host, context);
	const here = (asked: Input) => make(host, asked, context);
	const known = host.machines.named(input.name)?.place;
	// Asked again after an answer was lost: the host there knows whether it is the same request.
	if (known !== undefined && (known === place || (place === "vers" && host.vms.has(known))))
		return await createElsewhere(host, { place: known, input, launch, here }, context);
	return await naming(host, input.name, () => createElsewhere(host, { place, input, launch, here }, context));
}

/** Here, unless another place is named. `auto` is a VM where this person has an account for them. */
function placeOf(host: Host, { place, local }: Input): string {
	if (place === "auto") return local !== true && host.vers.known() ? "vers" : "local";
	if (place === undefined) {
		if (local === false) throw fault("invalid_input", "local: false needs a place, such as vers or ssh:user@machine");
		return "local";
	}
	if (local === true && place !== "local") throw fault("invalid_input", `place: ${place} is not local`);
	return place;
}

export function launchOf(host: Host, { launch }: Context): Launch {
	const found = launch ?? host.launches.latest();
	if (found === undefined) throw fault("no_launch");
	return found;
}

/** A lieutenant, a Ralph loop, or one that is being made has it. */
export const isTaken = (host: Host, name: string): boolean =>
	host.roster.named(name) !== undefined ||
	host.machines.named(name) !== undefined ||
	host.ralph.holds(name) ||
	underWay.get(host)?.has(name) === true;

/** Takes a name that nobody has, for as long as `work` makes its holder. */
export async function naming<T>(host: Host, name: string, work: (name: string) => Promise<T>): Promise<T> {
	if (!NAME.test(name)) throw fault("name_invalid", name);
	if (isTaken(host, name)) throw fault("lieutenant_exists", name);
	const busy = underWay.get(host) ?? new Set();
	underWay.set(host, busy);
	busy.add(name);
	try {
		return await work(name);
	} finally {
		busy.delete(name);
	}
}

async function make(host: Host, input: Input, context: Context): Promise<Output> {
	const said = orderOf(input);
	if (input.task === undefined && (input.deliverable ?? input.cap) !== undefined)
		throw fault("invalid_input", "deliverable and cap go with task");
	const launch = launchOf(host, context);
	const cwd = folderOf(host, input.cwd, launch);
	host.disk.refuse(cwd);
	const id = host.newId();
	const owner = context.acting?.name ?? context.caller;
	if (input.budget !== undefined) await host.purse.limit(owner, id, input.budget);
	const work = () => build(host, input, context, { id, said, launch, cwd });
	if (input.task === undefined) return await work();
	// Before anything is made of it: a task that nobody can pay for is not claimed.
	const who = { id, name: input.name, fleet: owner, costUsd: 0, generation: context.acting?.generation };
	return await host.purse.during(who, moneyFor(host, said), work);
}

interface Plan {
	readonly id: string;
	readonly said: Order;
	readonly launch: Launch;
	readonly cwd: string;
}

async function build(host: Host, input: Input, context: Context, { id, said, launch, cwd }: Plan): Promise<Output> {
	const owner = context.acting?.name ?? context.caller;
	const workspace = await host.place.prepare({
		name: input.name,
		cwd,
		...(input.worktree === undefined ? {} : { worktree: input.worktree }),
	});
	const { holder, asker } = host.store.transaction(() => ({
		holder: host.tokens.of(`lieutenant:${id}`, "lieutenant", input.name),
		asker: host.tokens.of(`orchestrator:${owner}`, "orchestrator", owner),
	}));
	const assignment =
		input.task === undefined ? undefined : await assign(host, asker, holder, { task: input.task, ...checkOf(said) });
	const order = await placed(host, said, workspace.cwd, assignment?.task);
	const [model, thinking] = [input.model ?? launch.model, input.thinking ?? launch.thinking];
	const createdAt = host.isoNow();
	const spec: Spec = {
		id,
		name: input.name,
		role: input.role.trim(),
		place: launch.from?.place ?? host.place.name,
		...(launch.from === undefined ? {} : { from: launch.from }),
		...workspace,
		...(model === undefined ? {} : { model }),
		...(thinking === undefined ? {} : { thinking }),
		...(assignment?.task === undefined ? {} : { task: assignment.task }),
		ports: freePorts(host),
		pi: launch.pi,
		...(context.key === undefined ? {} : { request: { caller: context.caller, key: context.key } }),
		createdAt,
	};
	host.launches.keep(id, launch);
	const lieutenant = employ(host, spec, owner, assignment, order);
	host.introduce(`lieutenant:${id}`);
	await lieutenant.launch();
	return output(lieutenant, assignment ?? {});
}

/** The row, its bounds and its first message are stored together: a host killed now goes on with all of them. */
export function employ(
	host: Host,
	spec: Spec,
	owner: string,
	assignment: Assignment | undefined,
	order: Order,
): Lieutenant {
	const fresh: Standing = {
		...{ spec, owner, state: "starting", changedAt: spec.createdAt },
		...{ lives: 0, dead: 0, deaths: [], errors: 0, turns: 0, tokens: 0, costUsd: 0 },
	};
	const bound =
		assignment === undefined
			? undefined
			: begin(host.newId(), order, courseOf(fresh, host.options.world.clock.now()), host.bounds);
	const standing: Standing = bound === undefined ? fresh : { ...fresh, bound };
	host.store.transaction(() => {
		host.roster.save(standing);
		if (assignment === undefined || bound === undefined) return;
		const text = [assignment.prompt, orderText(order)].filter(Boolean).join("\n\n");
		const asked = { id: host.newId(), n: 1, mode: "prompt", text, receipt: "queued" } as const;
		host.outbox.add(spec.id, asked, spec.createdAt);
		logNothingDue(host, standing, bound, order);
	});
	return host.employ(standing);
}

const checkOf = ({ deliverable }: Order): { readonly check?: string } =>
	deliverable?.type === "command" ? { check: deliverable.command } : {};

const output = (lieutenant: Lieutenant, { note }: Partial<Assignment>): Output => ({
	...lieutenant.view(),
	...(note === undefined ? {} : { note }),
});

const isRequest = ({ request }: Spec, { caller, key }: Context): boolean =>
	key !== undefined && request?.caller === caller && request.key === key;

export function folderOf(host: Host, cwd: string | undefined, launch: Launch): string {
	const path = cwd === undefined ? launch.cwd : isAbsolute(cwd) ? cwd : join(launch.cwd, cwd);
	if (host.options.world.files.stat(path)?.kind !== "folder")
		throw fault("invalid_input", `cwd: there is no folder ${path}`);
	return path;
}

export function freePorts(host: Host): number {
	const taken = new Set(host.roster.list().map(({ spec }) => spec.ports));
	for (let port = PORTS_FROM; port < PORTS_TO; port += PORTS_EACH) if (!taken.has(port)) return port;
	throw fault("conflict", "All port ranges are taken: end a lieutenant first.");
}
