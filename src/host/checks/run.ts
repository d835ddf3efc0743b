/** One run of a check, bounded in time and output; what it leaves running ends with it. */
import type { World } from "../../world.ts";

export interface Where {
	readonly cwd: string;
	/** The whole of it. */
	readonly env: Readonly<Record<string, string>>;
	/** That it may take. */
	readonly checkSeconds: number;
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
	const { cwd, env, checkSeconds } = where;
	const options = { cwd, env, timeout: checkSeconds * 1_000, maxOutput: OUTPUT_MAX, endsGroup: true };
	const ran = await world.spawn.run("bash", ["-c", command], options);
	if (ran.timedOut) return { passed: false, code: ran.code, said: `it ran for ${checkSeconds} s and was ended` };
	const last = `${ran.stdout}\n${ran.stderr}`.trim().split("\n").at(-1)?.slice(0, TAIL) ?? "";
	return {
		passed: ran.code === 0,
		code: ran.code,
		said: `it ended with ${ran.code}${last === "" ? "" : ` (${last})`}`,
	};
}
