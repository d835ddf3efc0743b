/** One run of a check, bounded in time and output; what it leaves running ends with it. */
import type { World } from "../../world.ts";
import type { Running } from "./running.ts";

export interface Where {
	readonly cwd: string;
	/** The whole of it. */
	readonly env: Readonly<Record<string, string>>;
	/** That it may take. */
	readonly checkSeconds: number;
	/** Where it is noted as long as it runs. */
	readonly running?: Running;
}

export interface Outcome {
	readonly passed: boolean;
	readonly code: number;
	/** How it ended, with its last line. */
	readonly said: string;
}

const OUTPUT_MAX = 64 * 1024;
const TAIL = 200;

/** The command is a shell's because it is given as one; nothing of ours is put into it. */
export async function runCheck(world: Pick<World, "spawn">, command: string, where: Where): Promise<Outcome> {
	const { cwd, env, checkSeconds, running } = where;
	let leader: number | undefined;
	const ran = await world.spawn.run("bash", ["-c", command], {
		...{ cwd, env, timeout: checkSeconds * 1_000, maxOutput: OUTPUT_MAX, endsGroup: true },
		began(pid) {
			leader = pid;
			running?.began(pid, command);
		},
	});
	if (leader !== undefined) running?.ended(leader);
	if (ran.timedOut) return { passed: false, code: ran.code, said: `it ran for ${checkSeconds} s and was ended` };
	const last = `${ran.stdout}\n${ran.stderr}`.trim().split("\n").at(-1)?.slice(0, TAIL) ?? "";
	return {
		passed: ran.code === 0,
		code: ran.code,
		said: `it ended with ${ran.code}${last === "" ? "" : ` (${last})`}`,
	};
}
