/** 64 readers go round everything that can be listed, while 8 write: what that costs the writers. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AnyOperation } from "../../src/contract/operation.ts";
import { loadModules } from "../../src/hub/modules.ts";
import { example } from "../../src/hub/openapi/example.ts";
import { realWorld } from "../../src/world/real.ts";
import { atEnd } from "../support/cleanup.ts";
import type { Run } from "./group.ts";
import { median, percentile } from "./measure.ts";
import type { Hub } from "./program.ts";
import { bytesOf, Wire } from "./wire.ts";
import { writingFor } from "./writers.ts";

const READER = fileURLToPath(new URL("./reader.ts", import.meta.url));
const READERS = 64;
const ROUNDS = 7;
const ALONE = 1_000;
const BESIDE = 1_500;
/** Until the readers' first answers are in, and until their last are out. */
const SETTLING = 300;

export interface Listing {
	readonly operation: AnyOperation;
	readonly path: string;
}

/** Every read of the contract that is one address, with as long a page as it gives. */
export async function listsOf(hub: Hub): Promise<readonly Listing[]> {
	const { handlers } = await loadModules(realWorld());
	const lists: Listing[] = [];
	for (const { type, operation } of handlers) {
		if (type !== "read" || operation.method !== "GET" || operation.path.includes(":")) continue;
		const query = new URLSearchParams(example(operation.input) as Record<string, string>);
		if ("last" in operation.input.properties) query.set("last", "30d");
		const path = `${operation.path}?${query}`;
		const wire = await Wire.to(hub.url);
		const { status } = await wire.ask(bytesOf({ method: "GET", path, token: hub.token }));
		wire.close();
		// Two have nothing to show in a hub without an orchestrator and without a golden snapshot.
		if (status === 200) lists.push({ operation, path });
	}
	return lists;
}

async function readers(hub: Hub, paths: readonly string[]): Promise<{ end(): Promise<number> }> {
	const args = [READER, new URL(hub.url).port, hub.token, String(READERS), ...paths];
	const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
	atEnd(() => void child.kill("SIGKILL"));
	let said = "";
	child.stdout?.on("data", (bytes: Buffer) => {
		said += String(bytes);
	});
	await once(child.stdout ?? child, "data");
	return {
		async end() {
			child.kill("SIGTERM");
			await once(child, "close");
			return JSON.parse(said.trim().split("\n").at(-1) ?? "").answers;
		},
	};
}

export async function crowd(hub: Hub, tasks: number, run: Run): Promise<void> {
	const paths = (await listsOf(hub)).map(({ path }) => path);
	const rounds: { alone: number; beside: number; answers: number }[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const alone = await writingFor(hub, ALONE);
		const reading = await readers(hub, paths);
		await sleep(SETTLING);
		const beside = await writingFor(hub, BESIDE);
		const answers = await reading.end();
		await sleep(SETTLING);
		rounds.push({ alone: percentile(alone, 0.99), beside: percentile(beside, 0.99), answers });
	}
	const at = { readers: READERS, lists: paths.length, tasks };
	const value = median(rounds.map(({ beside }) => beside));
	const reference = median(rounds.map(({ alone }) => alone));
	run.report({
		...{ bench: "hub.crowd.write.p99", at, value, unit: "ms", reference, beside: "without readers" },
		...{ judged: "ratio", goal: { atMost: 3 } },
	});
	const seconds = (SETTLING + BESIDE) / 1_000;
	const answered = median(rounds.map(({ answers }) => answers / seconds));
	run.report({ bench: "hub.crowd.answers", at, value: answered, unit: "/s" });
}
