/** What a run of real processes plays in: a home, a repository, a scripted model, and an end for all that was begun. */
import { type Context, makeContext } from "../../src/cli/context.ts";
import { endFleet, endHub } from "../../src/demo/curtain.ts";
import { type Model, startModel } from "../../src/demo/model/server.ts";
import { makeStage, removeStage, type Stage } from "../../src/demo/stage.ts";
import { answersOf } from "../amnesiac/evidence.ts";

export interface Theatre extends Pick<Context, "world" | "env" | "out"> {
	readonly stage: Stage;
	readonly daemons: Pick<Context, "world" | "speaks"> & Pick<Stage, "home" | "env">;
	readonly model: Model;
	/** Aborted by Ctrl-C. */
	readonly signal: AbortSignal;
	/** Since it was opened. */
	seconds(): number;
	/** A line of the story, with its time in seconds. */
	say(text: string): void;
	/** Ends fleet, hub and model; `keep`: their folder stays, and is named so. */
	close(keep: string | undefined): Promise<void>;
}

export async function openTheatre(): Promise<Theatre> {
	const { world, env, speaks, out } = makeContext();
	const stage = makeStage(env);
	const stop = new AbortController();
	for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error("stopped by hand.")));
	const daemons = { world, home: stage.home, env: stage.env, speaks };
	const model = await startModel({ log: stage.requests, answers: answersOf(stage), keep: 10_000 });
	const since = world.clock.elapsed();
	const seconds = (): number => (world.clock.elapsed() - since) / 1_000;
	return {
		...{ world, env, out, stage, daemons, model, signal: stop.signal, seconds },
		say: (text) => out(`${seconds().toFixed(1).padStart(6)}  ${text}`),
		async close(keep) {
			await endFleet(daemons);
			await endHub(daemons);
			await model.close();
			if (keep === undefined) removeStage(stage);
			else out(`${keep}what it left is in ${stage.root}`);
		},
	};
}
