/** Proves a golden image on a VM of it: what it has, what it must not have, and that a lieutenant there answers. */
import type { Static } from "@sinclair/typebox";
import type { check, Finding } from "../../contract/golden.ts";
import { Fault, fault } from "../../errors.ts";
import { VersFault } from "../../vers/fault.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import { type Found, probe } from "../machines/bootstrap.ts";
import type { Ssh } from "../machines/ssh.ts";
import { vmKeyFile } from "../machines/vm-way.ts";
import { launchOf } from "../operations/create.ts";
import { keysOf } from "./build.ts";
import { type Facts, factsOf } from "./machine.ts";
import { packHere, piHere } from "./pack.ts";
import { answers } from "./proof.ts";
import { platformKey, secretsOn } from "./secrets.ts";

type Input = Static<typeof check.input>;
type Output = Static<typeof check.output>;

const BUILD = "Build another: flagship golden build.";

export async function checkGolden(host: Host, input: Input, context: Context): Promise<Output> {
	const launch = launchOf(host, context);
	host.launches.note(launch);
	const commit = input.commit ?? (await host.vms.golden());
	if (commit === undefined) throw fault("golden_none");
	const place = await restored(host, commit);
	if (typeof place !== "string") return verdict(commit, [place]);
	const findings: Finding[] = [];
	let left: string | undefined;
	try {
		const reached = await looked(host, place, commit);
		findings.push(...reached);
		if (!reached.some(({ what }) => what === "way")) findings.push(await answers(host, place, launch));
	} finally {
		left = await host.vms.end(place);
	}
	const vm = place.slice("vers:".length);
	if (left !== undefined)
		findings.push(bad("vm", `VM ${vm} is not deleted (${left}).`, "It is noted, and deleted again."));
	return verdict(commit, findings);
}

const verdict = (commit: string, findings: readonly Finding[]): Output => ({
	...{ commit, ok: findings.every(({ ok }) => ok), findings: [...findings] },
});
const good = (what: string, said: string): Finding => ({ what, ok: true, said });
const bad = (what: string, said: string, todo: string): Finding => ({ what, ok: false, said, todo });

/** The place of a VM of it, or that there is no such snapshot any more. */
async function restored(host: Host, commit: string): Promise<string | Finding> {
	try {
		return await host.vms.make("golden check", { said: host.vms.source(commit) });
	} catch (thrown) {
		if (!(thrown instanceof VersFault) || thrown.type !== "gone") throw thrown;
		return bad("snapshot", `the platform does not know ${commit}.`, `${BUILD} vms.golden must not name this one.`);
	}
}

/** Over a connection of its own, before anything is sent there. */
async function looked(host: Host, place: string, commit: string): Promise<readonly Finding[]> {
	const { world, home } = host.options;
	const { signal } = host.machines.ways;
	let ssh: Ssh | undefined;
	try {
		ssh = await host.machines.carrier(place).reach?.(signal);
		if (ssh === undefined) throw fault("machine_unreachable", place, "there is no ssh from here");
		const found = await probe(ssh, { world, place, signal });
		const facts = await factsOf(ssh, found);
		const key = await platformKey(world, vmKeyFile(home.run, place.slice("vers:".length)));
		const secrets = await secretsOn(ssh, place, [key, ...(await keysOf(host, commit))]);
		return [...compared(host, found, facts), secretsFinding(secrets)];
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		return [bad("way", thrown.message, thrown.toJSON().remedy ?? BUILD)];
	} finally {
		ssh?.close();
	}
}

const secretsFinding = (found: readonly string[]): Finding =>
	found.length === 0
		? good("secrets", "none found.")
		: bad("secrets", `it may hold some: ${found.join(", ")}.`, `Delete this snapshot. ${BUILD}`);

function compared(host: Host, found: Found, { node, git, packs, pis }: Facts): readonly Finding[] {
	const ours = process.versions.node;
	return [
		found.node === undefined || node === ""
			? bad("node", "it has none that is new enough.", BUILD)
			: good("node", node === ours ? `${node}, as here.` : `${node}; here it is ${ours}, and either will do.`),
		git ? good("git", "is there.") : bad("git", "is not there.", "Build from a snapshot that has it."),
		sent("pack", "Flagship", packs, packHere(host)),
		found.pi === "" ? sent("pi", "pi", pis, piHere(host)) : good("pi", `the machine's own, ${found.pi}.`),
	];
}

/** One of another version is sent anew to each machine: it works, and costs what the image was to save. */
function sent(what: string, name: string, there: readonly string[], here: string | undefined): Finding {
	if (here !== undefined && there.includes(here)) return good(what, `${here}, as here.`);
	if (there.length === 0) return bad(what, `it has no ${name}.`, BUILD);
	if (here === undefined) return good(what, `${there.join(", ")}; none is known here to compare.`);
	return bad(what, `stale: it has ${name} ${there.join(", ")}, and here it is ${here}.`, BUILD);
}
