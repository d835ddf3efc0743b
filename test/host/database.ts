/** A host's store on a real SQLite file, which can be opened again as after a crash. */
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { Store } from "../../src/host/store/store.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";

export class TestStore {
	#folder = makeFolder();
	store: Store;

	constructor() {
		this.store = this.#open();
	}

	/** As after a kill -9: the files as they are now, without the orderly end of the one that has them open. */
	crash(): Store {
		const from = this.#folder;
		const left = this.store;
		this.#folder = makeFolder();
		for (const name of ["host.db", "host.db-wal"]) {
			if (existsSync(join(from, name))) copyFileSync(join(from, name), join(this.#folder, name));
		}
		left.close();
		this.store = this.#open();
		return this.store;
	}

	#open(): Store {
		const path = join(this.#folder, "host.db");
		return new Store(realWorld().files.database(path), path);
	}
}
