/** What can be asked about VMs: by the person's account, with what the hub has to know of it. */
import * as commits from "../../contract/commits.ts";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import * as atHand from "../../contract/vm-use.ts";
import * as contract from "../../contract/vms.ts";
import { fault } from "../../errors.ts";
import type { From } from "../../vers/client.ts";
import { VersFault } from "../../vers/fault.ts";
import { type Context, type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";
import { wakeResting, whileStill } from "../machines/still.ts";
import { copyBetween, sideOf } from "../vms/copy.ts";
import type { Due } from "../vms/snapshots.ts";

/** A platform's id of a snapshot; anything else with a colon is a repository's tag. */
const ID = /^[0-9a-f-]{36}$/i;

export function vmHandlers(host: Host): readonly HostHandler[] {
	const { vers } = host;
	const made = async (from: From, labels: Record<string, string>) => ({
		id: await (await vers.open()).creations.make(from, labels),
	});
	const handlers = [
		handle(contract.list, async () => {
			const vms = (await (await vers.open()).client.list()).map((vm) => ({ ...vm, labels: { ...vm.labels } }));
			return { vms, count: vms.length };
		}),
		handle(contract.create, ({ label, ...size }) =>
			made({ type: "root", ...size }, label === undefined ? {} : { label }),
		),
		handle(contract.restore, ({ commit }) =>
			made(ID.test(commit) || !commit.includes(":") ? { type: "commit", commit } : { type: "ref", ref: commit }, {}),
		),
		handle(contract.branch, async ({ vm, count = 1 }) => {
			const { ids, why } = await (await vers.open()).creations.branch(vm, count);
			if (ids.length === 0 && why !== undefined) throw why;
			return { ids: [...ids], missing: count - ids.length, ...(why === undefined ? {} : { why: why.message }) };
		}),
		handle(contract.commit, async (input, context) => {
			const { vm, label, pause = false, keepRunning = false } = input;
			const name = label === undefined ? {} : { name: label.slice(0, 100) };
			// What ran had its keys in memory, whatever whoever took it believes.
			const { recorded, ...record } = dueOf(host, keepRunning ? { ...input, secrets: true } : input, context);
			const take = () => host.vms.snapshots.take({ ...record, keepPaused: pause, ...name });
			const id = keepRunning ? await take() : await whileStill(host, { vm, staysPaused: pause }, context, take);
			return { commit: id, recorded };
		}),
		handle(contract.state, async ({ vm, state }) => {
			await (await vers.open()).client.setState(vm, state);
			if (state === "running") void wakeResting(host, `vers:${vm}`);
			return { id: vm, state };
		}),
		handle(contract.remove, async ({ vm }) => {
			const living = host.machines.rows().filter(({ place, cause }) => place === `vers:${vm}` && !isGone(cause));
			if (living.length > 0)
				throw fault(
					"vm_lived_on",
					vm,
					living.map(({ name }) => name),
				);
			host.machines.ways.drop(vm);
			const { machines, freed, left } = await vers.open();
			const ended = await machines.end(vm);
			if (ended.type === "gone") {
				freed();
				return { id: vm, gone: true };
			}
			const { cause, raw } = ended;
			if (cause === "forbidden") throw new VersFault("forbidden", `machine ${vm}`, raw);
			left(vm, ended);
			return { id: vm, gone: false, why: cause };
		}),
		handle(atHand.use, async ({ vm, folder }) => {
			const { ways } = host.machines;
			const way = await ways.way(vm);
			const where = folder === undefined ? way.home : await ways.folder(way, folder);
			return { vm, folder: where, home: way.home, command: ["ssh", ...way.ssh.argv()] };
		}),
		handle(atHand.copy, async ({ from, to, cwd }) => {
			const { world, home } = host.options;
			const { ways } = host.machines;
			const parts = { world, ways, folder: `${home.root}/copies/${host.newId()}`, signal: ways.signal };
			return { from, to, bytes: await copyBetween(parts, sideOf("from", from, cwd), sideOf("to", to, cwd)) };
		}),
	];
	return handlers as unknown as readonly HostHandler[];
}

const isGone = (cause: Lieutenant["cause"]): boolean => cause?.type === "machine-gone";

/**
 * Every snapshot is recorded, also while the hub is away. What may hold a key is never taken for a golden image: who takes
 * it has to say that there is none.
 */
function dueOf(
	host: Host,
	{ vm, label, tags = [], secrets = true }: { vm: string; label?: string; tags?: string[]; secrets?: boolean },
	{ acting, caller }: Context,
): { readonly author: string; readonly due: Due; readonly recorded: string } {
	const agent = acting?.name ?? caller;
	const held = host.tokens.list().find(({ subject }) => subject === `orchestrator:${agent}`);
	const due = {
		...{ vmId: vm, containsSecrets: secrets },
		...(label === undefined ? {} : { label }),
		...(tags.length === 0 ? {} : { tags: secrets ? tags.filter((tag) => tag !== commits.GOLDEN) : tags }),
	};
	const golden = secrets && tags.includes(commits.GOLDEN);
	const recorded = golden
		? "recorded, but not as golden: it may hold keys (secrets: false says that it does not)"
		: "recorded";
	return { author: held?.subject ?? "host", due, recorded };
}
