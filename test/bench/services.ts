/**
 * Every service of the hub, found in the contract: one list of it and one write, over 1, 8 and 64 connections, in turns with
 * a bare echo of as many bytes, and with a raw SQLite loop. A new service is measured by itself, or is said to be left out.
 */
import type { AnyOperation } from "../../src/contract/operation.ts";
import { isNeedy, type Prepared, serviceOf, tokensOf, WRITES, Writes } from "../withstand/hub/writes.ts";
import { listsOf } from "./crowd.ts";
import type { Run } from "./group.ts";
import { inTurns, median, percentile } from "./measure.ts";
import type { Hub, Program } from "./program.ts";
import type { RawRate } from "./raw.ts";
import { ask, bytesOf, type Load, load } from "./wire.ts";

const CONNECTIONS = [1, 8, 64] as const;
const ROUNDS = 3;
const SLICE = 200;
const WARM = 200;
const PAGE = 50;
/** Requests that are made beforehand, where each has to be; the hub answers fewer. */
const READY = 15_000;
/** What a write is about, where its path names it; made once. */
const ABOUT: Readonly<Record<string, string>> = { shares: "reports.create" };

interface Stage {
	readonly hub: Hub;
	readonly echo: Program;
	readonly raw: (ms: number) => Promise<RawRate>;
}

type Next = (n: number) => Buffer;

/** A list of each service; a page of it, where it has pages. */
async function readsOf(hub: Hub): Promise<ReadonlyMap<string, string>> {
	const found = new Map<string, string>();
	for (const { operation, path } of await listsOf(hub)) {
		const service = serviceOf(operation.name);
		const page = "limit" in operation.input.properties ? `${path}${path.endsWith("?") ? "" : "&"}limit=${PAGE}` : path;
		if (!found.has(service)) found.set(service, page);
	}
	return found;
}

/** The first write of a service that makes something anew. */
const writeOf = (service: string): AnyOperation | undefined => {
	const own = WRITES.filter(({ name, method }) => serviceOf(name) === service && method === "POST");
	return own.find(({ path }) => !path.includes(":")) ?? (ABOUT[service] === undefined ? undefined : own.at(-1));
};

async function writesReady(hub: Hub, { name }: AnyOperation): Promise<Next> {
	const writes = new Writes(hub.url, await tokensOf(hub.url, hub.token), hub.token);
	const about = ABOUT[serviceOf(name)];
	const more = about === undefined ? {} : { id: (await writes.done(about)).id as string };
	const bytes = ({ path, body, token, key }: Prepared): Buffer =>
		bytesOf({ method: "POST", path, token, key, body: JSON.parse(body ?? "{}") });
	let sent = 0;
	if (!isNeedy(name) || about !== undefined) {
		const { key, path, body = "", ...rest } = await writes.prepare(name, more);
		// Each is about something of its own, and has a key of its own.
		const own = (text: string): string => text.replaceAll(key, `${key}x${sent}`);
		return () => {
			sent++;
			return bytes({ ...rest, path: own(path), body: own(body), key: own(key) });
		};
	}
	const ready: Buffer[] = [];
	for (let n = 0; n < READY; n++) ready.push(bytes(await writes.prepare(name)));
	return () => {
		const next = ready[sent++];
		if (next === undefined) throw new Error(`more than ${READY} writes of ${name}: make more ready`);
		return next;
	};
}

async function measure(stage: Stage, name: string, write: boolean, next: Next, bytes: number, run: Run): Promise<void> {
	const { hub, echo, raw } = stage;
	const echoed = bytesOf({ method: "GET", path: `/${bytes}` });
	for (const connections of CONNECTIONS) {
		await load(hub.url, connections, WARM, next);
		const slices = await inTurns<"own" | "reference", Pick<Load, "rate"> & { readonly times?: readonly number[] }>(
			ROUNDS,
			{
				own: () => load(hub.url, connections, SLICE, next),
				reference: () => (write ? raw(SLICE) : load(echo.url, connections, SLICE, () => echoed)),
			},
		);
		const of = (key: "own" | "reference"): number => median(slices[key].map(({ rate }) => rate));
		const times = slices.own.flatMap(({ times: all = [] }) => all);
		const at = { operation: name, connections };
		const beside = write ? "a raw SQLite loop" : "a bare echo";
		const bench = `hub.services.${write ? "write" : "read"}`;
		run.report({ bench, at, value: of("own"), unit: "/s", reference: of("reference"), beside });
		run.report({ bench: `${bench}.p50`, at, value: percentile(times, 0.5), unit: "ms" });
		run.report({ bench: `${bench}.p99`, at, value: percentile(times, 0.99), unit: "ms" });
	}
}

/** Both halves of each service; `services`: names of all that the hub has. */
export async function services(stage: Stage, all: readonly string[], run: Run): Promise<void> {
	const reads = await readsOf(stage.hub);
	for (const service of all) {
		const path = reads.get(service);
		if (path === undefined) run.say(`${service} has no list that answers here: its reads are not measured`);
		else {
			const { hub } = stage;
			const bytes = Buffer.byteLength(JSON.stringify(await ask(hub.url, { method: "GET", path, token: hub.token })));
			const request = bytesOf({ method: "GET", path, token: hub.token });
			await measure(stage, path.split("?")[0] ?? path, false, () => request, bytes, run);
		}
		const write = writeOf(service);
		if (write === undefined) run.say(`${service} has no write that makes something: none is measured`);
		else await measure(stage, write.name, true, await writesReady(stage.hub, write), 0, run);
	}
}
