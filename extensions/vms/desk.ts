/** The VM at hand of one session: put there, kept with the conversation, brought back, and never quietly replaced. */
import type {
	BashOperations,
	ExtensionAPI,
	ExtensionCommandContext,
	ExtensionContext,
} from "@earendil-works/pi-coding-agent";
import type { TSchema } from "@sinclair/typebox";
import type { HostClient } from "../../src/client/host.ts";
import type { AnyOperation } from "../../src/contract/operation.ts";
import * as contract from "../../src/contract/vm-use.ts";
import { Fault, fault } from "../../src/errors.ts";
import { sentence } from "../../src/fleet/tools.ts";
import { LOCAL, type Route, type Routes } from "../../src/pi/route.ts";
import { remoteOperations } from "./operations.ts";
import { Remote } from "./remote.ts";
import { registerRouted } from "./tools.ts";

export interface DeskParts {
	/** Writes to the session; `{}` is "here again". */
	keep(kept: { readonly vm?: string; readonly folder?: string; readonly home?: string }): void;
	context(): ExtensionContext | undefined;
	host(): HostClient | undefined;
}

const STATUS = "flagship-vm";
const PATIENCE = 20_000;

export class Desk {
	readonly #pi: ExtensionAPI;
	readonly #all: Routes;
	readonly #parts: DeskParts;
	readonly #remote: Remote;
	#registered = false;

	constructor(pi: ExtensionAPI, all: Routes, parts: DeskParts) {
		this.#pi = pi;
		this.#all = all;
		this.#parts = parts;
		this.#remote = new Remote((route) => this.#reopened(route));
	}

	/** A session goes on: its VM is at hand again, and the way is looked for when it is first used. */
	restore(kept: unknown): void {
		const { vm, folder, home } = (kept ?? {}) as Partial<Route>;
		if (vm === undefined || folder === undefined || home === undefined) return;
		this.#put({ vm, folder, home, command: [] });
	}

	take({ vm, folder, home, command }: contract.Way): void {
		this.#put({ vm, folder, home, command });
		this.#parts.keep({ vm, folder, home });
	}

	/** read, bash, edit and write act here again. Needs nobody. */
	back(): string {
		const { current } = this.#all;
		this.#all.current = undefined;
		if (current !== undefined) this.#parts.keep({});
		this.#show();
		return current === undefined
			? "No VM was at hand: read, bash, edit and write act here."
			: `read, bash, edit and write act here again, and no more on VM ${current.vm}, which goes on.`;
	}

	/** Why this tool cannot be routed: it is another extension's, which knows nothing of VMs. */
	foreign(tool: string): string | undefined {
		const tools = this.#pi.getAllTools();
		const source = (name: string) => JSON.stringify(tools.find((one) => one.name === name)?.sourceInfo);
		if (source(tool) === source(LOCAL)) return undefined;
		return `${tool} is another extension's here and cannot act on VM ${this.#all.current?.vm ?? ""}. vers_vm_local comes back to this machine; vers_vm_copy copies files.`;
	}

	/** For what a person types behind `!`. */
	shell(route: Route): BashOperations {
		const { bash } = remoteOperations(this.#remote, route, async () => undefined);
		return { exec: (command, _cwd, options) => bash.exec(command, route.folder, options) };
	}

	async command(args: string, ctx: ExtensionCommandContext): Promise<void> {
		const { versCommand } = await import("./command.ts");
		await versCommand(args, ctx, {
			call: (operation, input) => this.#call(operation, input),
			use: async (vm) => {
				const way = (await this.#call(contract.use, { vm })) as contract.Way;
				this.take(way);
				return contract.use.tell(way, { vm });
			},
			back: () => this.back(),
			current: () => this.#all.current?.vm,
		});
	}

	#put(route: Route): void {
		this.#all.current = route;
		this.#register();
		this.#show();
	}

	#register(): void {
		const ctx = this.#parts.context();
		if (this.#registered || ctx === undefined) return;
		this.#registered = true;
		registerRouted(this.#pi, this.#all, this.#remote, ctx);
		this.#pi.registerTool({
			name: LOCAL,
			label: "vm local",
			description: "Have read, bash, edit and write act here again.",
			parameters: { type: "object", properties: {} } as unknown as TSchema,
			execute: async () => ({ content: [{ type: "text", text: this.back() }], details: undefined }),
		});
	}

	#show(): void {
		const { current } = this.#all;
		const ctx = this.#parts.context();
		if (ctx?.hasUI) ctx.ui.setStatus(STATUS, current === undefined ? undefined : `VM ${current.vm}: ${current.folder}`);
	}

	/** The same folder over a way that stands. Throws what makes it impossible, and nothing is done here instead. */
	async #reopened(route: Route): Promise<Route> {
		try {
			const way = (await this.#call(contract.use, { vm: route.vm, folder: route.folder })) as contract.Way;
			const fresh = { ...route, command: way.command };
			if (this.#all.current?.vm === route.vm) this.#all.current = { ...this.#all.current, command: way.command };
			return fresh;
		} catch (thrown) {
			const why = thrown instanceof Fault ? thrown.message : sentence(thrown);
			throw fault("vm_not_at_hand", route.vm, why);
		}
	}

	async #call(operation: AnyOperation, input: unknown): Promise<unknown> {
		const host = this.#parts.host();
		if (host === undefined) throw fault("host_unreachable", "this session has not begun");
		const key = operation.method === "GET" ? undefined : crypto.randomUUID();
		return await host.call(operation, input, { key, patience: operation.patience ?? PATIENCE });
	}
}
