/**
 * Stripped code that is kept between processes: the stripper itself is a WebAssembly program that costs every daemon
 * that loads it some 40 MB. What lies here is run, so it lies only where nobody else can write: in a private folder of
 * Flagship's home. Whatever is not as it should be (no home, not ours, read-only, a torn entry) means no cache, never a
 * failure: the code is then stripped anew.
 */
import { hash, randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Days after which the code of a package that nobody starts any more is removed. */
const KEPT_DAYS = 7;

/** @param {string} text */
const digest = (text) => hash("sha256", text);

/** @param {import("node:fs").Stats} stat */
const isPrivate = (stat) => stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;

/**
 * `<home>/cache/<kind>`, made if the home is there; undefined where it cannot be, or others could write.
 *
 * @param {string} kind
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function cacheFolder(kind, env = process.env) {
	const home = env.FLAGSHIP_HOME || join(env.HOME || homedir(), ".flagship");
	if (!isAbsolute(home)) return undefined;
	try {
		// The home itself may be reached by a link, as people move it to another disk; what is below it may not.
		if (!isPrivate(statSync(home))) return undefined;
		let folder = home;
		for (const name of ["cache", kind]) {
			folder = join(folder, name);
			mkdirSync(folder, { recursive: true, mode: 0o700 });
			if (!isPrivate(lstatSync(folder))) return undefined;
		}
		return folder;
	} catch {
		// No home yet, or one that cannot be written: without a cache everything works, only slower.
		return undefined;
	}
}

/**
 * Texts by name and source. An entry is used only when it was made from exactly this source and is whole.
 */
export class CodeCache {
	/** @type {string | undefined} */
	#folder;
	/** @type {string | undefined} */
	#parent;
	#wrote = false;

	/**
	 * @param {string | undefined} parent a folder of `cacheFolder`
	 * @param {string} generation what all entries depend on: package, its version, the stripper's version
	 */
	constructor(parent, generation) {
		this.#parent = parent;
		this.#folder = parent === undefined ? undefined : join(parent, digest(generation).slice(0, 32));
	}

	/**
	 * @param {string} name
	 * @param {string} source
	 * @param {() => string} make
	 * @returns {string}
	 */
	get(name, source, make) {
		if (this.#folder === undefined) return make();
		const path = join(this.#folder, digest(name).slice(0, 32));
		const from = digest(source);
		const kept = read(path, from);
		if (kept !== undefined) return kept;
		const made = make();
		this.#write(path, `${from} ${digest(made)}\n${made}`);
		return made;
	}

	/**
	 * @param {string} path
	 * @param {string} content
	 */
	#write(path, content) {
		if (this.#folder === undefined || this.#parent === undefined) return;
		try {
			if (!this.#wrote) {
				this.#wrote = true;
				mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
				removeOld(this.#parent);
			}
			const temporary = `${path}.${randomBytes(6).toString("hex")}`;
			writeFileSync(temporary, content, { flag: "wx", mode: 0o600 });
			renameSync(temporary, path);
		} catch {
			// A full or read-only disk: this process goes on without keeping anything.
			this.#folder = undefined;
		}
	}
}

/**
 * @param {string} path
 * @param {string} from
 */
function read(path, from) {
	try {
		const content = readFileSync(path, "utf8");
		const code = content.slice(130);
		return content.slice(0, 130) === `${from} ${digest(code)}\n` ? code : undefined;
	} catch {
		// Not there, or not to be read: made anew either way.
		return undefined;
	}
}

/**
 * A generation that was not added to for days is of a version that is gone, or can be made again in a moment.
 *
 * @param {string} parent
 */
function removeOld(parent) {
	const old = Date.now() - KEPT_DAYS * 86_400_000;
	for (const name of readdirSync(parent)) {
		const path = join(parent, name);
		if (lstatSync(path).mtimeMs < old) rmSync(path, { recursive: true, force: true });
	}
}
