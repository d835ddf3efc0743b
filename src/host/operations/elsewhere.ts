/**
 * A new lieutenant on another machine, and what becomes of it when that machine cannot have it. It is made here instead
 * only when it was surely not made there: an answer that was lost is asked for again, never made up for.
 */
import type { Static } from "@sinclair/typebox";
import { create, destroy } from "../../contract/lieutenants.ts";
import type { Launch } from "../../contract/link.ts";
import { type ErrorCode, Fault, fault, reason } from "../../errors.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import { machineSettings } from "../machines/settings.ts";

type Input = Static<typeof create.input>;
type Output = Static<typeof create.output>;

/** Refusals that come before the host there is asked: nothing was made. */
const NOT_MADE: readonly ErrorCode[] = [
	...(["machine_unreachable", "machine_unfit", "vers_no_key", "vers_address", "vers_key"] as const),
	...(["vers_capacity", "vers_gone", "vers_forbidden", "vers_unavailable", "vers_refused"] as const),
];

export interface Elsewhere {
	readonly place: string;
	readonly input: Input;
	readonly launch: Launch;
	/** Makes it on this machine. */
	here(input: Input): Promise<Output>;
}

export async function createElsewhere(
	host: Host,
	{ place, input, launch, here }: Elsewhere,
	context: Context,
): Promise<Output> {
	const { place: said, local: _, fallback, ...asked } = input;
	host.launches.note(launch);
	try {
		return await madeAt(host, place, asked, context, launch);
	} catch (thrown) {
		if (!(thrown instanceof Fault) || !NOT_MADE.includes(thrown.code)) throw thrown;
		if (context.signal.aborted) throw fault("called_off", `Making ${input.name}`);
		const wish =
			said === "auto" ? "auto" : (fallback ?? machineSettings(host.options.settings.values).settings.fallback);
		if (wish === "never") throw thrown;
		if (wish === "ask") throw asking(thrown);
		if (input.cwd !== undefined && !isHere(host, input.cwd, launch)) throw notHere(thrown, input.cwd);
		context.step(`not on ${place}: ${thrown.message} It is made here`);
		const made = await here(asked);
		const why = `made here instead of on ${place}: ${thrown.message}`;
		const text = `${made.name} was ${why}`;
		host.keep(`lieutenant:${made.id}`, "log.append", { text: text.slice(0, 2_000) }, `fell back ${made.id}`);
		return { ...made, note: [made.note, `It was ${why}`].filter(Boolean).join(" ") };
	}
}

/** For `vers` a machine is made first; one on which then nobody lives is ended again. */
async function madeAt(host: Host, place: string, asked: Input, context: Context, launch: Launch): Promise<Output> {
	if (place !== "vers") return await livesAt(host, place, asked, context, launch);
	const vm = await host.vms.make(asked.name, context);
	try {
		context.signal.throwIfAborted();
		const made = await livesAt(host, vm, asked, context, launch);
		host.vms.settled(vm);
		return made;
	} catch (thrown) {
		if (context.signal.aborted && !host.machines.lived(vm)) throw await calledOff(host, vm, asked.name);
		host.vms.settled(vm);
		if (!host.machines.lived(vm)) host.vms.left(vm);
		throw thrown;
	}
}

/** One that was called off while it was being made there is ended as soon as it is known. */
async function livesAt(host: Host, place: string, asked: Input, context: Context, launch: Launch): Promise<Output> {
	const made = (await host.machines.create(place, create, asked, context, launch)) as Output;
	if (!context.signal.aborted) return made;
	try {
		await host.machines.pass(made, destroy, { name: made.name }, { ...context, key: `${context.key} called off` });
	} catch (thrown) {
		const why = reason(thrown).replace(/\.$/, "");
		const late = `Making ${made.name} was called off too late: it is at ${made.place} and was not ended (${why}).`;
		throw new Fault("called_off", late, "End it with vers_lt_destroy.");
	}
	throw fault("called_off", `Making ${asked.name}`);
}

/** Its VM is gone, or is on the list of those that cost on; nobody waits longer for it. */
async function calledOff(host: Host, place: string, name: string): Promise<Fault> {
	const vm = place.slice("vers:".length);
	try {
		const left = await host.vms.end(place);
		const after = left === undefined ? "is deleted again" : `is not deleted (${left}); it is listed, and deleted again`;
		return new Fault("called_off", `Making ${name} was called off: VM ${vm} ${after}.`);
	} catch (thrown) {
		host.options.complain(`VM ${vm} is not deleted: ${reason(thrown)}`);
		return new Fault(
			"called_off",
			`Making ${name} was called off: VM ${vm} is not deleted yet; the host does it at its next start.`,
		);
	}
}

const asking = ({ code, message }: Fault): Fault =>
	new Fault(
		code,
		message,
		"Ask the person whether it may run here instead; if so, create it again with place local, or with fallback auto.",
	);

const notHere = ({ code, message }: Fault, cwd: string): Fault =>
	new Fault(code, `${message} It cannot run here either: there is no folder ${cwd} on this machine.`);

function isHere(host: Host, cwd: string, launch: Launch): boolean {
	const path = cwd.startsWith("/") ? cwd : `${launch.cwd}/${cwd}`;
	return host.options.world.files.stat(path)?.kind === "folder";
}
