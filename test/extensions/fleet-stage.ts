/** An orchestrator in real pi with this package loaded, which makes one lieutenant and waits for it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Home, makeHome, makeModel, PACKAGE, type Pi, runPi, type Step, summarizer } from "../support/pi.ts";

export const tool = (name: string, input: Readonly<Record<string, unknown>>): Step => ({
	toolCalls: [{ name, arguments: input }],
});
export const bash = (command: string): Step => tool("bash", { command });
export const say = (text: string): Step => ({ text });

export interface GateEvent {
	readonly agent: string;
	readonly summary: string;
	readonly metadata: Readonly<Record<string, unknown>>;
}

export interface RunOptions {
	/** More of what lieutenants are made with. */
	readonly create?: Readonly<Record<string, unknown>>;
	/** What the orchestrator does itself, before and after. */
	readonly first?: readonly Step[];
	readonly last?: readonly Step[];
}

export interface FleetStage {
	readonly home: Home;
	readonly model: Awaited<ReturnType<typeof makeModel>>;
	git(...args: readonly string[]): string;
	/** Bare, with `main` in it; `origin` of the work folder. */
	readonly remote: string;
	/** The branch's subject in the remote; empty when it has none. */
	remoteSubject(branch: string): string;
	write(path: string, text: string, mode?: number): void;
	/** Runs one orchestrator that makes lieutenants, each with these steps, to its end. */
	run(lieutenants: Readonly<Record<string, readonly Step[]>>, more?: RunOptions): Promise<void>;
	/** What tools answered to a lieutenant, in order. */
	answers(name: string): readonly string[];
	flagship(...args: readonly string[]): string;
	events(gate: string): readonly GateEvent[];
}

export async function fleetStage(
	pi: Pi,
	gates: Readonly<Record<string, string>>,
	env: Readonly<Record<string, string>> = {},
): Promise<FleetStage> {
	const model = await makeModel();
	// Only the gate that a test is about.
	const set = { workLog: "off", ...gates };
	const text = Object.entries(set).map(([name, value]) => `gates.${name}=${value}`);
	const home = makeHome({ model, env: { FLAGSHIP_SET: text.join(","), ...env } });
	const remote = join(home.root, "remote.git");
	const run = (command: string, args: readonly string[], cwd: string): string =>
		execFileSync(command, args, { cwd, env: home.env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
	const git = (...args: readonly string[]): string => run("git", args, home.work);
	const write = (path: string, content: string, mode = 0o644): void => {
		mkdirSync(dirname(join(home.work, path)), { recursive: true });
		writeFileSync(join(home.work, path), content, { mode });
	};
	run("git", ["init", "-q", "--bare", "-b", "main", remote], home.root);
	git("init", "-q", "-b", "main");
	write("a.txt", "a\n");
	git("add", "-A");
	git("commit", "-q", "-m", "first");
	git("remote", "add", "origin", remote);
	git("push", "-q", "origin", "main");
	const flagship = (...args: readonly string[]): string =>
		run(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), ...args], home.work);
	return {
		...{ home, model, git, remote, write, flagship },
		remoteSubject: (branch) => {
			const known = run(
				"git",
				["-C", remote, "for-each-ref", "--format=%(subject)", `refs/heads/${branch}`],
				home.root,
			);
			return known;
		},
		async run(lieutenants, { create = {}, first = [], last = [] } = {}) {
			const made = Object.keys(lieutenants).map((name) =>
				tool("vers_lt_create", { name, role: `[[agent:${name}]] a tester`, task: "Do it", ...create }),
			);
			model.setScript({
				rules: [summarizer("what was before")],
				agents: {
					orc: { steps: [...first, ...made, say("I wait."), ...last], after: say("heard") },
					...Object.fromEntries(
						Object.entries(lieutenants).map(([name, steps]) => [name, { steps, after: say("no more") }]),
					),
				},
			});
			const ran = await runPi(pi, home, ["-p", "[[agent:orc]] go"], { args: ["-e", PACKAGE] });
			if (ran.code !== 0) throw new Error(`pi ended with ${ran.code}: ${ran.stderr}`);
		},
		answers: (name) =>
			model.requests.filter((asked) => asked.key === name && asked.lastTool !== "").map((asked) => asked.lastTool),
		events: (gate) => {
			const all: readonly GateEvent[] = JSON.parse(flagship("feed", "list", "--type", "custom", "--json"));
			return all.filter((event) => event.metadata.gate === gate);
		},
	};
}
