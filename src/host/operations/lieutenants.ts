/** What can be asked of lieutenants: each operation of the contract with what does it. */
import * as contract from "../../contract/lieutenants.ts";
import { fault, reason } from "../../errors.ts";
import { type Context, type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import { rowOf } from "../row.ts";
import { createLieutenant } from "./create.ts";
import { resumeLieutenant } from "./resume.ts";
import { sendMessage } from "./send.ts";

const TAIL = 4_000;
const MESSAGES = 50;

export function lieutenantHandlers(host: Host): readonly HostHandler[] {
	const named = (name: string, context: Context) => find(host, name, context.target);
	const handlers = [
		handle(contract.create, (input, context) => createLieutenant(host, input, context)),
		handle(contract.send, (input, context) => sendMessage(host, named(input.name, context), input, context)),
		handle(contract.messages, ({ name, limit }, context) => {
			const messages = host.outbox.list(named(name, context).standing.spec.id, limit ?? MESSAGES);
			return { messages: [...messages], count: messages.length };
		}),
		handle(contract.read, async ({ name, tail, history }, context) => {
			const lieutenant = named(name, context);
			return { state: lieutenant.standing.state, ...bounded(await lieutenant.outputs(), tail ?? TAIL, history ?? 0) };
		}),
		handle(contract.status, ({ all }) => {
			const gone = all === true ? host.roster.list(true).filter((standing) => standing.state === "gone") : [];
			const lieutenants = [...host.rows(), ...gone.map((standing) => rowOf(standing, host.id))];
			return { lieutenants, count: lieutenants.length };
		}),
		handle(contract.pause, async ({ name }, context) => {
			const lieutenant = named(name, context);
			await lieutenant.pause();
			return lieutenant.view();
		}),
		handle(contract.resume, ({ name }, context) => resumeLieutenant(host, named(name, context), context)),
		handle(contract.destroy, ({ name }, context) => destroy(host, name, context)),
		handle(contract.discover, ({ adopt }, context) => discover(host, adopt, context.acting?.name ?? context.caller)),
	];
	return handlers as unknown as readonly HostHandler[];
}

/** By the id that the caller resolved, else by name. Throws `lieutenant_unknown` with the names that there are. */
function find(host: Host, name: string, target: string | undefined): Lieutenant {
	const id = target ?? host.roster.named(name)?.spec.id;
	const found = id === undefined ? undefined : host.lieutenants.get(id);
	if (found === undefined) {
		throw fault(
			"lieutenant_unknown",
			name,
			host.roster.list().map(({ spec }) => spec.name),
		);
	}
	return found;
}

/** The end of the last output within `tail` characters, after `history` earlier ones of the same bound. */
function bounded(outputs: readonly string[], tail: number, history: number) {
	const shown = outputs.slice(-(history + 1));
	const left = shown.reduce((sum, output) => sum + Math.max(0, output.length - tail), 0);
	return { outputs: shown.map((output) => output.slice(-tail)), left };
}

type Destroyed = { name: string; kept: string[] };

async function destroy(host: Host, name: string, context: Context) {
	const owner = context.acting?.name ?? context.caller;
	const before = context.target === undefined ? undefined : host.roster.get(context.target);
	// The end of a first request that a killed host brought about later: asked again, it is the same end.
	if (before?.state === "gone") return { destroyed: [{ name: before.spec.name, kept: [] }], failed: [] };
	if (name === "*") await host.ralph.stopAll(owner);
	const chosen =
		name === "*"
			? [...host.lieutenants.values()].filter((lieutenant) => lieutenant.standing.owner === owner)
			: [find(host, name, context.target)];
	const destroyed: Destroyed[] = [];
	const failed: { name: string; error: string }[] = [];
	for (const lieutenant of chosen) {
		const { id, name: own } = lieutenant.standing.spec;
		try {
			destroyed.push({ name: own, kept: [...(await lieutenant.destroy())] });
			host.dismiss(id);
		} catch (thrown) {
			failed.push({ name: own, error: reason(thrown) });
		}
	}
	return { destroyed, failed };
}

function discover(host: Host, adopt: string | undefined, owner: string) {
	const others = [...host.lieutenants.values()].filter((lieutenant) => lieutenant.standing.owner !== owner);
	const wanted = others.filter(({ standing }) =>
		adopt === "*" ? !host.names.held(standing.owner) : standing.spec.name === adopt,
	);
	for (const lieutenant of wanted) host.adopt(lieutenant, owner);
	const adopted = wanted.map((lieutenant) => lieutenant.standing.spec.name);
	const found = others
		.filter((lieutenant) => !wanted.includes(lieutenant))
		.map(({ standing }) => ({
			name: standing.spec.name,
			state: standing.state,
			owner: standing.owner,
			held: host.names.held(standing.owner),
		}));
	return { found, adopted };
}
