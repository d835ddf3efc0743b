/**
 * Messages that meet the end of a run: the real host and the real client on a simulated machine, where each time that a
 * run ends, or is just about to, a message is on its way. None may be lost, and none be said twice.
 */
import { createHostClient } from "../../src/client/host.ts";
import * as contract from "../../src/contract/lieutenants.ts";
import { homeOf, socketPath } from "../../src/daemon/home.ts";
import { Host } from "../../src/host/host.ts";
import { Body } from "./body.ts";
import { Chance } from "./chance.ts";
import { Checks } from "./checks.ts";
import { Machine } from "./machine.ts";
import type { Pi } from "./pi.ts";

export interface Races {
	readonly failures: readonly string[];
	/** Messages sent within so many virtual ms of a run's end. */
	readonly races: number;
}

const HOME = homeOf({ FLAGSHIP_HOME: "/home", XDG_RUNTIME_DIR: "/sockets" }, { uid: 0, folder: "/" });
const LAUNCH = { pi: ["/pi"], cwd: "/work", env: {} };
/** The hard ones clear the queue and abort what may have ended already. */
const KINDS = [
	{ mode: "prompt" },
	{ mode: "prompt" },
	{ mode: "followUp" },
	{ mode: "steer" },
	{ mode: "steer", hard: true },
] as const;
const NAMES = ["ada", "bo", "cy"] as const;
/** Virtual ms around a run's end in which a message is sent. */
const NEAR = 40;
/** Virtual ms after the last message within which everything must rest. */
const PEACE = 45 * 60_000;
/** Nothing else ends a run here. */
const BOUNDS = { turns: 1_000, usd: 1_000, quietTurns: 1_000, steerSeconds: 3_600 };

export async function race(seed: number, wanted: number): Promise<Races> {
	const chance = new Chance(seed * 104_729 + 7);
	const checks = new Checks();
	checks.notified = false;
	const machine = new Machine(seed, { dedup: true, errors: 0, aborted: "aborted" }, checks);
	checks.machine = machine;
	machine.files.makeFolder("/work");
	const [body, session] = [new Body(machine, "host", chance.fork()), new Body(machine, "session", chance.fork())];
	const host = new Host({
		world: body.world,
		home: HOME,
		version: "0.1.0",
		settings: { idleMinutes: 30, env: {}, set: undefined, values: { bounds: BOUNDS } },
		operations: [],
		packageFolder: "/package",
		complain: (what) => checks.fail(`the host complained: ${what}`),
	});
	void host.begin().catch((thrown) => checks.fail(String(thrown)));
	const client = createHostClient({
		world: session.world,
		version: "0.1.0",
		caller: { type: "orchestrator", name: "captain", session: "s1", pid: 1, started: "s1" },
		findHost: async () => `unix:${socketPath(HOME, "host")}`,
	});
	client.connect();

	let [races, under, last] = [0, 0, 0];
	const send = async (name: string): Promise<void> => {
		const message = `race-${++races}`;
		const kind = chance.pick(KINDS);
		last = machine.time.elapsed;
		under += 1;
		try {
			const sent = await client.call(contract.send, { name, message, ...kind }, { key: message });
			checks.acknowledged.set(message, sent.message.id);
		} catch (thrown) {
			checks.fail(`${message} was refused: ${String(thrown)}`);
		} finally {
			under -= 1;
		}
	};
	const nameOf = (id: string): string | undefined => client.lieutenants.get(id)?.name;
	const ends = new RunEnds();
	for (const name of NAMES)
		void client
			.call(
				contract.create,
				{ name, role: "a tester", worktree: false, task: `begin-${name}` },
				{ launch: LAUNCH, key: name },
			)
			.catch((thrown) => checks.fail(String(thrown)));

	while (checks.failures.length === 0 && (await machine.time.step())) {
		for (const id of ends.seenIn(machine.processes.living())) {
			const name = nameOf(id);
			if (name === undefined) continue;
			// Several, so that they meet each other as well.
			for (let n = chance.between(1, 3); n > 0; n--) {
				machine.time.after(chance.fraction() * NEAR, () => {
					if (races < wanted) void send(name);
				});
			}
		}
		if (races < wanted || under > 0) continue;
		if (machine.time.elapsed - last > PEACE) checks.fail(`no rest: ${checks.restless(false) ?? "a call hangs"}`);
		else if (checks.restless(false) === undefined && machine.time.elapsed - last > 60_000) break;
	}
	if (checks.failures.length === 0) checks.atRest(false);
	body.kill();
	machine.end();
	return { failures: checks.failures, races };
}

/** Tells each end of a run twice: when its last answer is written, and when pi has settled. */
class RunEnds {
	readonly #streaming = new Map<Pi, boolean>();
	readonly #answered = new Map<Pi, string>();

	seenIn(living: readonly Pi[]): readonly string[] {
		return living.filter((pi) => this.#saw(pi)).map((pi) => pi.session);
	}

	#saw(pi: Pi): boolean {
		const was = this.#streaming.get(pi) ?? false;
		this.#streaming.set(pi, pi.streaming);
		const entry = pi.entries.at(-1);
		const answered = entry?.message.stopReason === "stop" && this.#answered.get(pi) !== entry.id;
		if (answered && entry !== undefined) this.#answered.set(pi, entry.id);
		return answered || (was && !pi.streaming);
	}
}
