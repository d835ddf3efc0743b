/** The territory gate's adapter: from a tool call, or from what one has changed, to whose file that is. */
import { join, relative } from "node:path/posix";
import type { Files } from "../world.ts";
import type { Found } from "./facts.ts";
import type { Holdings } from "./holdings.ts";
import { gitRoot } from "./observe.ts";
import { absolute, type Ground } from "./paths.ts";
import { type Foreign, foreignTo, seenText, type Touched, territoryText } from "./territory.ts";
import { inputText } from "./tools.ts";
import type { Call } from "./work-log.ts";
import { type Written, writtenBy } from "./writes.ts";

export interface TerritoryOptions {
	/** The lieutenant's name. */
	readonly agent: string;
	readonly ground: Pick<Ground, "cwd" | "variables" | "real">;
	readonly files: Pick<Files, "stat" | "read">;
	readonly holdings: Pick<Holdings, "territories">;
	/** Of these files, relative to the repository's top, those that differ from HEAD. */
	differing(paths: readonly string[]): Promise<readonly string[]>;
	/** Files that were told of before, in the same session. */
	readonly told: ReadonlySet<string>;
	/** Those were told of now. */
	keepTold(paths: readonly string[]): void;
}

export interface Finding {
	/** For the model. */
	readonly text: string;
	readonly foreign: Foreign;
}

export class TerritoryGuard {
	readonly #options: TerritoryOptions;
	/** Told already: a file that stays changed is not told at each command. */
	readonly #told: Set<string>;

	constructor(options: TerritoryOptions) {
		this.#options = options;
		this.#told = new Set(options.told);
	}

	/** Whose file the call would write. */
	async before({ tool, input }: Call): Promise<Finding | undefined> {
		const touched = this.#written(tool, input).flatMap((one) => this.#inRepository(one));
		if (touched.length === 0) return undefined;
		const { agent, holdings } = this.#options;
		if (foreignTo(agent, await holdings.territories(), touched) === undefined) return undefined;
		// What stops somebody must hold now, not ten seconds ago.
		const foreign = foreignTo(agent, await holdings.territories(true), touched);
		return foreign === undefined ? undefined : { text: territoryText(foreign), foreign };
	}

	/** Whose files a command has changed although nothing in it said so: one finding for each task that owns some. */
	async after({ files, commits }: Found): Promise<readonly Finding[]> {
		const { agent, holdings, differing } = this.#options;
		const committed = commits.flatMap((commit) => commit.files);
		const fresh = [...new Set([...files, ...committed])].filter((path) => !this.#told.has(path));
		if (fresh.length === 0) return [];
		const territories = await holdings.territories();
		const suspect = fresh.filter((path) => foreignTo(agent, territories, [{ path, whole: false }]) !== undefined);
		if (suspect.length === 0) return [];
		// A file that was put back is as it was committed.
		const changed = new Set([...committed, ...(await differing(suspect))]);
		const paths = suspect.filter((path) => changed.has(path));
		if (paths.length === 0) return [];
		for (const path of paths) this.#told.add(path);
		this.#options.keepTold(paths);
		const foreigns = paths.flatMap((path) => foreignTo(agent, territories, [{ path, whole: false }]) ?? []);
		const firsts = Map.groupBy(foreigns, ({ by }) => by.task).values();
		return [...firsts].flatMap(([foreign]) => (foreign === undefined ? [] : { text: seenText(foreign), foreign }));
	}

	#written(tool: string, input: unknown): readonly Written[] {
		const { ground } = this.#options;
		if (tool === "bash") return writtenBy(ground, inputText(input, "command"));
		if (tool !== "write" && tool !== "edit") return [];
		const path = absolute(ground, inputText(input, "path").replace(/^@/, ""), ground.cwd);
		return path === undefined ? [] : [{ path, whole: false }];
	}

	/** From the repository's top, also where the path leads into another checkout of the same repository. */
	#inRepository({ path, whole }: Written): readonly Touched[] {
		const { ground, files } = this.#options;
		const real = ground.real(path);
		const [own, top] = [this.#repositoryOf(ground.real(ground.cwd)), this.#repositoryOf(real)];
		if (own === undefined || top === undefined || own.common !== top.common) {
			// Outside of git the folder itself is the top.
			const inside = own === undefined ? relative(ground.real(ground.cwd), real) : "..";
			return inside.startsWith("..") ? [] : [{ path: inside, whole }];
		}
		return [{ path: relative(top.root, real), whole: whole || files.stat(real)?.kind === "folder" }];
	}

	#repositoryOf(path: string): { readonly root: string; readonly common: string } | undefined {
		const { files, ground } = this.#options;
		const root = gitRoot({ files }, path);
		if (root === undefined) return undefined;
		const git = join(root, ".git");
		if (files.stat(git)?.kind === "folder") return { root, common: ground.real(git) };
		const [, folder = git] = /^gitdir: (.*)$/m.exec(files.read(git) ?? "") ?? [];
		const whole = folder.startsWith("/") ? folder : join(root, folder);
		return { root, common: ground.real(whole.replace(/\/worktrees\/[^/]+\/?$/, "")) };
	}
}
