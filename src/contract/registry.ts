/** The registry: which machines there are, what they are for, and when each was last heard. */
import { type Static, Type } from "@sinclair/typebox";
import { EVERYONE, operation, WRITERS } from "./operation.ts";
import { anything, authorName, Deleted, more, oneOf, page, paging, text } from "./shapes.ts";

export const VM_ROLES = ["infra", "lieutenant", "worker", "golden", "custom"] as const;
export const VM_STATUSES = ["running", "paused", "stopped"] as const;

/** Milliseconds without a heartbeat after which a running machine is no longer taken for one. */
export const VM_STALE = 5 * 60_000;

/** What runs on a machine: `{name, port, healthPath?, protocol?}`; more keys are kept as they come. */
const Services = Type.Array(
	Type.Object(
		{
			name: text(200),
			port: Type.Integer({ minimum: 0, maximum: 65_535 }),
			healthPath: Type.Optional(Type.String({ maxLength: 2_000 })),
			protocol: Type.Optional(Type.String({ maxLength: 200 })),
		},
		{ additionalProperties: true },
	),
	{ maxItems: 200 },
);

export const Vm = Type.Object({
	id: Type.String(),
	name: Type.String(),
	role: oneOf(VM_ROLES),
	status: oneOf(VM_STATUSES),
	address: Type.String(),
	services: Type.Optional(Services),
	metadata: Type.Optional(anything("as registered")),
	registeredBy: Type.String(),
	registeredAt: Type.String(),
	lastSeen: Type.String(),
	stale: Type.Optional(Type.Literal(true, { description: "says running, and was not heard for five minutes" })),
});
export type Vm = Static<typeof Vm>;

const Id = text(200, "VM id");
const line = (vm: Vm): string =>
	[
		`${vm.id} ${vm.name} ${vm.role} ${vm.status}${vm.stale === true ? " (silent)" : ""} ${vm.address}`,
		...(vm.services ?? []).map(({ name, port }) => `${name}:${port}`),
		`last seen ${vm.lastSeen}`,
	].join(" ");
const Service = Type.Optional(Type.String({ maxLength: 200, description: "that offers a service of this name" }));
const lines = (vms: readonly Vm[]): string => vms.map(line).join("\n") || "No VMs.";

export const register = operation({
	name: "registry.register",
	at: "hub",
	tool: "registry_register",
	cli: "registry register",
	summary: "Register a machine. Whoever registered it may do so again.",
	method: "POST",
	path: "/registry/vms",
	status: 201,
	input: Type.Object({
		id: Id,
		name: text(200),
		role: oneOf(VM_ROLES),
		status: Type.Optional(oneOf(VM_STATUSES, "default running")),
		address: text(2_000),
		registeredBy: authorName,
		services: Type.Optional(Services),
		metadata: Type.Optional(anything("data")),
	}),
	output: Vm,
	author: { field: "registeredBy", needed: true },
	allow: WRITERS,
	sentences: { role: "invalid role: {value}" },
	tell: (vm) => `Registered ${vm.id}.`,
});

export const list = operation({
	name: "registry.list",
	at: "hub",
	tool: "registry_list",
	cli: "registry list",
	summary: "List machines, newest first; with status=running only those heard within five minutes.",
	method: "GET",
	path: "/registry/vms",
	status: 200,
	input: Type.Object({
		role: Type.Optional(Type.String({ description: VM_ROLES.join(" | ") })),
		status: Type.Optional(Type.String({ description: VM_STATUSES.join(" | ") })),
		service: Service,
		...paging,
	}),
	output: Type.Object({ vms: Type.Array(Vm), ...page }),
	allow: EVERYONE,
	tell: ({ vms, next }) => lines(vms) + more(next),
});

export const get = operation({
	name: "registry.get",
	at: "hub",
	cli: "registry get",
	summary: "Read one machine.",
	method: "GET",
	path: "/registry/vms/:id",
	status: 200,
	input: Type.Object({ id: Id }),
	output: Vm,
	allow: EVERYONE,
	tell: line,
});

export const update = operation({
	name: "registry.update",
	at: "hub",
	cli: "registry update",
	summary: "Change a machine's name, status, address, services or metadata.",
	method: "PATCH",
	path: "/registry/vms/:id",
	status: 200,
	input: Type.Object({
		id: Id,
		name: Type.Optional(text(200)),
		status: Type.Optional(oneOf(VM_STATUSES)),
		address: Type.Optional(text(2_000)),
		services: Type.Optional(Services),
		metadata: Type.Optional(anything("replaces the old")),
	}),
	output: Vm,
	allow: WRITERS,
	sentences: { name: "name cannot be empty", address: "address cannot be empty" },
	tell: line,
});

export const remove = operation({
	name: "registry.delete",
	at: "hub",
	cli: "registry delete",
	summary: "Take a machine off the registry.",
	method: "DELETE",
	path: "/registry/vms/:id",
	status: 200,
	input: Type.Object({ id: Id }),
	output: Deleted,
	allow: WRITERS,
	tell: (_output, { id }) => `${id} is off the registry.`,
});

export const heartbeat = operation({
	name: "registry.heartbeat",
	at: "hub",
	tool: "registry_heartbeat",
	cli: "registry heartbeat",
	summary: "Say that a machine lives.",
	method: "POST",
	path: "/registry/vms/:id/heartbeat",
	status: 200,
	input: Type.Object({ id: Id }),
	output: Type.Object({ id: Type.String(), lastSeen: Type.String() }),
	allow: WRITERS,
	spool: true,
	tell: ({ id, lastSeen }) => `${id} seen ${lastSeen}.`,
});

export const discover = operation({
	name: "registry.discover",
	at: "hub",
	tool: "registry_discover",
	cli: "registry discover",
	summary: "Find running machines of a role.",
	method: "GET",
	path: "/registry/discover/:role",
	status: 200,
	input: Type.Object({
		role: Type.String({ minLength: 1, maxLength: 200, description: VM_ROLES.join(" | ") }),
		service: Service,
	}),
	output: Type.Object({ vms: Type.Array(Vm), count: Type.Integer() }),
	allow: EVERYONE,
	tell: ({ vms }) => lines(vms),
});
