/** `flagship hub take-over`: what `flagship deploy` starts on the other machine. A job on stdin, a JSON object a line out. */
import { takeOver } from "../deploy/deploy.ts";
import { Fault, reason } from "../errors.ts";
import type { Context } from "./context.ts";

export interface TakeOverJob {
	readonly place: string;
	readonly by: string;
}

/** What comes out, a line each: any number of steps, then one end. */
export type TakeOverWord =
	| { readonly step: string }
	| { readonly outcome: Awaited<ReturnType<typeof takeOver>> }
	| { readonly refused: ReturnType<Fault["toJSON"]> };

export async function run(context: Context): Promise<number> {
	process.umask(0o077);
	// Whoever listens may be cut off: what was begun is ended all the same.
	process.stdout.on("error", () => undefined);
	process.on("SIGHUP", () => undefined);
	const { world, home, env, speaks, out } = context;
	const say = (word: TakeOverWord): void => out(JSON.stringify(word));
	const { place, by }: TakeOverJob = JSON.parse(await context.input());
	try {
		const step = (what: string): void => say({ step: what });
		const outcome = await takeOver({ world, home, env, speaks, version: speaks.version, place, by, step });
		say({ outcome });
		return 0;
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		say({ refused: thrown.toJSON() });
		context.complain(reason(thrown));
		return 1;
	}
}
