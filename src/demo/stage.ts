/**
 * Where the demo plays: one temporary folder that holds everything. The environment is built and not inherited, so that
 * nothing of the person's account is read or written.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Environment, type Home, homeOf, SOCKET_PATH_MAX } from "../daemon/home.ts";
import { fault } from "../errors.ts";
import type { World } from "../world.ts";
import { piModels } from "./model/pi-models.ts";
import { ORCHESTRATOR } from "./story.ts";

export interface Stage {
	readonly root: string;
	readonly repository: string;
	/** The scripted model's requests, as JSON lines. */
	readonly requests: string;
	/** The whole environment of what is started here. */
	readonly env: Readonly<Record<string, string>>;
	readonly home: Home;
}

const GIT = "[user]\n\tname = Flagship demo\n\temail = demo@flagship.invalid\n[init]\n\tdefaultBranch = main\n";
/** What a socket's path has after the root: `/r/flagship/<12 digits>.host`, with room for a longer kind. */
const SOCKET_REST = 40;

export function makeStage(person: Environment): Stage {
	const root = mkdtempSync(join(shortFolder(), "fd-"));
	const env = environment(root, person);
	for (const folder of ["agent", "r", "tmp"]) mkdirSync(join(root, folder), { mode: 0o700 });
	writeFileSync(join(root, ".gitconfig"), GIT);
	return {
		root,
		repository: join(root, "corner-shop"),
		requests: join(root, "requests.jsonl"),
		env,
		home: homeOf(env, { uid: process.getuid?.() ?? 0, folder: root }),
	};
}

/** A unix socket's path is short or cut; macOS has long temporary folders. */
function shortFolder(): string {
	const usual = realpathSync(tmpdir());
	return Buffer.byteLength(usual) + SOCKET_REST < SOCKET_PATH_MAX ? usual : realpathSync("/tmp");
}

const environment = (root: string, person: Environment): Record<string, string> => ({
	// The Node that runs this is new enough; the first on a person's PATH may not be.
	PATH: [dirname(process.execPath), person.PATH ?? "/usr/bin:/bin"].join(delimiter),
	HOME: root,
	SHELL: "/bin/sh",
	LANG: "C.UTF-8",
	TERM: "dumb",
	TMPDIR: join(root, "tmp"),
	GIT_CONFIG_NOSYSTEM: "1",
	PI_CODING_AGENT_DIR: join(root, "agent"),
	PI_OFFLINE: "1",
	PI_TELEMETRY: "0",
	FLAGSHIP_HOME: join(root, "f"),
	FLAGSHIP_ORCHESTRATOR: ORCHESTRATOR,
	XDG_RUNTIME_DIR: join(root, "r"),
});

/** Tells pi where its model is, and Flagship its settings. */
export function furnish(stage: Stage, url: string, models: readonly string[], settings: object): void {
	const write = (path: string, content: object) =>
		writeFileSync(join(stage.root, path), JSON.stringify(content, null, "\t"), { mode: 0o600 });
	mkdirSync(stage.home.root, { mode: 0o700 });
	write("f/settings.json", settings);
	write("agent/models.json", Object(piModels(url, models)));
	// Notices come one by one: each is an occasion to read one lieutenant's result.
	write("agent/settings.json", {
		...{ defaultProvider: "fake", defaultModel: ORCHESTRATOR, followUpMode: "one-at-a-time" },
	});
}

/** Throws `cannot_start` without git. */
export async function makeRepository(
	world: World,
	stage: Stage,
	files: Readonly<Record<string, string>>,
): Promise<void> {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(stage.repository, path)), { recursive: true });
		writeFileSync(join(stage.repository, path), text);
	}
	await git(world, stage, "init", "--quiet");
	await git(world, stage, "add", "--all");
	await git(world, stage, "commit", "--quiet", "--message=A corner shop");
}

/** What git prints about the demo's repository. */
export async function git(world: World, { repository, env }: Stage, ...args: readonly string[]): Promise<string> {
	const ran = await world.spawn.run("git", args, { cwd: repository, env });
	if (ran.code !== 0) throw fault("cannot_start", `git ${args[0]}`, ran.stderr.trim().split("\n").at(-1) ?? "");
	return ran.stdout.trim();
}

export const removeStage = (stage: Stage): void =>
	rmSync(stage.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
