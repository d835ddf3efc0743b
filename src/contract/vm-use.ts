/**
 * A VM at hand: its files and commands in place of this machine's, and copies between the two. The host keeps the way;
 * who works there goes over it with an `ssh` of its own, so that output streams and an abort ends what runs.
 */
import { type Static, Type } from "@sinclair/typebox";
import { operation } from "./operation.ts";
import { text } from "./shapes.ts";

/** Booting and the first connection, and a repository over a slow line. */
const PATIENCE = 150_000;
const COPY_PATIENCE = 1_000_000;
const allow = ["admin", "host", "orchestrator"] as const;

export const Way = Type.Object({
	vm: Type.String(),
	folder: Type.String({ description: "where commands begin there: an absolute path" }),
	home: Type.String({ description: "what ~ is there" }),
	command: Type.Array(Type.String(), {
		description: "a program of this machine and its arguments: with a command line behind them they run it there",
	}),
});
export type Way = Static<typeof Way>;

export const use = operation({
	name: "vms.use",
	at: "host",
	tool: "vers_vm_use",
	cli: "vm use",
	summary: "Have read, bash, edit and write act on a VM, until vers_vm_local.",
	method: "POST",
	path: "/vms/:vm/use",
	status: 200,
	input: Type.Object({
		vm: text(64, "the platform's id of the VM"),
		folder: Type.Optional(Type.String({ minLength: 1, maxLength: 4_000, description: "default: home there" })),
	}),
	output: Way,
	allow,
	patience: PATIENCE,
	tell: ({ vm, folder }) =>
		`From your next step on read, bash, edit and write act on VM ${vm} in ${folder}. vers_vm_local brings them back.`,
	print: ({ command }) => command.map(shellWord).join(" "),
});

export const copy = operation({
	name: "vms.copy",
	at: "host",
	tool: "vers_vm_copy",
	cli: "vm copy",
	summary: "Copy a file or a folder from or to a VM, or between two: one side, or both, is vm:<id>:<path>.",
	method: "POST",
	path: "/vms/copy",
	status: 200,
	input: Type.Object({
		from: text(4_200, "a path here, or vm:<id>:<path>"),
		to: text(4_200, "the same; into it, if it is a folder that is there"),
		cwd: Type.Optional(text(4_096, "where paths of this machine begin")),
	}),
	output: Type.Object({ from: Type.String(), to: Type.String(), bytes: Type.Integer({ description: "as packed" }) }),
	allow,
	patience: COPY_PATIENCE,
	effect: ({ from, to }) => `copied ${from} to ${to}`,
	tell: ({ from, to, bytes }) => `${from} is copied to ${to} (${bytes} bytes on the way).`,
});

/** For a person to paste into a shell. */
const shellWord = (word: string): string =>
	/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
