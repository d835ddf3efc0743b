/** An operation of the contract as a verb: calls the hub or the host, and prints how the answer reads. */
import { readdirSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { findHub } from "../client/address.ts";
import { orchestratorName, type Person } from "../client/caller.ts";
import { createClient, type HubAddress } from "../client/client.ts";
import { createHostClient } from "../client/host.ts";
import { spooling } from "../client/spool.ts";
import type { Caller, Launch } from "../contract/link.ts";
import { type AnyOperation, verbOf } from "../contract/operation.ts";
import { ensureHost, ensureHub } from "../daemon/ensure.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { readAdminToken } from "../daemon/token.ts";
import { fault } from "../errors.ts";
import { contractFolder, loadOperations } from "../fleet/catalog.ts";
import { takenOver } from "../pi/environment.ts";
import { parseArguments, usageOf } from "./arguments.ts";
import { type Context, isLieutenant } from "./context.ts";
import { findPi } from "./pi.ts";

export interface OperationVerb {
	readonly words: string;
	readonly usage: string;
	readonly summary: string;
	readonly operation: AnyOperation;
}

/** A verb for each operation that somebody could type. */
export async function operationVerbs(): Promise<readonly OperationVerb[]> {
	const operations = await loadOperations(readdirSync(contractFolder));
	return operations
		.flatMap((operation) => {
			const words = verbOf(operation);
			return words === undefined ? [] : [{ words, usage: usageOf(operation), summary: operation.summary, operation }];
		})
		.sort((a, b) => (a.words < b.words ? -1 : 1));
}

/** Resolves to the exit code. Throws the hub's or the host's refusal. */
export async function operate(context: Context, operation: AnyOperation, args: readonly string[]): Promise<number> {
	const { input: typed, json, fromStdin } = parseArguments(operation, args);
	const text = fromStdin.length > 0 ? (await context.input()).trimEnd() : "";
	const input = { ...here(context, operation), ...typed, ...Object.fromEntries(fromStdin.map((name) => [name, text])) };
	if (operation.answers === "stream") return await follow(context, operation, input, json);
	const answer =
		operation.at === "hub" ? await askHub(context, operation, input) : await askHost(context, operation, input, json);
	const say = (mayStart(context) ? operation.print : undefined) ?? operation.tell;
	context.out(json ? JSON.stringify(answer.output ?? answer, null, 2) : (answer.told ?? say(answer.output, input)));
	return answer.told === undefined && operation.failed?.(answer.output) === true ? 1 : 0;
}

/** What a host is not told is taken from where the command was typed: "yours" is that folder, and its orchestrator. */
function here({ world, env }: Context, operation: AnyOperation): Record<string, unknown> {
	const { properties } = operation.input;
	const cwd = process.cwd();
	if (operation.at !== "host") return {};
	return {
		...("cwd" in properties ? { cwd } : {}),
		...("orchestrator" in properties ? { orchestrator: orchestratorName(world.files, env, personHere()) } : {}),
	};
}

interface Answered {
	readonly output: unknown;
	/** Said in place of the operation's own sentence. */
	readonly told?: string;
}

const mayStart = ({ env }: Context): boolean => !isLieutenant(env);

/** `VERS_INFRA_URL`, or this home's own hub, with `VERS_AUTH_TOKEN` or the home's admin file. */
async function hubAddress(context: Context): Promise<HubAddress | undefined> {
	const { world, home, env } = context;
	const find = () => findHub({ world, home, env, given: () => undefined });
	if (find() === undefined && mayStart(context)) await ensureHub(context);
	const found = find();
	if (found === undefined || (env.VERS_INFRA_URL ?? "") !== "") return found;
	return { ...found, token: found.token ?? readAdminToken(world, home.hub) };
}

/** To be closed by whoever opens it. */
export const openHub = (context: Context) =>
	createClient({
		world: context.world,
		version: context.speaks.version,
		resolve: () => hubAddress(context),
		timeout: 20_000,
	});

function hostClient(context: Context) {
	const { world, home, env } = context;
	const { FLAGSHIP_LIEUTENANT: lieutenant = "", VERS_AUTH_TOKEN: token = "" } = env;
	const caller: Caller = mayStart(context)
		? { type: "command", name: orchestratorName(world.files, env, personHere()) }
		: { type: "pack", lieutenant, token };
	const findHost = async (): Promise<string> => {
		const address = mayStart(context)
			? (await ensureHost(context)).address
			: livingDaemon(world, home, "host")?.address;
		if (address === undefined) throw fault("host_unreachable", "it is not running");
		return address;
	};
	return createHostClient({ world, caller, version: context.speaks.version, findHost });
}

export async function askHub(context: Context, operation: AnyOperation, input: unknown): Promise<Answered> {
	const hub = openHub(context);
	const host = hostClient(context);
	try {
		// A lieutenant's record waits on disk while the hub is away; a person is told and decides.
		if (mayStart(context)) return { output: await hub.call(operation, input) };
		const keep = spooling({
			world: context.world,
			hub,
			host() {
				host.connect();
				return host;
			},
		});
		const outcome = await keep(operation, input);
		if (outcome.type === "done") return { output: outcome.output };
		return { output: outcome, told: `Kept here, not yet in the hub (${outcome.waiting} waiting).` };
	} finally {
		hub.close();
		host.close();
	}
}

async function askHost(context: Context, operation: AnyOperation, input: unknown, json: boolean): Promise<Answered> {
	const host = hostClient(context);
	host.connect();
	try {
		const launch = operation.launches === true ? await launchHere(context) : undefined;
		const off = operation.revocable === true ? interrupted(context) : undefined;
		const onSteps = printing(json ? context.complain : context.out);
		return { output: await host.call(operation, input, { patience: 20_000, launch, off, onSteps }) };
	} finally {
		host.close();
	}
}

/** The host ends what it has made by then, and says so: that is waited for, once. */
function interrupted({ complain, onInterrupt }: Context): AbortSignal {
	const off = new AbortController();
	onInterrupt(() => {
		complain("Calling it off. Ctrl-C again does not wait for that.");
		off.abort(fault("called_off"));
	});
	return off.signal;
}

/** Each step once. A host that has restarted begins anew, and so do they. */
function printing(say: (text: string) => void): (steps: readonly string[]) => void {
	let told = 0;
	return (steps) => {
		if (steps.length < told) told = 0;
		for (const step of steps.slice(told)) say(step);
		told = steps.length;
	};
}

const personHere = (): Person => ({ user: userInfo().username, machine: hostname(), cwd: process.cwd() });

/** What a lieutenant made from a shell takes over: the person's pi, this folder, the keys of this environment. */
async function launchHere({ env }: Context): Promise<Launch> {
	const pi = await findPi(env);
	return { pi: [pi.command, ...pi.args], cwd: process.cwd(), env: takenOver(env) };
}

/** Prints events until Ctrl-C, or until the hub refuses. */
function follow(
	context: Context,
	operation: AnyOperation,
	input: Record<string, unknown>,
	json: boolean,
): Promise<number> {
	const { since, ...rest } = input;
	const hub = openHub(context);
	return new Promise((resolve, reject) => {
		const subscription = hub.subscribe(operation, rest, {
			...(typeof since === "string" ? { since } : {}),
			onEvent: (event) => context.out(json ? JSON.stringify(event) : operation.tell(event, input)),
			onRefused: reject,
		});
		context.onInterrupt(() => {
			subscription.close();
			hub.close();
			resolve(0);
		});
	});
}
