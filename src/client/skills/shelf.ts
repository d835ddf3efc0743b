/**
 * Where the hub's skills stand on this machine: `<home>/skills/<shelf>/<name>/SKILL.md`, and `index.json`, which says
 * which of them count. Read with every request of every agent, so it imports next to nothing.
 */

/** One that is installed: its file's hash was checked. */
export interface Installed {
	readonly name: string;
	readonly version: number;
	/** SHA-256 of the content, hex. */
	readonly hash: string;
	readonly description: string;
}

export interface Index {
	readonly skills: readonly Installed[];
	readonly extensions: readonly Installed[];
	/** Names of skills that agents shall not have, though a package brings them. */
	readonly withdrawn: readonly string[];
}

export const EMPTY: Index = { skills: [], extensions: [], withdrawn: [] };

/** The hub that the host of this machine is linked to. */
export const OWN = "own";

export const shelfFolder = (home: string, shelf: string = OWN): string => `${home}/skills/${shelf}`;
export const indexFile = (shelf: string): string => `${shelf}/index.json`;
export const skillFile = (shelf: string, name: string): string => `${shelf}/${checked(name)}/SKILL.md`;
/** Begins with a dot: no skill can have that name. */
export const extensionsFolder = (shelf: string): string => `${shelf}/.extensions`;
export const extensionFile = (shelf: string, name: string): string => `${extensionsFolder(shelf)}/${checked(name)}.ts`;

const PLAIN = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** What the hub takes for a name, said once more here: what it sends is not trusted with a path. */
export const isPlainName = (name: string): boolean => name.length <= 64 && PLAIN.test(name) && !name.includes("\n");

function checked(name: string): string {
	if (!isPlainName(name)) throw new Error(`'${name}' is no name of a skill`);
	return name;
}

/** What is no index, or no entry of one, counts as not there. */
export function parseIndex(text: string | undefined): Index {
	try {
		const told: unknown = JSON.parse(text ?? "{}");
		return {
			skills: listIn(told, "skills").filter(isInstalled),
			extensions: listIn(told, "extensions").filter(isInstalled),
			withdrawn: listIn(told, "withdrawn").filter((name) => typeof name === "string"),
		};
	} catch {
		// Somebody has written into it: the next pull writes it anew.
		return EMPTY;
	}
}

function listIn(value: unknown, key: string): readonly unknown[] {
	const list: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
	return Array.isArray(list) ? list : [];
}

function isInstalled(value: unknown): value is Installed {
	if (typeof value !== "object" || value === null) return false;
	const { name, version, hash, description } = value as Partial<Record<keyof Installed, unknown>>;
	const texts = typeof name === "string" && typeof hash === "string" && typeof description === "string";
	return texts && isPlainName(name) && typeof version === "number";
}
