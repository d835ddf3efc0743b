/**
 * Machines of the Vers platform: a VM is made, branched, snapshotted, paused and deleted with the person's own account, by
 * the host of their machine. Each snapshot is recorded in the hub's ledger; a deletion that failed is told, and kept there.
 */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { oneOf, text } from "./shapes.ts";

/** Machines made by one call. */
export const BRANCHES_MAX = 20;

const Id = text(64, "the platform's id of the VM");
/** Longer than the platform's own waits, twice. */
const PATIENCE = 150_000;
const allow = ["admin", "host", "orchestrator"] as const;

export const Vm = Type.Object({
	id: Type.String({ description: "the platform's id" }),
	state: Type.String({ description: "booting, running, paused, sleeping, dead, or what the platform says" }),
	owner: Type.String({ description: "the platform's id of whose it is" }),
	createdAt: Type.String(),
	labels: Type.Record(Type.String(), Type.String()),
});
export type Vm = Static<typeof Vm>;

const line = ({ id, state, createdAt, labels }: Vm): string =>
	[id, state, createdAt, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].join("  ");

export const list = operation({
	name: "vms.list",
	at: "host",
	tool: "vers_vms",
	cli: "vm list",
	summary: "List the VMs of the Vers account, also those that this fleet did not make.",
	method: "GET",
	path: "/vms",
	status: 200,
	input: Type.Object({}),
	output: Type.Object({ vms: Type.Array(Vm), count: Type.Integer() }),
	allow,
	patience: PATIENCE,
	tell: ({ vms }) => vms.map(line).join("\n") || "No VMs.",
});

export const create = operation({
	name: "vms.create",
	at: "host",
	tool: "vers_vm_create",
	cli: "vm create",
	summary: "Start a new, empty VM. vers_vm_restore makes one from a snapshot.",
	method: "POST",
	path: "/vms",
	status: 201,
	input: Type.Object({
		label: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "what it is for" })),
		vcpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
		memoryMib: Type.Optional(Type.Integer({ minimum: 128, maximum: 262_144 })),
		diskMib: Type.Optional(Type.Integer({ minimum: 512, maximum: 1_048_576 })),
	}),
	output: Type.Object({ id: Type.String() }),
	allow,
	patience: PATIENCE,
	effect: () => "started a VM",
	tell: ({ id }) => `VM ${id} runs.`,
});

export const restore = operation({
	name: "vms.restore",
	at: "host",
	tool: "vers_vm_restore",
	cli: "vm restore",
	summary: "Start a VM from a snapshot: its disk and its processes go on from there.",
	method: "POST",
	path: "/vms/restore",
	status: 201,
	input: Type.Object({ commit: text(200, "the platform's id of the snapshot, or repo:tag") }),
	output: Type.Object({ id: Type.String() }),
	allow,
	patience: PATIENCE,
	effect: ({ commit }) => `started a VM from snapshot ${commit}`,
	tell: ({ id }) => `VM ${id} runs from there; what ran in it at the time runs again.`,
});

export const branch = operation({
	name: "vms.branch",
	at: "host",
	tool: "vers_vm_branch",
	cli: "vm branch",
	summary: "Clone a running VM, processes and all.",
	method: "POST",
	path: "/vms/:vm/branch",
	status: 201,
	input: Type.Object({
		vm: Id,
		count: Type.Optional(Type.Integer({ minimum: 1, maximum: BRANCHES_MAX, description: "default 1" })),
	}),
	output: Type.Object({
		ids: Type.Array(Type.String()),
		missing: Type.Integer({ description: "how many were asked for and not made" }),
		why: Type.Optional(Type.String()),
	}),
	allow,
	patience: PATIENCE * 4,
	effect: ({ vm }) => `branched VM ${vm}`,
	tell: ({ ids, missing, why }) =>
		[
			...ids.map((id) => `VM ${id} runs.`),
			...(missing > 0 ? [`${missing} more were not made: ${why ?? ""}`] : []),
		].join("\n"),
});

export const commit = operation({
	name: "vms.commit",
	at: "host",
	tool: "vers_vm_commit",
	cli: "vm commit",
	summary: "Take a snapshot of a VM, memory and disk; it is recorded in the ledger.",
	method: "POST",
	path: "/vms/:vm/commit",
	status: 201,
	input: Type.Object({
		vm: Id,
		label: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: "what it is" })),
		tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 20 })),
		pause: Type.Optional(Type.Boolean({ description: "leave it paused" })),
		keepRunning: Type.Optional(
			Type.Boolean({ description: "do not end lieutenants there for it: the snapshot then holds their keys" }),
		),
		secrets: Type.Optional(
			Type.Boolean({ description: "false only when no key is in its memory or on its disk; default true" }),
		),
	}),
	output: Type.Object({ commit: Type.String(), recorded: Type.String({ description: "where the ledger has it" }) }),
	allow,
	patience: PATIENCE * 2,
	effect: ({ vm }) => `took a snapshot of VM ${vm}`,
	tell: ({ commit: id, recorded }) => `Snapshot ${id}; ${recorded}. vers_vm_restore starts a VM from it.`,
});

export const state = operation({
	name: "vms.state",
	at: "host",
	tool: "vers_vm_state",
	cli: "vm state",
	summary: "Pause a VM or let it run on: nothing in it runs while it is paused, and no link to it stays.",
	method: "POST",
	path: "/vms/:vm/state",
	status: 200,
	input: Type.Object({ vm: Id, state: oneOf(["paused", "running"]) }),
	output: Type.Object({ id: Type.String(), state: Type.String() }),
	allow,
	patience: PATIENCE,
	effect: ({ vm, state: wanted }) => `set VM ${vm} to ${wanted}`,
	tell: ({ id, state: now }) => `VM ${id} is ${now}.`,
});

export const remove = operation({
	name: "vms.delete",
	at: "host",
	tool: "vers_vm_delete",
	cli: "vm delete",
	summary: "Delete a VM for good. One whose deletion fails is noted, and costs until it is gone.",
	method: "DELETE",
	path: "/vms/:vm",
	status: 200,
	input: Type.Object({ vm: Id }),
	output: Type.Object({
		id: Type.String(),
		gone: Type.Boolean(),
		why: Type.Optional(Type.String({ description: "what the refusal comes down to" })),
	}),
	allow,
	patience: PATIENCE,
	effect: ({ vm }) => `deleted VM ${vm}`,
	tell: ({ id, gone, why }) =>
		gone
			? `VM ${id} is gone.`
			: `VM ${id} is not gone (${why}). It is noted as undeleted and costs until it is; ask again later.`,
});
