/** What one lieutenant does right now, before it is in its transcript: the words that come, the tool that runs. */
import type { RpcRecord } from "../pi/rpc.ts";
import type { World } from "../world.ts";
import type { Live } from "./row.ts";

const PARTIAL_MAX = 20_000;

export class Present {
	readonly #world: World;
	#tool: (Live["tool"] & { readonly call: string }) | undefined;
	#partial = "";
	#heard = 0;
	#summing = false;

	constructor(world: World) {
		this.#world = world;
	}

	get tool(): Live["tool"] {
		return this.#tool;
	}

	/** What the model says. */
	get partial(): string {
		return this.#partial;
	}

	/** Characters of the answer that is coming, which a kill would leave nowhere. */
	get heard(): number {
		return this.#heard;
	}

	/** Its conversation is being summarized. */
	get summing(): boolean {
		return this.#summing;
	}

	get shown(): Pick<Live, "partial" | "tool"> {
		return { partial: this.#partial, tool: this.#tool };
	}

	take(record: RpcRecord): void {
		if (record.type === "message_update") {
			this.#partial = (this.#partial + record.delta).slice(-PARTIAL_MAX);
			this.#heard += record.length;
		} else if (record.type === "message_end" && record.message.role === "assistant") this.#quiet();
		else if (record.type === "tool_execution_start") {
			const { call, tool, input } = record;
			this.#tool = { call, name: toolLine(tool, input), since: this.#world.clock.now() };
		} else if (record.type === "tool_execution_end" && this.#tool?.call === record.call) this.#tool = undefined;
		else if (record.type === "compaction_start") this.#summing = true;
		else if (record.type === "compaction_end") this.#summing = false;
	}

	/** The run is over. */
	end(): void {
		this.#tool = undefined;
		this.#summing = false;
		this.#quiet();
	}

	#quiet(): void {
		this.#partial = "";
		this.#heard = 0;
	}
}

/** `bash npm test`: a tool and the beginning of what it was given. */
function toolLine(tool: string, input: unknown): string {
	const given =
		typeof input === "object" && input !== null
			? Object.values(input).find((value) => typeof value === "string")
			: undefined;
	return given === undefined ? tool : `${tool} ${String(given).split("\n")[0]?.slice(0, 60)}`;
}
