/** A machine behind a real ssh, a person's shell here, and copies of this package with other versions. */
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, makeHome, makeSocketFolder } from "../../src/daemon/home.ts";
import { readState, type State } from "../../src/deploy/state.ts";
import { openSsh, type Ssh } from "../../src/host/machines/ssh.ts";
import { begin, type Outcome, type Shell, shell, world } from "../cli/support.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeFolder } from "../support/folder.ts";
import { PACKAGE } from "../support/pi.ts";
import { type SshMachine, sshMachine } from "../support/ssh-machine.ts";
import { API_KEY } from "../support/vers-sim/fixture.ts";
import type { VersSim } from "../support/vers-sim/sim.ts";
import { Visitor } from "../support/vers-sim/visitor.ts";

/** What a copy has otherwise: file, text in it, and what stands there in its place. */
export type Edit = readonly [file: string, was: string, is: string];

/** `bin/flagship.mjs` of a copy with that version. */
export function packageOf(version: string, edits: readonly Edit[] = []): string {
	const folder = makeFolder();
	for (const part of ["bin", "src", "extensions", "skills"])
		cpSync(join(PACKAGE, part), join(folder, part), { recursive: true });
	const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
	writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
	symlinkSync(realpathSync(join(PACKAGE, "node_modules")), join(folder, "node_modules"));
	for (const [file, was, is] of edits) {
		const text = readFileSync(join(folder, file), "utf8");
		if (!text.includes(was)) throw new Error(`${file} does not have: ${was}`);
		writeFileSync(
			join(folder, file),
			text.replace(was, () => is),
		);
	}
	return join(folder, "bin/flagship.mjs");
}

export class Stage {
	readonly at: Shell;
	readonly box: SshMachine;

	private constructor(at: Shell, box: SshMachine) {
		this.at = at;
		this.box = box;
	}

	static async begin(sim: VersSim): Promise<Stage> {
		const at = shell();
		return new Stage(
			at,
			await sshMachine(sim, { flagship: at.home.root }, { model: { url: "http://127.0.0.1:1" }, node: true }),
		);
	}

	/** A VM, as the platform of the person's account has it. */
	static async beginVm(sim: VersSim): Promise<Stage> {
		const at = shell();
		const id = await new Visitor(sim).boot();
		const home = join(sim.vms.get(id).machine.folder, "root");
		mkdirSync(join(home, "bin"));
		symlinkSync(process.execPath, join(home, "bin", "node"));
		writeFileSync(join(home, ".profile"), 'export PATH="$HOME/bin:$HOME/../bin:/usr/bin:/bin"\n');
		mkdirSync(at.home.root, { recursive: true, mode: 0o700 });
		const settings = {
			env: { VERS_API_KEY: API_KEY, VERS_BASE_URL: sim.baseUrl },
			vms: { domain: sim.domain, connect: `127.0.0.1:${sim.sshPort}`, authority: sim.authority },
		};
		writeFileSync(join(at.home.root, "settings.json"), JSON.stringify(settings), { mode: 0o600 });
		return new Stage(at, { id, place: `vers:${id}`, home, config: "" });
	}

	/** A connection as a host keeps it to the machines of its lieutenants. */
	async connect(): Promise<Ssh> {
		const { at, box } = this;
		makeHome(at.home);
		makeSocketFolder(at.home);
		const address = { type: "ssh", destination: "box" } as const;
		const own = { world, address, place: box.place, sockets: at.home.sockets, folder: at.home.run, env: at.env };
		const ssh = await openSsh({ ...own, config: box.config }, AbortSignal.timeout(30_000));
		atEnd(() => ssh.close());
		return ssh;
	}

	/** Another person's home, from which the same machine is reached. */
	other(): Shell {
		const other = shell();
		mkdirSync(other.home.root, { recursive: true, mode: 0o700 });
		cpSync(join(this.at.home.root, "settings.json"), join(other.home.root, "settings.json"));
		return other;
	}

	begin(program: string, at = this.at, ...more: readonly string[]) {
		return begin(at, ["deploy", this.box.place, ...more], "", program);
	}

	deploy(program: string, at = this.at): Promise<Outcome> {
		return this.begin(program, at).end;
	}

	/** The home of the machine. */
	get home() {
		return homeOf({}, { uid: process.getuid?.() ?? 0, folder: this.box.home });
	}

	/** A command typed there. */
	there(program: string, ...args: string[]): Promise<Outcome> {
		const env = { HOME: this.box.home, PATH: process.env.PATH ?? "", TMPDIR: join(this.box.home, "../tmp") };
		return begin({ env, folder: this.box.home }, args, "", program).end;
	}

	get state(): State | undefined {
		return readState(world.files, this.home);
	}

	/** Packages that were sent there. */
	get packs(): readonly string[] {
		return readdirSync(join(this.home.root, "pack"));
	}

	get hubFiles(): readonly string[] {
		return readdirSync(this.home.hub);
	}
}
