/** What stands on the shelf of the hub's skills, in this session's requests and commands. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContextWithSystemEvent, ExtensionAPI, InputEvent } from "@earendil-works/pi-coding-agent";
import { EMPTY, indexFile, parseIndex, shelfFolder, skillFile } from "../../src/client/skills/shelf.ts";
import { frontOf } from "../../src/contract/skill-text.ts";
import { homeOf } from "../../src/daemon/home.ts";
import { Fault } from "../../src/errors.ts";
import { expanded, type Offer, offering, sectionOf, type Wanted, withOffers } from "../../src/pi/skills/section.ts";

/** Tools by one of which a model reads a skill's file; without any, pi offers no skills. */
const READERS = ["read", "bash"] as const;

export class Offers {
	readonly #pi: ExtensionAPI;
	readonly #read: () => Omit<Wanted, "replaceable">;
	readonly #replaceable = packaged();

	/** `own`: skills that are offered where the shelf neither has nor withdraws them. */
	constructor(pi: ExtensionAPI, folder: string, own: readonly Offer[]) {
		this.#pi = pi;
		this.#read = reader(folder, own);
	}

	async context({ messages }: ContextWithSystemEvent) {
		const { offers, withdrawn } = this.#read();
		if (offers.length === 0 && withdrawn.size === 0) return undefined;
		const wanted = { offers, withdrawn, replaceable: this.#replaceable };
		const make = await this.#empty();
		return { messages: withOffers(messages, (section) => offering(section, wanted, make)) };
	}

	/** `/skill:name`, also for one that came after the start. */
	input({ text }: InputEvent) {
		const [, name, rest = ""] = /^\/skill:(\S+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
		const offer = this.#read().offers.find((one) => one.name === name);
		if (offer === undefined) return undefined;
		const commands = this.#pi.getCommands();
		const own = commands.find((command) => command.source === "skill" && command.name === `skill:${name}`);
		if (own !== undefined && !this.#replaceable(own.sourceInfo.path)) return undefined;
		return { action: "transform" as const, text: expanded(offer, readFileSync(offer.location, "utf8"), rest.trim()) };
	}

	/** As pi says it, with the tool that is at hand. */
	async #empty(): Promise<(offers: readonly Offer[]) => string | undefined> {
		const tool = READERS.find((name) => this.#pi.getActiveTools().includes(name));
		if (tool === undefined) return () => undefined;
		const { formatSkillsForPrompt } = await import("@earendil-works/pi-coding-agent");
		return (offers) => sectionOf(formatSkillsForPrompt(offers.map(asSkill), tool));
	}
}

/**
 * The shelf's folder: the host's own, or one for the hub that a person has chosen for this session, of which the host
 * knows nothing. Undefined where the home cannot be used: `hub.ts` says so, once.
 */
export function shelfOf(env: NodeJS.ProcessEnv, url: string | undefined): string | undefined {
	try {
		const { root } = homeOf(env, { uid: process.getuid?.() ?? 0, folder: homedir() });
		if (url === undefined) return shelfFolder(root);
		return shelfFolder(root, createHash("sha256").update(url).digest("hex").slice(0, 16));
	} catch (thrown) {
		if (thrown instanceof Fault) return undefined;
		throw thrown;
	}
}

/** What stands on the shelf. Read anew only when its index is another file than it was. */
function reader(folder: string, own: readonly Offer[]): () => Omit<Wanted, "replaceable"> {
	const file = indexFile(folder);
	let seen = "";
	let known = told(folder, undefined, own);
	return () => {
		const stat = statSync(file, { throwIfNoEntry: false });
		const now = stat === undefined ? "" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
		if (now !== seen) known = told(folder, stat === undefined ? undefined : readFileSync(file, "utf8"), own);
		seen = now;
		return known;
	};
}

function told(folder: string, text: string | undefined, own: readonly Offer[]): Omit<Wanted, "replaceable"> {
	const { skills, withdrawn: names } = text === undefined ? EMPTY : parseIndex(text);
	const withdrawn = new Set(names);
	const shelved = skills
		.map(({ name, description }) => ({ name, description, location: skillFile(folder, name) }))
		.filter(({ location }) => existsSync(location));
	const known = new Set(shelved.map(({ name }) => name));
	const others = own.filter(({ name }) => !known.has(name) && !withdrawn.has(name));
	return { offers: [...shelved, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)), withdrawn };
}

/** The skills that this package brings. A lieutenant's pi is not given them: reading them would delay its start. */
export function packageSkills(): readonly Offer[] {
	const folder = fileURLToPath(new URL("../../skills", import.meta.url));
	if (!existsSync(folder)) return []; // a machine without them has what its shelf holds
	return readdirSync(folder).flatMap((name) => {
		const location = join(folder, name, "SKILL.md");
		const { description } = frontOf(readFileSync(location, "utf8"));
		return description === undefined ? [] : [{ name, description, location }];
	});
}

/** True for `<package>/skills/<name>/SKILL.md` of this package, in whichever copy. */
function packaged(): (location: string) => boolean {
	const known = new Map<string, boolean>();
	return (location) => {
		const folder = dirname(dirname(dirname(location)));
		const judged = known.get(folder) ?? isPackage(join(folder, "package.json"));
		known.set(folder, judged);
		return judged;
	};
}

function isPackage(manifest: string): boolean {
	try {
		const { name }: { name?: unknown } = JSON.parse(readFileSync(manifest, "utf8"));
		return name === "pi-flagship";
	} catch {
		// No manifest there, or none that can be read: it is no copy of ours.
		return false;
	}
}

const asSkill = ({ name, description, location }: Offer) => ({
	...{ name, description, filePath: location, baseDir: dirname(location), disableModelInvocation: false },
	sourceInfo: { path: location, source: "local", scope: "temporary" as const, origin: "top-level" as const },
});
