/**
 * The hub's skills in this session. The host of this machine keeps them on a shelf; each request to the model lists what
 * stands there now, so that a new skill is in the next request and a withdrawn one is not, without a reload of pi: a
 * reload would make every extension anew, and cut what runs.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
import { EMPTY, indexFile, parseIndex, shelfFolder, skillFile } from "../src/client/skills/shelf.ts";
import { homeOf } from "../src/daemon/home.ts";
import { Fault } from "../src/errors.ts";
import type { Following } from "../src/fleet/follow-skills.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import { loadOnce } from "../src/pi/once.ts";
import { expanded, type Offer, offering, sectionOf, type Wanted, withOffers } from "../src/pi/skills/section.ts";

/** Tools by one of which a model reads a skill's file; without any, pi offers no skills. */
const READERS = ["read", "bash"] as const;

export default async function skillhub(pi: ExtensionAPI): Promise<void> {
	const shelf = shelfOf(process.env);
	const unwanted = process.argv.some((word) => word === "--no-skills" || word === "-ns");
	if (shelf === undefined || unwanted || tooOld(await piVersion()) !== undefined || !loadOnce(pi, "skillhub")) return;
	const read = reader(shelf.folder);
	const replaceable = packaged();

	/** As pi says it, with the tool that is at hand. */
	const empty = async (): Promise<(offers: readonly Offer[]) => string | undefined> => {
		const tool = READERS.find((name) => pi.getActiveTools().includes(name));
		if (tool === undefined) return () => undefined;
		const { formatSkillsForPrompt } = await import("@earendil-works/pi-coding-agent");
		return (offers) => sectionOf(formatSkillsForPrompt(offers.map(asSkill), tool));
	};

	pi.on("context_with_system", async (event) => {
		const { offers, withdrawn } = read();
		if (offers.length === 0 && withdrawn.size === 0) return undefined;
		const wanted = { offers, withdrawn, replaceable };
		const make = await empty();
		return { messages: withOffers(event.messages, (section) => offering(section, wanted, make)) };
	});

	pi.on("input", (event) => {
		const [, name, rest = ""] = /^\/skill:(\S+)(?:\s+([\s\S]*))?$/.exec(event.text) ?? [];
		const offer = read().offers.find((one) => one.name === name);
		if (offer === undefined) return undefined;
		const own = pi.getCommands().find((command) => command.source === "skill" && command.name === `skill:${name}`);
		if (own !== undefined && !replaceable(own.sourceInfo.path)) return undefined;
		const text = expanded(offer, readFileSync(offer.location, "utf8"), rest.trim());
		return { action: "transform" as const, text };
	});

	if (shelf.url === undefined) return;
	let following: Promise<Following> | undefined;
	pi.on("session_start", (_event, ctx) => {
		// In the background: nobody waits for a hub that is far, or away.
		following = import("../src/fleet/follow-skills.ts").then(({ followSkills }) => followSkills(ctx, shelf.folder));
	});
	pi.on("session_shutdown", async () => {
		const left = following;
		following = undefined;
		(await left)?.leave();
	});
}

interface Shelf {
	readonly folder: string;
	/** Of a hub that a person has chosen for this session: the host knows nothing of it, so the session follows it. */
	readonly url?: string;
}

/** Undefined where the home cannot be used: `hub.ts` says so, once. */
function shelfOf(env: NodeJS.ProcessEnv): Shelf | undefined {
	try {
		const { root } = homeOf(env, { uid: process.getuid?.() ?? 0, folder: homedir() });
		const url = (env.FLAGSHIP_LIEUTENANT ?? "") === "" ? (env.VERS_INFRA_URL ?? "") : "";
		if (url === "") return { folder: shelfFolder(root) };
		return { folder: shelfFolder(root, createHash("sha256").update(url).digest("hex").slice(0, 16)), url };
	} catch (thrown) {
		if (thrown instanceof Fault) return undefined;
		throw thrown;
	}
}

/** What stands on the shelf. Read anew only when its index is another file than it was. */
function reader(folder: string): () => Omit<Wanted, "replaceable"> {
	const file = indexFile(folder);
	let seen = "";
	let known = told(folder, undefined);
	return () => {
		const stat = statSync(file, { throwIfNoEntry: false });
		const now = stat === undefined ? "" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
		if (now !== seen) known = told(folder, stat === undefined ? undefined : readFileSync(file, "utf8"));
		seen = now;
		return known;
	};
}

function told(folder: string, text: string | undefined): Omit<Wanted, "replaceable"> {
	const { skills, withdrawn } = text === undefined ? EMPTY : parseIndex(text);
	const offers = skills
		.map(({ name, description }) => ({ name, description, location: skillFile(folder, name) }))
		.filter(({ location }) => existsSync(location))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
	return { offers, withdrawn: new Set(withdrawn) };
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
