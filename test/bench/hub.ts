/** The hub: an empty one and a full one, in turns, beside bare HTTP and a raw SQLite loop. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { loadModules } from "../../src/hub/modules.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeHome } from "../support/home.ts";
import { serviceOf } from "../withstand/hub/writes.ts";
import { backup } from "./backup.ts";
import { crowd } from "./crowd.ts";
import type { Figure } from "./figure.ts";
import type { Group, Run } from "./group.ts";
import { inTurns, median } from "./measure.ts";
import { costOf } from "./processes.ts";
import { type Hub, type Program, startEcho, startHub } from "./program.ts";
import { type RawRate, rawWriter } from "./raw.ts";
import { search } from "./search.ts";
import { type Amount, seed } from "./seed.ts";
import { services } from "./services.ts";
import { streams } from "./streams.ts";
import { ask, bytesOf, load } from "./wire.ts";

const CONNECTIONS = [1, 8, 64] as const;
const ROUNDS = 7;
const SLICE = 300;
/** ms of load before what is measured. */
const WARM = 1_000;
const PAGE = 50;
/** As empty as a page of 50 allows. */
const EMPTY: Amount = { tasks: PAGE, events: 2 * PAGE, sessions: 0 };
const FULL: Amount = { tasks: 50_000, events: 100_000, sessions: 100_000 };
const GROWTH = { atMost: 1.2 } as const;
const VM = "bench-vm";
/** All that the hub has. */
const SERVICES = [
	...new Set((await loadModules(realWorld())).handlers.map(({ operation }) => serviceOf(operation.name))),
].sort();

type Next = (n: number) => Buffer;

interface Work {
	readonly name: "write" | "heartbeat" | "page" | "read" | "summary";
	readonly beside: "raw" | "echo";
	/** The requests, for this hub. */
	requests(hub: Hub): Promise<Next>;
}

const get = (hub: Hub, path: string): Promise<Next> => {
	const bytes = bytesOf({ method: "GET", path, token: hub.token });
	return Promise.resolve(() => bytes);
};

const WORK: readonly Work[] = [
	{
		name: "write",
		beside: "raw",
		async requests({ token }) {
			const post = (path: string, body: unknown): Buffer => bytesOf({ method: "POST", path, token, body });
			return (n) =>
				n % 2 === 0
					? post("/log", { text: `entry ${n} of the load`, agent: "bench" })
					: post("/board/tasks", { title: `task ${n} of the load`, createdBy: "bench" });
		},
	},
	{
		name: "heartbeat",
		beside: "raw",
		async requests(hub) {
			const bytes = bytesOf({ method: "POST", path: `/registry/vms/${VM}/heartbeat`, token: hub.token });
			return () => bytes;
		},
	},
	{ name: "page", beside: "echo", requests: (hub) => get(hub, `/board/tasks?limit=${PAGE}`) },
	{
		name: "read",
		beside: "echo",
		async requests(hub) {
			const { tasks } = await ask(hub.url, { method: "GET", path: `/board/tasks?limit=${PAGE}`, token: hub.token });
			const all = tasks.map(({ id }: { id: string }) =>
				bytesOf({ method: "GET", path: `/board/tasks/${id}`, token: hub.token }),
			);
			return (n) => all[n % all.length];
		},
	},
	{ name: "summary", beside: "echo", requests: (hub) => get(hub, "/usage?range=30d") },
];

/** Reads first: what is measured at "empty" should not have been filled by what is measured before. */
const ORDER = ["read", "page", "summary", "heartbeat", "write"] as const;

interface Stage {
	readonly empty: Hub;
	readonly full: Hub;
	readonly echo: Program;
	readonly raw: (ms: number) => Promise<RawRate>;
}

interface Slice {
	readonly rate: number;
	/** CPU of the one who serves, µs for each answer. */
	readonly cpu: number;
}

async function slice(server: Program, connections: number, next: Next): Promise<Slice> {
	const before = costOf(server.pid).cpu;
	const { rate, count } = await load(server.url, connections, SLICE, next);
	return { rate, cpu: ((costOf(server.pid).cpu - before) * 1000) / count };
}

const of = (slices: readonly Slice[], field: keyof Slice): number => median(slices.map((one) => one[field]));

async function measure(stage: Stage, work: Work, connections: number, run: Run): Promise<void> {
	const { empty, full, echo, raw } = stage;
	const [onEmpty, onFull] = [await work.requests(empty), await work.requests(full)];
	const length = work.beside === "raw" ? 0 : await lengthOf(full, onFull(0));
	const echoed = bytesOf({ method: "GET", path: `/${length}` });
	// All three as they are after their first seconds: V8 compiles what is hot only after some ten thousand answers.
	await load(empty.url, connections, WARM, onEmpty);
	await load(full.url, connections, WARM, onFull);
	if (work.beside === "echo") await load(echo.url, connections, WARM, () => echoed);
	const slices = await inTurns(ROUNDS, {
		empty: () => slice(empty, connections, onEmpty),
		reference: (): Promise<Slice> => (work.beside === "raw" ? raw(SLICE) : slice(echo, connections, () => echoed)),
		full: () => slice(full, connections, onFull),
	});
	const beside = work.beside === "raw" ? "a raw SQLite loop" : "a bare echo";
	for (const [name, tasks] of [
		["empty", 0],
		["full", FULL.tasks],
	] as const) {
		const at = { connections, tasks };
		const reference = of(slices.reference, "rate");
		run.report({
			...{ bench: `hub.${work.name}`, at, value: of(slices[name], "rate"), unit: "/s", reference, beside },
			...goalOf(work.name, connections, tasks),
		});
		if (work.name === "write" || work.name === "read") {
			const goal = work.name === "write" && connections === 8 ? { goal: { atMost: 250 } } : {};
			const [value, other] = [of(slices[name], "cpu"), of(slices.reference, "cpu")];
			run.report({ bench: `hub.${work.name}.cpu`, at, value, unit: "µs", beside, reference: other, ...goal });
		}
		if (connections === 1 && (work.name === "page" || work.name === "summary")) {
			run.report({
				...{ bench: `hub.${work.name}.time`, at, value: 1000 / of(slices[name], "rate"), unit: "ms", beside },
				...{ reference: 1000 / reference, goal: { atMost: 2 } },
			});
		}
	}
	if (work.name === "summary") return; // without sessions it sums nothing: no growth to speak of
	// By CPU: what an answer costs a hub with more rows. A busy disk would say more about its other users.
	const growth = median(slices.full.map(({ cpu }, round) => cpu / (slices.empty[round]?.cpu ?? Number.NaN)));
	run.report({ bench: `hub.${work.name}.growth`, at: { connections }, value: growth, unit: "×", goal: GROWTH });
}

async function lengthOf(hub: Hub, request: Buffer): Promise<number> {
	const [path = "/"] = request.toString("latin1").split(" ").slice(1);
	return Buffer.byteLength(JSON.stringify(await ask(hub.url, { method: "GET", path, token: hub.token })));
}

function goalOf(name: Work["name"], connections: number, tasks: number): Pick<Figure, "goal" | "judged"> {
	if (name === "write" && connections === 8 && tasks === 0) return { goal: { atLeast: 3_000 } };
	if (name === "read" && connections === 8) return { goal: { atLeast: 0.5 }, judged: "ratio" };
	return {};
}

async function memory(hub: Hub, tasks: number, run: Run): Promise<void> {
	for (const path of ["/health", `/board/tasks?limit=${PAGE}`, "/feed/stats", "/log?last=7d&limit=50", "/usage"]) {
		await ask(hub.url, { method: "GET", path, token: hub.token });
	}
	const goal = { atMost: tasks === 0 ? 110 : 150 };
	run.report({ bench: "hub.rss", at: { tasks }, value: costOf(hub.pid).rss, unit: "MB", goal });
}

async function hubWith(amount: Amount): Promise<Hub> {
	const home = makeHome();
	const folder = join(home.root, "data");
	await seed(folder, amount);
	// The first hub of a home strips its code, which the next ones find: what is measured is a home in use. Without the
	// folder there is nowhere to keep it, and the second would be the first.
	mkdirSync(home.flagship, { mode: 0o700 });
	await (await startHub(home, folder)).end("SIGTERM");
	const hub = await startHub(home, folder);
	const body = { id: VM, name: VM, role: "infra", address: "127.0.0.1", registeredBy: "bench" };
	await ask(hub.url, { method: "POST", path: "/registry/vms", token: hub.token, body });
	return hub;
}

export const hub: Group = async (run) => {
	run.say("seeding 50,000 tasks, 100,000 events, 100,000 sessions");
	const [empty, full] = [await hubWith(EMPTY), await hubWith(FULL)];
	await memory(empty, 0, run);
	await memory(full, FULL.tasks, run);
	const stage: Stage = { empty, full, echo: await startEcho(), raw: await rawWriter() };
	for (const name of ORDER) {
		const work = WORK.find((one) => one.name === name);
		if (work === undefined) continue;
		for (const connections of CONNECTIONS) await measure(stage, work, connections, run);
	}
	run.say("1, 50 and 200 readers of the feed");
	await streams(empty, run);
	run.say("64 readers of everything beside 8 writers");
	await crowd(full, FULL.tasks, run);
	run.say("a backup beside 8 writers");
	await backup(full, FULL.tasks, run);
	run.say("every service: a list and a write");
	await services({ ...stage, hub: full }, SERVICES, run);
	run.say("search by words over 100,000 entries of the log");
	await search(run);
	for (const [server, tasks] of [
		[empty, 0],
		[full, FULL.tasks],
	] as const) {
		run.report({ bench: "hub.rss.afterLoad", at: { tasks }, value: costOf(server.pid).rss, unit: "MB" });
	}
};
