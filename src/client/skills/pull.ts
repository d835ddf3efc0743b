/**
 * Brings this machine's shelf up to what the hub says. First all that lacks is fetched and checked against its hash, then
 * files are replaced one by one, the index last: a hub that goes away in the middle changes nothing, a crash in the
 * middle leaves whole files, and the next pull mends the rest.
 */
import { hash as digest } from "node:crypto";
import * as extensions from "../../contract/extensions.ts";
import * as contract from "../../contract/skillhub.ts";
import * as skills from "../../contract/skills.ts";
import { Fault } from "../../errors.ts";
import type { Files, World } from "../../world.ts";
import type { Client } from "../client.ts";
import {
	extensionFile,
	extensionsFolder,
	type Index,
	type Installed,
	indexFile,
	isPlainName,
	parseIndex,
	skillFile,
} from "./shelf.ts";

export interface PullOptions {
	readonly world: Pick<World, "files">;
	readonly hub: Pick<Client, "call">;
	/** `shelfFolder` of it. */
	readonly shelf: string;
	/** For what was done and is not known to the hub. */
	complain(what: string): void;
}

/** ms for each question: nobody sits before it. */
const TIMEOUT = 10_000;

/** Of one kind: what it will hold, what must be written for it, what was not taken and why. */
interface Plan {
	readonly holds: Installed[];
	readonly writes: { readonly entry: Installed; readonly path: string; readonly content: string }[];
	readonly refused: string[];
}

type Fetch = (name: string, version: number) => Promise<skills.WholeVersion>;
type PathOf = (name: string) => string;

/** Throws the hub's refusal, or `hub_away`; then nothing was changed. */
export async function pull({ world, hub, shelf, complain }: PullOptions): Promise<contract.Pulled> {
	const { files } = world;
	const before = parseIndex(files.read(indexFile(shelf)));
	const options = { timeout: TIMEOUT };
	const wanted = await hub.call(contract.manifest, {}, options);
	const skillPath: PathOf = (name) => skillFile(shelf, name);
	const codePath: PathOf = (name) => extensionFile(shelf, name);
	const plans = [
		await plan(files, wanted.skills, before.skills, skillPath, (name, version) =>
			hub.call(skills.version, { name, version }, options),
		),
		await plan(files, wanted.extensions, before.extensions, codePath, (name, version) =>
			hub.call(extensions.version, { name, version }, options),
		),
	] as const;
	const [ours, code] = plans;
	const index = { skills: ours.holds, extensions: code.holds, withdrawn: wanted.withdrawn ?? [] };
	const removed = place(files, shelf, plans, index);
	await report(hub, index).catch((thrown: unknown) =>
		complain(`the hub was not told which skills are here: ${thrown}`),
	);
	return {
		installed: plans.flatMap(({ writes }) => writes.map(({ entry }) => `${entry.name} v${entry.version}`)),
		removed,
		refused: plans.flatMap(({ refused }) => refused),
		skills: index.skills.length,
	};
}

async function plan(
	files: Files,
	wanted: readonly contract.Entry[],
	before: readonly Installed[],
	pathOf: PathOf,
	fetch: Fetch,
): Promise<Plan> {
	const made: Plan = { holds: [], writes: [], refused: [] };
	for (const { name, version, hash, description } of wanted) {
		if (!isPlainName(name)) {
			made.refused.push(`${JSON.stringify(name)} is no name`);
			continue;
		}
		const path = pathOf(name);
		const entry = { name, version, hash, description };
		// Hashed anew: a file that somebody has changed here is put right.
		if (isHash(hash) && hashOf(files.read(path)) === hash) {
			made.holds.push(entry);
			continue;
		}
		const found = await checkedContent(entry, fetch);
		if (found.type === "content") {
			made.holds.push(entry);
			made.writes.push({ entry, path, content: found.content });
			continue;
		}
		made.refused.push(`${name} v${version}: ${found.why}`);
		const kept = before.find((one) => one.name === name && hashOf(files.read(path)) === one.hash);
		if (kept !== undefined) made.holds.push(kept);
	}
	return made;
}

/** An older hub names none. */
const isHash = (hash: unknown): boolean => typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash);

const hashOf = (content: string | undefined): string | undefined =>
	content === undefined ? undefined : digest("sha256", content, "hex");

type Checked =
	| { readonly type: "content"; readonly content: string }
	| { readonly type: "refused"; readonly why: string };

/** Just this version, and only when it is what the manifest says it is. */
async function checkedContent({ name, version, hash }: Installed, fetch: Fetch): Promise<Checked> {
	if (!isHash(hash)) return { type: "refused", why: "the hub names no hash for it" };
	try {
		const { content } = await fetch(name, version);
		if (hashOf(content) === hash) return { type: "content", content };
		return { type: "refused", why: "its content is not what its hash says" };
	} catch (thrown) {
		if (thrown instanceof Fault && thrown.status < 500) return { type: "refused", why: thrown.message };
		throw thrown;
	}
}

/** Puts everything in its place; answers the names of what is gone. */
function place(files: Files, shelf: string, plans: readonly [Plan, Plan], index: Index): string[] {
	for (const { writes } of plans) {
		for (const { path, content } of writes) {
			files.makeFolder(path.slice(0, path.lastIndexOf("/")));
			files.write(path, content);
		}
	}
	const text = `${JSON.stringify(index, undefined, "\t")}\n`;
	if (files.read(indexFile(shelf)) !== text) {
		files.makeFolder(shelf);
		files.write(indexFile(shelf), text);
	}
	const [skillNames, codeFiles] = [
		new Set(index.skills.map(({ name }) => name)),
		new Set(index.extensions.map(({ name }) => `${name}.ts`)),
	];
	const gone = files.list(shelf).filter((name) => isPlainName(name) && !skillNames.has(name));
	const goneCode = files.list(extensionsFolder(shelf)).filter((name) => !codeFiles.has(name));
	for (const name of gone) files.remove(`${shelf}/${name}`);
	for (const name of goneCode) files.remove(`${extensionsFolder(shelf)}/${name}`);
	return [...gone, ...goneCode];
}

/** So that everyone can see who has which version. */
async function report(hub: Pick<Client, "call">, { skills: held, extensions: code }: Index): Promise<void> {
	const brief = (all: readonly Installed[]) => all.map(({ name, version, hash }) => ({ name, version, hash }));
	await hub.call(contract.sync, { skills: brief(held), extensions: brief(code) }, { timeout: TIMEOUT });
}
