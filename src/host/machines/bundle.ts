/**
 * An installed package with everything that it needs, as one archive: so a machine without a registry gets exactly what
 * runs here. npm's layout is kept: what a package imports is found there by the same walk up the folders.
 */
import { createHash } from "node:crypto";
import { dirname, join, relative } from "node:path";
import { fault, reason } from "../../errors.ts";
import type { Files, World } from "../../world.ts";

export interface Bundle {
	/** Changes with any of its files. */
	readonly id: string;
	/** Folder that all of it lies in. */
	readonly root: string;
	/** Files and folders, relative to `root`. */
	readonly paths: readonly string[];
	/** The package itself, relative to `root`. */
	readonly main: string;
}

interface Manifest {
	readonly name?: string;
	readonly version?: string;
	readonly files?: readonly string[];
	readonly dependencies?: Readonly<Record<string, string>>;
	readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Reads = Pick<Files, "read" | "stat" | "list" | "real">;

/** The folder of the package that a file belongs to. */
export function packageOf(files: Reads, file: string): string | undefined {
	for (let folder = dirname(files.real(file)); ; folder = dirname(folder)) {
		if (manifestOf(files, folder)?.name !== undefined) return folder;
		if (folder === dirname(folder)) return undefined;
	}
}

/** What can do without is left out: the hub's queries use it, 100 MB of it, and there is no hub on a machine. */
const WITHOUT = ["@duckdb/node-api"];

export function bundleOf(files: Reads, folder: string): Bundle {
	const own = files.real(folder);
	const at = own.indexOf("/node_modules/");
	const root = at < 0 ? own : own.slice(0, at);
	const found = new Set<string>();
	const missing: string[] = [];
	const visit = (from: string): void => {
		const { dependencies = {}, optionalDependencies = {} } = manifestOf(files, from) ?? {};
		const wanted = Object.keys({ ...dependencies, ...optionalDependencies });
		for (const name of wanted.filter((one) => !WITHOUT.includes(one))) {
			const place = locate(files, from, name, root);
			if (place === undefined) {
				if (optionalDependencies[name] === undefined) missing.push(name);
			} else if (!found.has(place)) {
				found.add(place);
				visit(place);
			}
		}
	};
	visit(own);
	if (missing.length > 0)
		throw fault(
			"machine_unfit",
			"This installation",
			`${missing.join(", ")} is not below ${root}, so it cannot be sent`,
		);
	const inside = [...found].filter((path) => !path.startsWith(`${own}/`) || root === own);
	const paths = [...ownFiles(files, own), ...inside].map((path) => relative(root, path)).sort();
	return { id: fingerprint(files, root, paths), root, paths, main: relative(root, own) };
}

/** A tar of it in `folder`, made once. */
export async function archiveOf(world: World, bundle: Bundle, folder: string): Promise<string> {
	const path = `${folder}/${bundle.id}.tgz`;
	if (world.files.stat(path) !== undefined) return path;
	world.files.makeFolder(folder);
	const part = `${path}.${world.random.fraction().toString(36).slice(2)}`;
	const args = ["-C", bundle.root, "-czhf", part, "--", ...bundle.paths];
	const ran = await world.spawn.run("tar", args, { timeout: 300_000 });
	if (ran.code !== 0) {
		world.files.remove(part);
		throw fault("machine_unfit", "This installation", `it cannot be packed: ${ran.stderr.trim().slice(0, 300)}`);
	}
	world.files.rename(part, path);
	return path;
}

/** What is published of a package; a checkout holds more than that. */
function ownFiles(files: Reads, folder: string): readonly string[] {
	const { files: published } = manifestOf(files, folder) ?? {};
	const inModules = folder.includes("/node_modules/");
	if (published === undefined || inModules) {
		const all = files.list(folder).filter((name) => name !== "node_modules" && !name.startsWith("."));
		const nested = inModules && files.stat(`${folder}/node_modules`) !== undefined ? ["node_modules"] : [];
		return [...all, ...nested].map((name) => join(folder, name));
	}
	return ["package.json", ...published]
		.map((name) => join(folder, name))
		.filter((path) => files.stat(path) !== undefined);
}

function locate(files: Reads, from: string, name: string, root: string): string | undefined {
	for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
		const path = join(folder, "node_modules", name);
		if (files.stat(path)?.kind === "folder") return path;
		if (folder === root) return undefined;
	}
	return undefined;
}

function manifestOf(files: Pick<Files, "read">, folder: string): Manifest | undefined {
	const text = files.read(`${folder}/package.json`);
	if (text === undefined) return undefined;
	try {
		return JSON.parse(text) as Manifest;
	} catch (thrown) {
		throw fault("machine_unfit", "This installation", `${folder}/package.json: ${reason(thrown)}`);
	}
}

/** By sizes and times of all files, as tools that build do it; contents would cost seconds. */
function fingerprint(files: Reads, root: string, paths: readonly string[]): string {
	const hash = createHash("sha256");
	const visit = (path: string): void => {
		const stat = files.stat(join(root, path));
		if (stat === undefined) return;
		if (stat.kind === "folder") for (const name of files.list(join(root, path))) visit(join(path, name));
		else hash.update(`${path}\n${stat.size}\n${stat.changed}\n`);
	};
	for (const path of paths) visit(path);
	return hash.digest("hex").slice(0, 16);
}
