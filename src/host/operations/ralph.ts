/** What can be asked of Ralph loops: each operation of the contract with what does it. */
import type { Static } from "@sinclair/typebox";
import * as contract from "../../contract/ralph.ts";
import { fault } from "../../errors.ts";
import { type Context, type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";
import { LIMITS, type Loop } from "../ralph/loop.ts";
import { assign } from "./assignment.ts";
import { folderOf, isTaken, naming } from "./create.ts";

type Input = Static<typeof contract.start.input>;

const PROMPT_SHOWN = 200;

export function ralphHandlers(host: Host): readonly HostHandler[] {
	const handlers = [
		handle(contract.start, (input, context) => start(host, input, context)),
		handle(contract.stop, async ({ name }, context) => {
			const loop = named(host, name);
			if (loop.state === "running") await host.ralph.stop(loop, context.acting?.name ?? context.caller);
			const { kept } = await host.place.release(loop.workspace);
			return { loop: view(host, named(host, name)), kept: [...kept] };
		}),
		handle(contract.status, ({ name }) => {
			const loops = name === undefined ? host.ralph.loops.shown() : [named(host, name)];
			return { loops: loops.map((loop) => view(host, loop)), count: loops.length };
		}),
	];
	return handlers as unknown as readonly HostHandler[];
}

async function start(host: Host, input: Input, context: Context): Promise<contract.Ralph> {
	const launch = context.launch ?? host.launches.latest();
	if (launch === undefined) throw fault("no_launch");
	const cwd = folderOf(host, input.cwd, launch);
	const { root, worktrees } = host.options.home;
	if (within(cwd, root) && !within(cwd, worktrees))
		throw fault("invalid_input", `cwd: ${cwd} is Flagship's own folder; name the project's`);
	host.disk.refuse(cwd);
	return await naming(host, input.name ?? freeName(host), (name) => make(host, { ...input, name, cwd }, context));
}

async function make(host: Host, input: Input & { name: string; cwd: string }, context: Context) {
	const { name, cwd, worktree } = input;
	const launch = context.launch ?? host.launches.latest();
	if (launch === undefined) throw fault("no_launch");
	const id = host.newId();
	const owner = context.acting?.name ?? context.caller;
	const workspace = await host.place.prepare({ name, cwd, ...(worktree === undefined ? {} : { worktree }) });
	const { holder, asker } = host.store.transaction(() => ({
		holder: host.tokens.of(`lieutenant:${id}`, "lieutenant", name),
		asker: host.tokens.of(`orchestrator:${owner}`, "orchestrator", owner),
	}));
	const { task } = await assign(host, asker, holder, {
		task: `Until \`${input.until.command}\` passes: ${input.prompt}`,
	});
	const [model, thinking] = [input.model ?? launch.model, input.thinking ?? launch.thinking];
	const loop: Loop = {
		...{ id, name, owner, prompt: input.prompt, command: input.until.command.trim(), workspace, pi: launch.pi },
		limits: {
			rounds: input.max ?? LIMITS.rounds,
			usd: input.budget ?? LIMITS.usd,
			minutes: input.minutes ?? LIMITS.minutes,
			turns: input.turns ?? host.bounds.turns,
		},
		...(model === undefined ? {} : { model }),
		...(thinking === undefined ? {} : { thinking }),
		...(task === undefined ? {} : { task }),
		...{ state: "running", startedAt: host.isoNow() },
	};
	host.launches.keep(id, launch);
	const shown = host.store.transaction(() => {
		host.ralph.started(loop);
		const begun = view(host, loop);
		context.keep(begun);
		return begun;
	});
	host.introduce(holder.subject);
	host.ralph.look(id);
	return shown;
}

/** Throws `ralph_unknown` with the names that there are. */
function named(host: Host, name: string): Loop {
	const found = host.ralph.loops.named(name);
	if (found !== undefined) return found;
	throw fault("ralph_unknown", name, [...new Set(host.ralph.loops.shown().map((loop) => loop.name))]);
}

function freeName(host: Host): string {
	let name = "ralph";
	for (let n = 2; isTaken(host, name); n++) name = `ralph-${n}`;
	return name;
}

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

function view(host: Host, loop: Loop): contract.Ralph {
	const rounds = host.ralph.loops.rounds(loop.id).map((round) => host.ralph.seen(round));
	const { id, name, owner, state, reason, prompt, command, limits, workspace, task, startedAt, endedAt } = loop;
	return {
		...{ id, name, owner, state, prompt: prompt.slice(0, PROMPT_SHOWN), until: { command } },
		...(reason === undefined ? {} : { reason }),
		...{ max: limits.rounds, budget: limits.usd, minutes: limits.minutes, turns: limits.turns, cwd: workspace.cwd },
		...(workspace.worktree === undefined ? {} : { branch: workspace.worktree.branch }),
		...(task === undefined ? {} : { task }),
		...{ costUsd: rounds.reduce((sum, { costUsd }) => sum + costUsd, 0), rounds, startedAt },
		...(endedAt === undefined ? {} : { endedAt }),
	};
}
