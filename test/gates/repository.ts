/** A real git repository for a test. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../support/folder.ts";

export interface Repository {
	readonly path: string;
	git(...args: readonly string[]): string;
	write(path: string, text: string): void;
}

export function repositoryAt(path: string): Repository {
	const git = (...args: readonly string[]): string =>
		execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
			cwd: path,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		}).trim();
	return { path, git, write: (name, text) => writeFileSync(join(path, name), text) };
}

/** One commit on `main` that holds `a.txt` and ignores `ignored/`. */
export function makeRepository(path: string = makeFolder()): Repository {
	const repository = repositoryAt(path);
	repository.git("init", "-q", "-b", "main");
	repository.git("config", "user.name", "t");
	repository.git("config", "user.email", "t@t");
	repository.write("a.txt", "a\n");
	repository.write(".gitignore", "ignored/\n");
	repository.git("add", "-A");
	repository.git("commit", "-q", "-m", "first");
	return repository;
}
