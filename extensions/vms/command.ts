/** `/vers`: the person's VMs, chosen from a list where there is a screen, and by words everywhere. */
import type { ExtensionCommandContext } from "@earendil-works/pi-coding-agent";
import type { AnyOperation } from "../../src/contract/operation.ts";
import * as contract from "../../src/contract/vms.ts";
import { sentence } from "../../src/fleet/tools.ts";

export interface VersCommands {
	call(operation: AnyOperation, input: unknown): Promise<unknown>;
	/** Puts it at hand; what there is to say. */
	use(vm: string): Promise<string>;
	back(): string;
	/** The one at hand. */
	current(): string | undefined;
}

type Done = (commands: VersCommands, vm: string) => Promise<string>;

const does =
	<I>(operation: AnyOperation & { tell(output: never, input: never): string }, input: (vm: string) => I): Done =>
	async (commands, vm) =>
		operation.tell((await commands.call(operation, input(vm))) as never, input(vm) as never);

/** What can be done with one, by its word. */
const WORDS: Readonly<Record<string, Done>> = {
	use: (commands, vm) => commands.use(vm),
	branch: does(contract.branch, (vm) => ({ vm })),
	commit: does(contract.commit, (vm) => ({ vm })),
	pause: does(contract.state, (vm) => ({ vm, state: "paused" })),
	resume: does(contract.state, (vm) => ({ vm, state: "running" })),
	delete: does(contract.remove, (vm) => ({ vm })),
};
const USAGE = `/vers lists VMs; /vers ${Object.keys(WORDS).join("|")} <VM>; /vers local`;
const HERE = "local: work here again";

export async function versCommand(args: string, ctx: ExtensionCommandContext, commands: VersCommands): Promise<void> {
	const say = (text: string, kind: "info" | "warning" = "info"): void => {
		if (ctx.hasUI) ctx.ui.notify(text, kind);
		else process.stdout.write(`${text}\n`);
	};
	try {
		const text = args === "" && ctx.mode === "tui" ? await chosen(ctx, commands) : await typed(args, commands);
		if (text !== undefined) say(text);
	} catch (thrown) {
		say(sentence(thrown), "warning");
	}
}

async function typed(args: string, commands: VersCommands): Promise<string> {
	const [word = "", vm = "", ...more] = args.split(/\s+/);
	if (word === "" || word === "list") return await listed(commands);
	if (word === "local" && vm === "") return commands.back();
	const done = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
	return done === undefined || vm === "" || more.length > 0 ? USAGE : await done(commands, vm);
}

const all = async ({ call }: VersCommands): Promise<readonly contract.Vm[]> =>
	((await call(contract.list, {})) as { vms: readonly contract.Vm[] }).vms;

async function listed(commands: VersCommands): Promise<string> {
	const vms = await all(commands);
	const text = contract.list.tell({ vms: [...vms], count: vms.length }, {});
	const current = commands.current();
	return current === undefined ? text : `${text}\nAt hand: ${current}`;
}

async function chosen(ctx: ExtensionCommandContext, commands: VersCommands): Promise<string | undefined> {
	const vms = await all(commands);
	const lines = vms.map(({ id, state, labels }) => [id, state, ...Object.values(labels)].join("  "));
	const offered = commands.current() === undefined ? lines : [HERE, ...lines];
	if (offered.length === 0) return "No VMs. vers_vm_create makes one.";
	const line = await ctx.ui.select("VM", offered);
	if (line === undefined) return undefined;
	if (line === HERE) return commands.back();
	const vm = vms[lines.indexOf(line)]?.id ?? "";
	const word = await ctx.ui.select(vm, Object.keys(WORDS));
	if (word === undefined) return undefined;
	const sure = word !== "delete" || (await ctx.ui.confirm(`Delete VM ${vm}?`, "It is gone for good."));
	return sure ? await WORDS[word]?.(commands, vm) : undefined;
}
