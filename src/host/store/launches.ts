/**
 * What lieutenants take over from the session that made them: their model provider's keys above all. One file each,
 * this user's alone, never in the database, which people copy and look into; it goes with the lieutenant. On a machine
 * whose disk a snapshot takes along the keys are in no file: they are given again after each start.
 */
import type { Launch } from "../../contract/link.ts";
import { type Home, lieutenantFolder } from "../../daemon/home.ts";
import type { Files } from "../../world.ts";

export class Launches {
	readonly #files: Files;
	readonly #home: Home;
	/** What was given for memory alone. */
	readonly #keys = new Map<string, string>();

	constructor(files: Files, home: Home) {
		this.#files = files;
		this.#home = home;
	}

	/** Keys that no file may hold. */
	give(keys: Readonly<Record<string, string>>): void {
		for (const [name, value] of Object.entries(keys)) this.#keys.set(name, value);
	}

	/** Names of what it needs and nobody has given since this host began. */
	missing(lieutenant: string): readonly string[] {
		return (this.of(lieutenant)?.keys ?? []).filter((name) => !this.#keys.has(name));
	}

	/** Also the newest launch of all: a call that comes from no session starts its agent like the last one. */
	keep(lieutenant: string, launch: Launch): void {
		this.#write(lieutenant, launch);
		this.note(launch);
	}

	/** The newest, of a session whose lieutenant runs elsewhere: there its keys are asked for again after each start. */
	note(launch: Launch): void {
		// A convenience that each session brings anew: not worth a forced write of every creation.
		this.#files.remove(this.#latest());
		this.#files.append(this.#latest(), JSON.stringify(launch), 0o600);
	}

	/** Another is started the same way: an old launch, which is not the newest again. */
	hand(from: string, to: string): void {
		const launch = this.of(from);
		if (launch !== undefined) this.#write(to, launch);
	}

	of(lieutenant: string): Launch | undefined {
		return read(this.#files.read(this.#path(lieutenant)));
	}

	latest(): Launch | undefined {
		return read(this.#files.read(this.#latest()));
	}

	environment(lieutenant: string): Readonly<Record<string, string>> {
		const { env = {}, keys = [] } = this.of(lieutenant) ?? {};
		const given = keys.flatMap((name) => {
			const value = this.#keys.get(name);
			return value === undefined ? [] : [[name, value] as const];
		});
		return { ...env, ...Object.fromEntries(given) };
	}

	forget(lieutenant: string): void {
		this.#files.remove(this.#path(lieutenant));
	}

	#write(lieutenant: string, launch: Launch): void {
		this.#files.makeFolder(lieutenantFolder(this.#home, lieutenant), 0o700);
		this.#files.write(this.#path(lieutenant), JSON.stringify(launch), 0o600);
	}

	#path(lieutenant: string): string {
		return `${lieutenantFolder(this.#home, lieutenant)}/launch.json`;
	}

	#latest(): string {
		return `${this.#home.host}/launch.json`;
	}
}

const read = (text: string | undefined): Launch | undefined =>
	text === undefined ? undefined : (JSON.parse(text) as Launch);
