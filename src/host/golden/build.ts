/**
 * Makes a golden image. Its VM is one of this host's own, so that it is ended also when the host is killed in between; what
 * is on it is looked through after all was sent and ended, right before the snapshot.
 */
import type { Static } from "@sinclair/typebox";
import * as commits from "../../contract/commits.ts";
import type { build } from "../../contract/golden.ts";
import { fault } from "../../errors.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Ssh } from "../machines/ssh.ts";
import { vmSettings } from "../machines/vm-settings.ts";
import { vmKeyFile } from "../machines/vm-way.ts";
import { launchOf } from "../operations/create.ts";
import type { Due } from "../vms/snapshots.ts";
import { endOurs, factsOf } from "./machine.ts";
import { packHere } from "./pack.ts";
import { platformKey, secretsOn } from "./secrets.ts";

type Input = Static<typeof build.input>;
type Output = Static<typeof build.output>;

interface Fit {
	readonly node: string;
	/** With which the platform gets in: no stranger's, also in what is made of the image. */
	readonly keys: readonly string[];
}

export async function buildGolden(host: Host, { from, name = "golden" }: Input, context: Context): Promise<Output> {
	// Its pi is sent where there is none.
	host.launches.note(launchOf(host, context));
	const steps: string[] = [];
	const step = (what: string): void => {
		steps.push(what);
		context.step(what);
		host.options.complain(`golden build: ${what}`);
	};
	step("starting a VM");
	const place = await host.vms.make(`golden ${name}`.slice(0, 60), { said: host.vms.source(from) });
	const vm = place.slice("vers:".length);
	let left: string | undefined;
	let made: { readonly commit: string; readonly node: string };
	try {
		const fit = await fitted(host, place, from, step);
		step("taking the snapshot");
		const shown = `flagship ${name}`.slice(0, 100);
		const commit = await host.vms.snapshots.take({
			author: "host",
			name: shown,
			due: due(host, { vm, from, name, fit }),
		});
		made = { commit, node: fit.node };
	} finally {
		step("deleting the VM");
		left = await host.vms.end(place);
	}
	const { golden: setting } = vmSettings(host.options.settings.values).settings;
	return {
		...{ ...made, name, pack: packHere(host), steps },
		...(setting === undefined || setting === made.commit ? {} : { setting }),
		...(left === undefined ? {} : { left: vm }),
	};
}

/** Everything is there, nothing of ours runs, and nothing secret was found. Nobody is connected any more. */
async function fitted(host: Host, place: string, from: string | undefined, step: (what: string) => void): Promise<Fit> {
	const { signal } = host.machines.ways;
	const carrier = host.machines.carrier(place);
	if (carrier.reach === undefined || carrier.furnish === undefined)
		throw fault("machine_unreachable", place, "there is no ssh from here");
	step("connecting");
	const ssh = await carrier.reach(signal);
	try {
		await endOurs(ssh);
		const { found, node } = await carrier.furnish(ssh, step, signal);
		const facts = await factsOf(ssh, { node, path: found.path });
		if (!facts.git) throw fault("machine_unfit", place, "it has no git: build from a snapshot that has it (--from)");
		step("looking for secrets");
		const keys = await secretless(host, ssh, place, from);
		return { node: facts.node, keys };
	} finally {
		ssh.close();
	}
}

/** The platform's keys: of this VM, and of those before. Throws `golden_secrets`. */
async function secretless(host: Host, ssh: Ssh, place: string, from: string | undefined): Promise<readonly string[]> {
	const { world, home } = host.options;
	const key = await platformKey(world, vmKeyFile(home.run, place.slice("vers:".length)));
	const earlier = from === undefined ? [] : await keysOf(host, from);
	const keys = [key, ...earlier];
	const found = await secretsOn(ssh, place, keys);
	if (found.length > 0) throw fault("golden_secrets", found);
	return keys;
}

/** With which the platform got into those that a golden image was made on: they may still stand in it. */
export async function keysOf(host: Host, commit: string): Promise<readonly string[]> {
	try {
		const { metadata } = await (await host.vers.hub()).call(commits.get, { commitId: commit });
		const keys = typeof metadata === "object" && metadata !== null && "keys" in metadata ? metadata.keys : [];
		return Array.isArray(keys) ? keys.filter((key) => typeof key === "string" && key.length > 20) : [];
	} catch {
		// Not in the ledger, or no hub: then only the key of the VM itself is the platform's.
		return [];
	}
}

interface Taken {
	readonly vm: string;
	readonly from: string | undefined;
	readonly name: string;
	readonly fit: Fit;
}

const due = (host: Host, { vm, from, name, fit }: Taken): Due => ({
	...{ vmId: vm, label: name, tags: [commits.GOLDEN], containsSecrets: false },
	metadata: { node: fit.node, flagship: host.options.version, pack: packHere(host), keys: fit.keys },
	...(from === undefined ? {} : { parent: from }),
});
