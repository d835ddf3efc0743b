/** Items to the hub in batches, each one commit there; and what became of them. */
import { bring, type Fate, IMPORT_MAX, type ImportKind } from "../../contract/imports.ts";
import { Fault } from "../../errors.ts";
import type { openHub } from "../operate.ts";
import type { Item } from "./item.ts";
import type { Rejects } from "./rejects.ts";
import type { Tally } from "./tally.ts";

type Hub = ReturnType<typeof openHub>;
type Sent = Extract<Item, { type: "record" }>;

/** Bytes of a batch; one record alone may be larger. */
const BATCH_BYTES = 400_000;
/** ms that one batch may take, the hub's restart included. */
const PATIENCE = 60_000;

/** What names a record in its file: the second of one name is a reject, whatever it says. */
const NAMED: Readonly<Partial<Record<ImportKind, readonly string[]>>> = {
	...{ commit: ["commitId"], skill: ["name"], extension: ["name"], manifest: ["agentId"], link: ["hash"] },
	...{ artifact: [], dependency: ["task", "dependency"] },
};

export class Sender {
	readonly #hub: Hub;
	readonly #tally: Tally;
	readonly #rejects: Rejects;
	readonly #seen = new Map<string, number>();
	#batch: Sent[] = [];
	#bytes = 0;

	constructor(hub: Hub, tally: Tally, rejects: Rejects) {
		this.#hub = hub;
		this.#tally = tally;
		this.#rejects = rejects;
	}

	async take(item: Item): Promise<void> {
		this.#tally.row(item).in++;
		const before = item.type === "record" ? this.#twin(item) : undefined;
		if (item.type === "reject" || before !== undefined) {
			this.#reject(item, item.type === "reject" ? item.why : `a record of this name came before, in line ${before}`);
			return;
		}
		if (this.#batch.length >= IMPORT_MAX || this.#bytes + item.raw.length > BATCH_BYTES) await this.flush();
		this.#batch.push(item);
		this.#bytes += item.raw.length;
	}

	async flush(): Promise<void> {
		const batch = this.#batch;
		[this.#batch, this.#bytes] = [[], 0];
		if (batch.length > 0) await this.#send(batch);
	}

	/** The line of the record that had this name before. */
	#twin({ kind, record, line }: Sent): number | undefined {
		const fields = NAMED[kind] ?? ["id"];
		if (fields.length === 0) return undefined;
		const name = `${kind} ${fields.map((field) => JSON.stringify(record[field])).join(" ")}`;
		const before = this.#seen.get(name);
		if (before === undefined) this.#seen.set(name, line);
		return before;
	}

	async #send(batch: readonly Sent[]): Promise<void> {
		try {
			const records = batch.map(({ kind, record }) => ({ kind, record }));
			const { fates } = await this.#hub.call(bring, { records }, { timeout: PATIENCE });
			for (const [at, item] of batch.entries()) this.#settle(item, fates[at]);
		} catch (thrown) {
			const refusal = thrown instanceof RangeError ? "it is nested too deeply" : refusalOf(thrown);
			if (refusal === undefined) throw thrown;
			// One of them is what the hub takes from nobody: each by itself, that one is found.
			const [one, ...more] = batch;
			if (one !== undefined && more.length === 0) this.#reject(one, refusal);
			else for (const item of batch) await this.#send([item]);
		}
	}

	#settle(item: Sent, fate: Fate | undefined): void {
		const row = this.#tally.row(item);
		const { file, line, kind, raw } = item;
		if (fate === undefined) return;
		if (fate.outcome === "refused") this.#reject(item, fate.why ?? "the hub refused it");
		else row[fate.outcome]++;
		const why = [
			...(fate.dropped === undefined
				? []
				: [`taken without fields that no record has here: ${fate.dropped.join(", ")}`]),
			...(fate.differs === true ? ["it says something else than when it was imported; the hub's stays"] : []),
		];
		if (why.length > 0) this.#rejects.note({ file, line, kind, why: why.join("; ") }, raw);
	}

	#reject(item: Item, why: string): void {
		this.#tally.row(item).rejected++;
		const { file, line, kind, raw } = item;
		this.#rejects.reject({ file, line, kind, why }, raw);
	}
}

/** What the hub has against these records; undefined where it is not they that are at fault. */
function refusalOf(thrown: unknown): string | undefined {
	if (!(thrown instanceof Fault)) return undefined;
	return thrown.status === 400 || thrown.status === 413 ? thrown.message : undefined;
}
