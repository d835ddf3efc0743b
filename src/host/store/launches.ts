/**
 * What lieutenants take over from the session that made them: their model provider's keys above all. One file each,
 * this user's alone, never in the database, which people copy and look into; it goes with the lieutenant.
 */
import type { Launch } from "../../contract/link.ts";
import { type Home, lieutenantFolder } from "../../daemon/home.ts";
import type { Files } from "../../world.ts";

export class Launches {
	readonly #files: Files;
	readonly #home: Home;

	constructor(files: Files, home: Home) {
		this.#files = files;
		this.#home = home;
	}

	/** Also the newest launch of all: a call that comes from no session starts its agent like the last one. */
	keep(lieutenant: string, launch: Launch): void {
		this.#write(lieutenant, launch);
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
		return this.of(lieutenant)?.env ?? {};
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
