/** What can be asked of lieutenants: each operation of the contract with what does it. */
import type { Static } from "@sinclair/typebox";
import type { Lieutenant as Row } from "../../contract/lieutenants.ts";
import * as contract from "../../contract/lieutenants.ts";
import { replace } from "../../contract/replace.ts";
import { fault, reason } from "../../errors.ts";
import { type Context, type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import { rowOf } from "../row.ts";
import { createLieutenant } from "./create.ts";
import { replaceLieutenant, successorOf } from "./replace.ts";
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
			const living = [...host.rows(), ...host.machines.rows()];
			const ids = new Set(living.map(({ id }) => id));
			// One that has moved is gone from here, and is not gone.
			const gone =
				all === true ? host.roster.list(true).filter(({ state, spec }) => state === "gone" && !ids.has(spec.id)) : [];
			const lieutenants = [...living, ...gone.map((standing) => rowOf(standing, host.id))];
			return { lieutenants, count: lieutenants.length };
		}),
		handle(contract.pause, async ({ name }, context) => {
			const lieutenant = named(name, context);
			await lieutenant.pause();
			return lieutenant.view();
		}),
		handle(contract.resume, ({ name }, context) => resumeLieutenant(host, named(name, context), context)),
		handle(
			replace,
			(input, context) =>
				successorOf(host, context.target)?.view() ??
				replaceLieutenant(host, named(input.name, context), input, context),
		),
		handle(contract.destroy, ({ name }, context) => destroy(host, name, context)),
		handle(contract.discover, ({ adopt }, context) => discover(host, adopt, context)),
	];
	return handlers as unknown as readonly HostHandler[];
}

/** By the id that the caller resolved, else by name. Throws `lieutenant_unknown` with the names that there are. */
function find(host: Host, name: string, target: string | undefined): Lieutenant {
	const id = target ?? host.roster.named(name)?.spec.id;
	const found = id === undefined ? undefined : host.lieutenants.get(id);
	if (found === undefined) {
		const here = host.roster.list().map(({ spec }) => spec.name);
		throw fault("lieutenant_unknown", name, [...here, ...host.machines.rows().map((row) => row.name)]);
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
	const elsewhere = name === "*" ? host.machines.rows().filter((one) => one.owner === owner) : [];
	// At once: each waits for a way that may be gone.
	await Promise.all(
		elsewhere.map(async (row) => {
			try {
				destroyed.push(...(await endElsewhere(host, row, context)));
			} catch (thrown) {
				failed.push({ name: row.name, error: reason(thrown) });
			}
		}),
	);
	for (const lieutenant of chosen) {
		const { id, name: own } = lieutenant.standing.spec;
		try {
			// It may live at the new place already, and would there outlive its end here.
			const to = host.moves.of(id);
			if (to !== undefined) throw fault("lieutenant_moving", own, to);
			destroyed.push({ name: own, kept: [...(await lieutenant.destroy())] });
			host.dismiss(id);
		} catch (thrown) {
			failed.push({ name: own, error: reason(thrown) });
		}
	}
	return { destroyed, failed };
}

/** One of many: a repeat of the whole request repeats each under the same key. */
async function endElsewhere(host: Host, row: Row, context: Context): Promise<Destroyed[]> {
	const own = { ...context, key: `${context.key} ${row.id}` };
	const answer = await host.machines.pass(row, contract.destroy, { name: row.name }, own);
	return (answer as Static<typeof contract.destroy.output>).destroyed;
}

async function discover(host: Host, adopt: string | undefined, context: Context) {
	const owner = context.acting?.name ?? context.caller;
	const here = discoverHere(host, adopt, owner);
	const others = host.machines.rows().filter((row) => row.owner !== owner);
	const wanted = others.filter((row) => (adopt === "*" ? !host.names.held(row.owner) : row.name === adopt));
	for (const row of wanted) {
		const own = { ...context, key: `${context.key} ${row.id}` };
		await host.machines.pass(row, contract.discover, { adopt: row.name }, own);
		host.handOver(row.id, owner);
	}
	const left = others.filter((row) => !wanted.includes(row));
	return {
		found: [
			...here.found,
			...left.map((row) => ({ name: row.name, state: row.state, owner: row.owner, held: host.names.held(row.owner) })),
		],
		adopted: [...here.adopted, ...wanted.map((row) => row.name)],
	};
}

function discoverHere(host: Host, adopt: string | undefined, owner: string) {
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
