/**
 * The process groups of a lieutenant's commands. pi starts each bash as the leader of a group of its own; when pi is
 * killed these run on, so each is noted in a file `groups/<pid>` that the host reads when pi is dead (`protocol.md` §6
 * rule 10). The shell writes the note itself, before its command: between pi starting it and pi writing anything there
 * would be a gap in which a kill leaves an orphan that nobody knows. The command is left as the model wrote it, because
 * gates, the transcript and the model read it.
 */
import type { World } from "../../world.ts";

/**
 * What every bash of a lieutenant's pi runs first (`BASH_ENV`). Works in bash 3.2. Where pi has died in the meantime the
 * command is not begun: the host may have looked at the notes already.
 */
export const BASH_ENV_SCRIPT = `# Written by Flagship: notes this command's process group, so that it ends with its agent.
unset BASH_ENV
if [ "$PPID" = "$FLAGSHIP_PI_PID" ]; then
	: 2>/dev/null >"$FLAGSHIP_GROUPS/$$"
fi
kill -0 "$FLAGSHIP_PI_PID" 2>/dev/null || exit 143
`;

/** ms after the start of a command at which its start time is looked up: a shell takes some ms to write its note. */
const LOOKS = [10, 40, 150, 600, 2_500];

/** The pack's side: adds the start time to a note, and removes it when its group has ended. */
export class Groups {
	readonly #world: World;
	readonly #folder: string;

	constructor(world: World, folder: string) {
		this.#world = world;
		this.#folder = folder;
	}

	/** A bash command is about to start. */
	begin(): void {
		for (const ms of LOOKS) this.#world.clock.after(ms, () => this.#stamp());
	}

	/** A bash command has ended. What it left in the background keeps its note. */
	finish(): void {
		this.#stamp();
		for (const pid of notedIn(this.#world, this.#folder)) {
			if (!groupLives(pid)) this.#world.files.remove(`${this.#folder}/${pid}`);
		}
	}

	#stamp(): void {
		const { files, spawn } = this.#world;
		for (const pid of notedIn(this.#world, this.#folder)) {
			const path = `${this.#folder}/${pid}`;
			const started = spawn.started(pid);
			if (started !== undefined && files.read(path) === "") files.append(path, started);
		}
	}
}

/** The pids that have a note. */
export const notedIn = (world: Pick<World, "files">, folder: string): readonly number[] =>
	world.files
		.list(folder)
		.filter((name) => /^[1-9][0-9]{0,9}$/.test(name))
		.map(Number);

function groupLives(pid: number): boolean {
	try {
		process.kill(-pid, 0);
		return true;
	} catch (thrown) {
		// Not ours to signal is alive; anything else is gone.
		return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
	}
}
