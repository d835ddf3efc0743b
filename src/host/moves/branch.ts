/**
 * A lieutenant's branch as a file: its commits, and what is not committed as one more commit on top that only the move
 * knows. Nothing of the worktree is touched on the way out; what was uncommitted is uncommitted again where it arrives.
 */
import { basename } from "node:path";
import { fault } from "../../errors.ts";
import type { Ran, World } from "../../world.ts";
import type { Worktree } from "../places/place.ts";

/** What is known of a branch besides its bundle. */
export interface Carried {
	readonly branch: string;
	readonly base: string;
	/** Below the worktree's top folder, where it works. */
	readonly inside: string;
	/** Name of the repository's folder. */
	readonly repository: string;
	/** Address that it is pushed to, where there is one. */
	readonly origin?: string;
	/** In whose name it commits: without one git refuses, where nobody has an account of their own. */
	readonly author?: { readonly name: string; readonly email: string };
}

/** A large repository takes its time. */
const PATIENT = { timeout: 600_000 };
const NOBODY = ["-c", "user.name=flagship", "-c", "user.email=flagship@localhost", "-c", "commit.gpgsign=false"];
/** Longer than any path of ours; what a remote's address may be here. */
const ORIGIN = /^[\w@:/.+~-]{1,500}$/;

const snapshotRef = (id: string): string => `refs/flagship/moving/${id}`;

export class Branches {
	readonly #world: World;

	constructor(world: World) {
		this.#world = world;
	}

	/** Writes `file`. The snapshot's ref stays, so that nothing is lost with the worktree. */
	async out(id: string, { path, repository, branch, base }: Worktree, cwd: string, file: string): Promise<Carried> {
		const index = `${file}.index`;
		const own = (...args: readonly string[]) =>
			this.#must("env", `GIT_INDEX_FILE=${index}`, "git", "-C", path, ...args);
		await own("read-tree", "HEAD");
		await own("add", "--all");
		const tree = await own("write-tree");
		this.#world.files.remove(index);
		const tip = await this.#git(path, "rev-parse", "HEAD");
		const snapshot = await this.#must(
			"git",
			"-C",
			path,
			...NOBODY,
			"commit-tree",
			tree,
			"-p",
			tip,
			"-m",
			"uncommitted",
		);
		await this.#git(repository, "update-ref", snapshotRef(id), snapshot);
		await this.#git(path, "bundle", "create", "--quiet", file, "HEAD", `refs/heads/${branch}`, snapshotRef(id));
		const origin = await this.#setting(repository, "remote.origin.url");
		const [name, email] = [await this.#setting(path, "user.name"), await this.#setting(path, "user.email")];
		return {
			...{ branch, base, inside: cwd.startsWith(`${path}/`) ? cwd.slice(path.length + 1) : "" },
			repository: basename(repository),
			...(ORIGIN.test(origin) && !origin.startsWith("-") ? { origin } : {}),
			...(name === "" || email === "" ? {} : { author: { name, email } }),
		};
	}

	/** Takes it into `repository`, which is made where there is none, and checks it out at `path`. */
	async in(id: string, carried: Carried, file: string, repository: string, path: string): Promise<void> {
		const { files } = this.#world;
		const { branch, base } = carried;
		if (files.stat(`${repository}/.git`) === undefined && files.stat(`${repository}/HEAD`) === undefined)
			await this.#begin(repository, carried);
		// What an attempt before this one has left.
		if (files.stat(path) !== undefined) await this.#run("git", "-C", repository, "worktree", "remove", "--force", path);
		await this.#git(repository, "worktree", "prune");
		const refs = [`+refs/heads/${branch}:refs/heads/${branch}`, `+${snapshotRef(id)}:${snapshotRef(id)}`];
		await this.#git(repository, "fetch", "--quiet", "--no-tags", file, ...refs);
		files.makeFolder(path.slice(0, path.lastIndexOf("/")), 0o700);
		await this.#git(repository, "worktree", "add", "--quiet", path, branch);
		await this.#git(repository, "config", `branch.${branch}.flagshipBase`, base);
		await this.#git(path, "read-tree", "-u", "--reset", snapshotRef(id));
		await this.#git(path, "reset", "--quiet");
	}

	async #begin(repository: string, { origin, author }: Carried): Promise<void> {
		this.#world.files.makeFolder(repository, 0o700);
		await this.#git(repository, "init", "--quiet");
		if (origin !== undefined) await this.#git(repository, "remote", "add", "origin", origin);
		if (author === undefined) return;
		await this.#git(repository, "config", "user.name", author.name);
		await this.#git(repository, "config", "user.email", author.email);
	}

	/** Empty when it is not set. */
	async #setting(folder: string, name: string): Promise<string> {
		const ran = await this.#run("git", "-C", folder, "config", "--get", name);
		return ran.code === 0 ? ran.stdout.trim() : "";
	}

	/** The worktree goes; branch and snapshot stay as they were when it left. */
	async left({ path, repository }: Worktree): Promise<void> {
		await this.#git(repository, "worktree", "remove", "--force", path);
	}

	async #git(folder: string, ...args: readonly string[]): Promise<string> {
		return await this.#must("git", "-C", folder, ...args);
	}

	async #must(command: string, ...args: readonly string[]): Promise<string> {
		const ran = await this.#run(command, ...args);
		if (ran.code === 0) return ran.stdout.trim();
		const why = ran.timedOut ? "git did not finish in time" : (ran.stderr.trim().split("\n").at(-1) ?? "");
		throw fault("move_failed", why.replace(/^(?:fatal|error): /, "") || `git ended with ${ran.code}`);
	}

	#run(command: string, ...args: readonly string[]): Promise<Ran> {
		return this.#world.spawn.run(command, args, PATIENT);
	}
}
