/** `place local`: pi processes of this machine, under the person's own account. */
import { type Home, lieutenantFolder } from "../../daemon/home.ts";
import { pushPolicy } from "../../gates/push.ts";
import { gateSettings } from "../../gates/settings.ts";
import { ALLOWANCE_FILE, type Allowance } from "../../pi/pack/allowance.ts";
import { BASH_ENV_SCRIPT } from "../../pi/pack/groups.ts";
import { ROLE_FILE, roleSection } from "../../pi/pack/role.ts";
import { type Cursor, type Reading, readSession } from "../../pi/session.ts";
import type { World } from "../../world.ts";
import { piCommand, sessionFolder } from "../agent/command.ts";
import { bashEnvFile, environmentOf, temporaryFolder } from "../agent/environment.ts";
import { hooksEnvironment, lay, writeHooks } from "../agent/hooks.ts";
import { attachLife, type Life, type LifeOptions, type LifeWatch, startLife } from "../agent/life.ts";
import { begunLife } from "../agent/life-file.ts";
import { Worktrees } from "../worktree.ts";
import type { Employment, Place, Released, Workspace, WorkspaceRequest } from "./place.ts";

export interface LocalOptions {
	readonly world: World;
	readonly home: Home;
	/** Path of the host's own socket, for the packs. */
	readonly socket: string;
	/** Where this package is: its extensions are loaded into every lieutenant. */
	readonly packageFolder: string;
}

export class LocalPlace implements Place {
	readonly name = "local";
	readonly #world: World;
	readonly #options: LocalOptions;
	readonly #worktrees: Worktrees;

	constructor(options: LocalOptions) {
		this.#world = options.world;
		this.#options = options;
		this.#worktrees = new Worktrees(options.world, options.home);
	}

	prepare(request: WorkspaceRequest): Promise<Workspace> {
		return this.#worktrees.prepare(request);
	}

	release(workspace: Workspace): Promise<Released> {
		return this.#worktrees.release(workspace);
	}

	start(employment: Employment, life: number, watch: LifeWatch, options: LifeOptions): Life {
		const { home, socket, packageFolder } = this.#options;
		const folder = this.#folder(employment.id);
		this.#furnish(employment, folder);
		const { command, args } = piCommand(employment, folder, packageFolder);
		const guarded = this.#guard(employment, folder) ? hooksEnvironment(folder) : {};
		const env = { ...environmentOf(employment, life, { home: home.root, folder, socket }), ...guarded };
		return startLife(this.#world, { folder, life, command, args, cwd: employment.cwd, env }, watch, options);
	}

	/** Replaced as a whole: its pack may read at any moment. Not forced to the disk: it is written anew at each start. */
	allow(id: string, allowance: Allowance | undefined): void {
		const { files } = this.#world;
		const path = `${this.#folder(id)}/${ALLOWANCE_FILE}`;
		if (allowance === undefined) {
			files.remove(path);
			return;
		}
		files.remove(`${path}.new`);
		files.append(`${path}.new`, JSON.stringify(allowance));
		files.rename(`${path}.new`, path);
	}

	begun(id: string): number {
		return begunLife(this.#world.files, this.#folder(id));
	}

	attach(id: string, watch: LifeWatch, options: LifeOptions): Promise<Life | undefined> {
		return attachLife(this.#world, this.#folder(id), watch, options);
	}

	async read(id: string, cursor?: Cursor): Promise<Reading> {
		const path = this.#session(id);
		return path === undefined ? { entries: [], from: "start", torn: 0 } : readSession(this.#world.files, path, cursor);
	}

	async sync(id: string): Promise<void> {
		const path = this.#session(id);
		if (path !== undefined) this.#world.files.sync(path);
	}

	leave(id: string, name: string, text: string): string {
		const folder = `${this.#folder(id)}/reports`;
		this.#world.files.makeFolder(folder);
		this.#world.files.write(`${folder}/${name}`, text);
		return `${folder}/${name}`;
	}

	async clear(id: string): Promise<void> {
		this.#world.files.remove(temporaryFolder(this.#folder(id)));
	}

	/** What a pi finds in its folder. Written at each start: an update of this package reaches the next life. */
	#furnish(employment: Employment, folder: string): void {
		const { files } = this.#world;
		for (const path of [folder, sessionFolder(folder), temporaryFolder(folder)]) files.makeFolder(path);
		lay(files, bashEnvFile(folder), BASH_ENV_SCRIPT, 0o600);
		lay(files, `${folder}/${ROLE_FILE}`, roleSection(employment), 0o600);
		this.allow(employment.id, employment.allowance);
	}

	/** Its git hooks, as its gates say; false when there are to be none. */
	#guard(employment: Employment, folder: string): boolean {
		const policy = pushPolicy(gateSettings({}, { FLAGSHIP_GATES: employment.gates }), employment.name);
		if (policy.mode === "off") return false;
		const command = [process.execPath, `${this.#options.packageFolder}/bin/flagship.mjs`];
		writeHooks(this.#world.files, folder, policy, command);
		return true;
	}

	/** pi names the file by date and id: `2026-11-22T20-31-05-123Z_<id>.jsonl`. */
	#session(id: string): string | undefined {
		const folder = sessionFolder(this.#folder(id));
		const name = this.#world.files.list(folder).findLast((file) => file.endsWith(`_${id}.jsonl`));
		return name === undefined ? undefined : `${folder}/${name}`;
	}

	#folder(id: string): string {
		return lieutenantFolder(this.#options.home, id);
	}
}
