/**
 * What the gates cost a run that does nothing wrong: the same tool calls of a lieutenant with all gates on and with all
 * off, in turns, each moment by its median; and what the check before a push costs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Step } from "../../src/demo/model/script.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { GATES } from "../../src/gates/settings.ts";
import { hooksEnvironment } from "../../src/host/agent/hooks.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeHome } from "../support/home.ts";
import { TestHost } from "../support/host.ts";
import { until } from "../support/until.ts";
import type { Run } from "./group.ts";
import { inTurns, median, sum, timed } from "./measure.ts";
import { startHubOf } from "./program.ts";

/** Calls of one run. */
const CALLS = 16;
/** ms that the scripted model thinks before each answer; providers take longer, and gates are the smaller beside them. */
const THINKS = 1_000;
const ROUNDS = 5;
const PUSHES = 8;

const tool = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
	delayMs: THINKS,
});
const bash = (command: string): Step => tool("bash", { command });

const filesOf = (round: number): readonly string[] =>
	Array.from({ length: CALLS / 8 }, (_, n) => `src/f${round}-${n}.ts`);

/** Eight kinds of call, as agents make them: half of them look, half of them change something. */
const calls = (round: number): readonly Step[] =>
	filesOf(round).flatMap((file) => [
		bash("ls -la"),
		tool("read", { path: "a.txt" }),
		tool("write", { path: file, content: "export const a = 1;\n" }),
		tool("edit", { path: file, edits: [{ oldText: "1", newText: "2" }] }),
		bash("git status --short && git log --oneline -3"),
		bash(`sed -i s/a/b/ ${file} && cat ${file}`),
		bash("grep -rn export src | head -5"),
		bash(`git add -A && git commit -q -m ${file}`),
	]);

interface Stage {
	/** `lieutenants/<id>` of its only lieutenant. */
	readonly folder: string;
	/** Where that one works. */
	readonly cwd: string;
	/** One run. ms of each moment that is pi's: message to request, request to request, request to the notice of its end. */
	work(): Promise<readonly number[]>;
}

async function stage({ pi }: Run, mode: "enforce" | "off"): Promise<Stage> {
	const model = await startModel();
	atEnd(() => model.close());
	const home = makeHome({ model });
	mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
	const gates = Object.fromEntries(GATES.map((name) => [name, mode]));
	const bounds = { turns: 1_000, usd: 1_000, quietTurns: 1_000 };
	writeFileSync(join(home.flagship, "settings.json"), JSON.stringify({ gates, bounds }));
	await startHubOf(home);
	const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: home.work, env: home.env });
	git("init", "-q", "-b", "main");
	writeFileSync(join(home.work, "a.txt"), "a\n");
	git("add", "-A");
	git("commit", "-q", "-m", "first");
	const log = (round: number) => tool("log_append", { text: `Wrote ${filesOf(round).join(" and ")}.` });
	const end: Step = { text: "done", delayMs: THINKS };
	const steps = Array.from({ length: ROUNDS }, (_, round) => [...calls(round), log(round), end]).flat();
	model.setScript({ agents: { deep: { steps: [{ text: "ready" }, ...steps], after: { text: "no more" } } } });
	const host = new TestHost(home, pi);
	atEnd(() => host.end());
	await host.start();
	// With a task that it has claimed, as every lieutenant that was given work.
	const { id, cwd } = await host.create({ name: "deep", task: "Be ready" });
	const told = (count: number) =>
		until(() => host.notices.length >= count, `notice ${count}; ${host.complaints}`, 300_000);
	await told(1);
	return {
		folder: join(home.flagship, "lieutenants", id),
		cwd,
		async work() {
			const [notices, requests] = [host.notices.length, model.requests.length];
			const from = Date.now();
			await host.send("deep", "Go on");
			await told(notices + 1);
			const asked = model.requests.slice(requests).map(({ at }) => at);
			if (asked.length !== CALLS + 2) throw new Error(`a clean run asks ${CALLS + 2} times, not ${asked.length}`);
			const begins = [from, ...asked.map((at) => at + THINKS)];
			return [...asked, Date.now()].map((at, index) => at - (begins[index] ?? Number.NaN));
		},
	};
}

/** `git push` of a new commit to a branch of one's own, with the lieutenant's hooks and without. */
async function pushes(run: Run, { folder, cwd }: Stage): Promise<void> {
	const remote = join(folder, "..", "remote.git");
	execFileSync("git", ["init", "-q", "--bare", remote]);
	let commits = 0;
	const push = (env: Readonly<Record<string, string>>) => async (): Promise<number> => {
		const identity = ["-c", "user.name=t", "-c", "user.email=t@t"];
		execFileSync("git", ["-C", cwd, ...identity, "commit", "-q", "--allow-empty", "-m", `push ${++commits}`]);
		const args = ["-C", cwd, "push", "-q", remote, "HEAD:refs/heads/own"];
		return await timed(async () => execFileSync("git", args, { env: { ...process.env, ...env } }));
	};
	const measured = await inTurns(PUSHES, { checked: push(hooksEnvironment(folder)), plain: push({}) });
	const [value, reference] = [median(measured.checked), median(measured.plain)];
	run.report({
		...{ bench: "control.gates.push", at: { pushes: PUSHES }, unit: "ms", value, reference },
		beside: "a push without the check",
	});
}

/** ms of a run whose moments each took what they take by their median: a hiccup of the machine is in one, not in all. */
const typical = (runs: readonly (readonly number[])[]): number =>
	THINKS * (CALLS + 2) + sum((runs[0] ?? []).map((_, moment) => median(runs.map((one) => one[moment] ?? Number.NaN))));

export async function gates(run: Run): Promise<void> {
	const [on, off] = [await stage(run, "enforce"), await stage(run, "off")];
	const { all, none } = await inTurns(ROUNDS, { all: () => on.work(), none: () => off.work() });
	const [value, reference] = [typical(all), typical(none)];
	run.report({
		...{ bench: "control.gates.run", at: { calls: CALLS, thinks: THINKS, runs: ROUNDS }, unit: "ms" },
		...{ value, reference, beside: "no gates", judged: "ratio", goal: { atMost: 1.02 } },
	});
	const each = (value - reference) / CALLS;
	run.report({ bench: "control.gates.call", at: { calls: CALLS }, value: each, unit: "ms more" });
	await pushes(run, on);
}
