/**
 * The golden image: a snapshot of a VM that has all a lieutenant needs and no key, so that one on a new VM begins at once.
 * It is made and tried by the host of a person's machine, with their Vers account.
 */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { text } from "./shapes.ts";

/** ms: Node, pi and this package over a slow line, twice over. */
const PATIENCE = 3_600_000;
const allow = ["admin", "host", "orchestrator"] as const;

export const build = operation({
	name: "golden.build",
	at: "host",
	tool: "vers_golden_build",
	cli: "golden build",
	summary:
		"Make the golden image that VMs of lieutenants begin from: Node, git, pi and Flagship, and no key. Takes minutes.",
	method: "POST",
	path: "/golden/build",
	status: 201,
	launches: true,
	input: Type.Object({
		from: Type.Optional(text(200, "snapshot to add to, by id or repo:tag; default: an empty VM")),
		name: Type.Optional(text(100, "its label in the ledger; default golden")),
	}),
	output: Type.Object({
		commit: Type.String({ description: "the platform's id of the snapshot" }),
		name: Type.String(),
		node: Type.String({ description: "version there" }),
		pack: Type.String({ description: "which build of Flagship it has" }),
		setting: Type.Optional(Type.String({ description: "vms.golden of settings.json, which names another" })),
		left: Type.Optional(Type.String({ description: "the VM that it was made on, where that is not deleted yet" })),
		steps: Type.Array(Type.String(), { description: "what was done" }),
	}),
	allow,
	patience: PATIENCE,
	effect: () => "built a golden image",
	tell: ({ commit, name, node, setting, left }) =>
		[
			`Golden image ${name}: snapshot ${commit}, with Node ${node} and no key. vers_golden_check proves it.`,
			setting === undefined
				? "It is the ledger's newest: VMs of lieutenants begin from it."
				: `settings.json still names ${setting}. To use this one: "vms": {"golden": "${commit}"}, from the host's next start.`,
			...(left === undefined ? [] : [`VM ${left} is not deleted; it is noted, and deleted again.`]),
		].join("\n"),
});

export const Finding = Type.Object({
	what: Type.String({ description: "snapshot, way, node, git, pack, pi, secrets, lieutenant or vm" }),
	ok: Type.Boolean(),
	said: Type.String(),
	todo: Type.Optional(Type.String({ description: "what sets it right" })),
});
export type Finding = Static<typeof Finding>;

const line = ({ what, ok, said, todo }: Finding): string =>
	`${ok ? "ok  " : "FAIL"}  ${what}: ${said}${todo === undefined ? "" : ` ${todo}`}`;

export const check = operation({
	name: "golden.check",
	at: "host",
	tool: "vers_golden_check",
	cli: "golden check",
	summary:
		"Prove a golden image: a VM of it is as it should be, and a lieutenant there answers. Takes minutes, and a prompt.",
	method: "POST",
	path: "/golden/check",
	status: 200,
	launches: true,
	input: Type.Object({
		commit: Type.Optional(text(200, "snapshot, by id or repo:tag; default: that which new VMs begin from")),
	}),
	output: Type.Object({ commit: Type.String(), ok: Type.Boolean(), findings: Type.Array(Finding) }),
	allow,
	patience: PATIENCE,
	effect: () => "checked the golden image",
	tell: ({ commit, ok, findings }) =>
		[...findings.map(line), `Golden image ${commit} is ${ok ? "good" : "not good"}.`].join("\n"),
	failed: ({ ok }) => !ok,
});
