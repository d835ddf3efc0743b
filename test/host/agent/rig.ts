/** A local place with real pi processes, a scripted model and a home of its own; everything ends with the test file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Home, homeOf, lieutenantFolder, makeHome } from "../../../src/daemon/home.ts";
import type { Life, LifeEnd, LifeWatch } from "../../../src/host/agent/life.ts";
import { LocalPlace } from "../../../src/host/places/local.ts";
import type { Employment } from "../../../src/host/places/place.ts";
import { takenOver } from "../../../src/pi/environment.ts";
import type { RpcCommand, RpcRecord, RpcResponse } from "../../../src/pi/rpc.ts";
import { realWorld } from "../../../src/world/real.ts";
import { atEnd } from "../../support/cleanup.ts";
import { makeFolder } from "../../support/folder.ts";
import { type Model, makeModel, piModels, type Script } from "../../support/model.ts";
import { until } from "../../support/until.ts";

export const world = realWorld();
export const packageFolder = resolve(import.meta.dirname, "../../..");
export const START = "01JD0000000000000000000000";

/** Runs long: every command of a slow test machine gets its time. */
export const PATIENT = 60_000;

export interface Ears extends LifeWatch {
	readonly records: RpcRecord[];
	readonly ends: LifeEnd[];
}

export function ears(): Ears {
	const [records, ends]: [RpcRecord[], LifeEnd[]] = [[], []];
	return {
		records,
		ends,
		record: (record) => void records.push(record),
		ended: (end) => void ends.push(end),
	};
}

export interface Rig {
	readonly model: Model;
	readonly place: LocalPlace;
	readonly home: Home;
	readonly work: string;
	readonly agentDir: string;
	/** A lieutenant that this rig's pi can be. */
	employ(over?: Partial<Employment>): Employment;
	folder(id: string): string;
	/** Starts life k and waits until it answers. */
	start(employment: Employment, life?: number, watch?: LifeWatch): Promise<Life>;
	/** Attaches to a life, as a new host would. */
	attach(id: string, watch?: LifeWatch, start?: string): Promise<Life | undefined>;
}

let serial = 0;

/** `pi` is the script of the pi to use. */
export async function makeRig(pi: string, script: Script): Promise<Rig> {
	const root = makeFolder();
	const [agentDir, work] = [join(root, "agent"), join(root, "work")];
	for (const folder of [agentDir, work]) mkdirSync(folder);
	const model = await makeModel({ script });
	writeFileSync(join(agentDir, "models.json"), JSON.stringify(piModels(model.url)));
	writeFileSync(join(agentDir, "settings.json"), JSON.stringify({ retry: { enabled: false } }));
	const home = homeOf(
		{ FLAGSHIP_HOME: join(root, "home"), XDG_RUNTIME_DIR: root },
		{ uid: process.getuid?.() ?? 0, folder: root },
	);
	makeHome(home);
	const place = new LocalPlace({ world, home, socket: join(root, "host.sock"), packageFolder });
	const lives: Life[] = [];
	atEnd(async () => {
		for (const { process } of lives) if (process !== undefined) world.spawn.kill(process, "SIGKILL");
		await until(
			() => lives.every(({ process }) => process === undefined || !world.spawn.alive(process)),
			"the last pi",
		);
	});
	const keep = (life: Life): Life => {
		lives.push(life);
		return life;
	};
	const env = takenOver({ ...process.env, HOME: root, PI_CODING_AGENT_DIR: agentDir, PI_OFFLINE: "1" });
	return {
		model,
		place,
		home,
		work,
		agentDir,
		employ: (over = {}) => {
			serial += 1;
			const id = `01JD${String(serial).padStart(22, "0")}`;
			return {
				...{
					id,
					name: `lt${serial}`,
					role: "You test.",
					owner: "me@here:/work",
					cwd: work,
					ports: 42_000,
					hub: { token: "its-own" },
					gates: "workLog=enforce",
				},
				...{ model: "fake/fake", pi: [process.execPath, pi], env, ...over },
			};
		},
		folder: (id) => lieutenantFolder(home, id),
		start: async (employment, life = 1, watch = ears()) => {
			const begun = keep(place.start(employment, life, watch, { start: START }));
			const probe = await begun.probe(PATIENT);
			if (probe.type !== "alive") throw new Error(`pi is ${probe.type}: ${begun.end?.stderr ?? ""}`);
			return begun;
		},
		attach: async (id, watch = ears(), start = "01JD1111111111111111111111") => {
			const life = await place.attach(id, watch, { start, pollMs: 50 });
			return life === undefined ? undefined : keep(life);
		},
	};
}

/** The answer to a command; throws when it is refused or never comes. */
export async function ask(life: Life, command: RpcCommand): Promise<RpcResponse> {
	const outcome = await life.send(command, PATIENT);
	if (outcome.type !== "answered") throw new Error(`${command.type}: ${outcome.type}, ${outcome.because}`);
	if (!outcome.response.success) throw new Error(`${command.type}: ${outcome.response.error}`);
	return outcome.response;
}

export const prompt = (life: Life, message: string): Promise<RpcResponse> =>
	ask(life, { type: "prompt", message, streamingBehavior: "followUp" });

/** Waits for so many runs to have settled. */
export const settled = ({ records }: Ears, runs = 1): Promise<unknown> =>
	until(
		() => records.filter((record) => record.type === "agent_settled").length >= runs,
		`${runs} settled runs`,
		PATIENT,
	);
