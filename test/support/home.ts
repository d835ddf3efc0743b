/** A person's account for one test: everything that pi and Flagship read or write is in a temporary folder. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { atEnd } from "./cleanup.ts";
import { endProcessesNaming } from "./leftovers.ts";
import { type Model, piModels } from "./model.ts";

export interface HomeOptions {
	/** Becomes pi's provider and default model. */
	readonly model?: Pick<Model, "url">;
	/** Model ids of it; the first is the default. Default: `fake`. */
	readonly models?: readonly string[];
	/** More of pi's settings. */
	readonly settings?: Readonly<Record<string, unknown>>;
	/** More of the environment. */
	readonly env?: Readonly<Record<string, string>>;
}

export interface Home {
	/** Short: a unix socket's path stops at about 104 bytes. */
	readonly root: string;
	/** `PI_CODING_AGENT_DIR` */
	readonly agent: string;
	/** `FLAGSHIP_HOME` */
	readonly flagship: string;
	/** An empty folder to work in; not a repository. */
	readonly work: string;
	/** Whole environment: nothing of the person who runs the tests. */
	readonly env: Readonly<Record<string, string>>;
	/** pi's settings as they are now. */
	settings(): Record<string, unknown>;
	/** Kills what still runs in it and removes it; happens by itself after the test file. */
	end(): Promise<void>;
}

const GIT = "[user]\n\tname = Tester\n\temail = tester@example.invalid\n[init]\n\tdefaultBranch = main\n";

function write(path: string, content: unknown): void {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	const text = typeof content === "string" ? content : JSON.stringify(content, null, "\t");
	writeFileSync(path, text, { mode: 0o600 });
}

function environment(root: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
	return {
		PATH: process.env.PATH ?? "/usr/bin:/bin",
		HOME: root,
		LANG: "C.UTF-8",
		TERM: "xterm-256color",
		SHELL: "/bin/bash",
		GIT_CONFIG_NOSYSTEM: "1",
		PI_CODING_AGENT_DIR: join(root, "agent"),
		PI_OFFLINE: "1",
		PI_TELEMETRY: "0",
		FLAGSHIP_HOME: join(root, "flagship"),
		XDG_RUNTIME_DIR: join(root, "run"),
		...more,
	};
}

export function makeHome(options: HomeOptions = {}): Home {
	const root = mkdtempSync(join(realpathSync(tmpdir()), "fh-"));
	const agent = join(root, "agent");
	const work = join(root, "work");
	mkdirSync(work);
	mkdirSync(join(root, "run"), { mode: 0o700 });
	write(join(root, ".gitconfig"), GIT);
	const ids = options.models ?? ["fake"];
	const chosen = options.model === undefined ? {} : { defaultProvider: "fake", defaultModel: ids[0] };
	write(join(agent, "settings.json"), { ...chosen, ...options.settings });
	if (options.model !== undefined) write(join(agent, "models.json"), piModels(options.model.url, ids));

	let ended = false;
	const end = async (): Promise<void> => {
		if (ended) return;
		ended = true;
		await endProcessesNaming(root);
		rmSync(root, { recursive: true, force: true, maxRetries: 5 });
	};
	atEnd(end);
	return {
		root,
		agent,
		flagship: join(root, "flagship"),
		work,
		env: environment(root, options.env),
		settings: () => JSON.parse(readFileSync(join(agent, "settings.json"), "utf8")),
		end,
	};
}
