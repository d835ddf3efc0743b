/**
 * The skills of a request's system prompt. pi lists what it loaded when the session began; here that list becomes what
 * the hub says now. The text that pi made stays as it is wherever nothing differs, so that the provider's cache holds.
 */

export interface Offer {
	readonly name: string;
	readonly description: string;
	/** The file that the model reads. */
	readonly location: string;
}

/** What the hub says. */
export interface Wanted {
	readonly offers: readonly Offer[];
	/** Names that shall not be offered. */
	readonly withdrawn: ReadonlySet<string>;
	/** True for a file that this package brings: the hub may replace or withdraw it. A person's own it may not. */
	replaceable(location: string): boolean;
}

/** The name of pi's section. */
export const SKILLS_SECTION = "skills";

const ENTRY = /[ \t]*<skill>\s*<name>([^<]*)<\/name>[\s\S]*?<location>([^<]*)<\/location>\s*<\/skill>\n?/g;
const END = "</available_skills>";

/**
 * The section as it shall be; undefined where no skill is left. `empty` makes one of the given skills, in pi's own words,
 * where pi has made none.
 */
export function offering(
	section: string | undefined,
	wanted: Wanted,
	empty: (offers: readonly Offer[]) => string | undefined,
): string | undefined {
	if (section === undefined) return wanted.offers.length === 0 ? undefined : empty(wanted.offers);
	const missing = new Map(wanted.offers.map((offer) => [offer.name, offer]));
	let left = 0;
	const changed = section.replace(ENTRY, (entry: string, title: string, location: string) => {
		const name = plain(title);
		const offer = missing.get(name);
		// Of two of one name the person's own stands.
		missing.delete(name);
		if (!wanted.replaceable(plain(location))) {
			left++;
			return entry;
		}
		if (offer === undefined && wanted.withdrawn.has(name)) return "";
		left++;
		return offer === undefined ? entry : `${entryOf(offer)}\n`;
	});
	if (left + missing.size === 0) return undefined;
	const added = [...missing.values()].map((offer) => `${entryOf(offer)}\n`).join("");
	return changed.replace(END, () => `${added}${END}`);
}

/** As pi writes one. */
const entryOf = ({ name, description, location }: Offer): string =>
	[
		"  <skill>",
		`    <name>${escaped(name)}</name>`,
		`    <description>${escaped(description)}</description>`,
		`    <location>${escaped(location)}</location>`,
		"  </skill>",
	].join("\n");

const ESCAPES = [
	["&", "&amp;"],
	["<", "&lt;"],
	[">", "&gt;"],
	['"', "&quot;"],
	["'", "&apos;"],
] as const;

const escaped = (text: string): string => ESCAPES.reduce((so, [char, entity]) => so.replaceAll(char, entity), text);
const plain = (text: string): string => ESCAPES.reduceRight((so, [char, entity]) => so.replaceAll(entity, char), text);

interface Told {
	readonly role: string;
	readonly sections?: Readonly<Record<string, string | null>>;
}

/**
 * The request's messages with each list of skills as it shall be: the first of pi's system messages, and each later one
 * that says the section anew.
 */
export function withOffers<M extends { readonly role: string }>(
	messages: readonly M[],
	render: (section: string | undefined) => string | undefined,
): M[] {
	return messages.map((message, index) => {
		const { role, sections }: Told = message;
		if (role !== "system" || sections === undefined) return message;
		const said = Object.hasOwn(sections, SKILLS_SECTION);
		if (!said && index !== 0) return message;
		const before = sections[SKILLS_SECTION] ?? undefined;
		const after = render(before);
		if (after === before) return message;
		return { ...message, sections: placed(sections, after ?? (index === 0 ? undefined : null)) };
	});
}

/** Where pi has it: before the folder, which comes last of its own. */
function placed(
	sections: Readonly<Record<string, string | null>>,
	section: string | null | undefined,
): Record<string, string | null> {
	const { [SKILLS_SECTION]: _, cwd, ...others } = sections;
	const known = Object.hasOwn(sections, SKILLS_SECTION);
	if (known && section !== undefined) return { ...sections, [SKILLS_SECTION]: section };
	return {
		...others,
		...(section === undefined ? {} : { [SKILLS_SECTION]: section }),
		...(cwd === undefined ? {} : { cwd }),
	};
}

/** A whole section out of pi's list of skills, as pi makes it; undefined for an empty list. */
export function sectionOf(list: string): string | undefined {
	const text = list.trim();
	return text === "" ? undefined : `<${SKILLS_SECTION}>\n${text}\n</${SKILLS_SECTION}>`;
}

/** `/skill:name what to do` as pi expands it for the skills that it has loaded. */
export function expanded({ name, location }: Offer, content: string, rest: string): string {
	const body = content.replace(/^---\r?\n.*?\r?\n---(?:\r?\n|$)/s, "").trim();
	const folder = location.slice(0, location.lastIndexOf("/"));
	const block = `<skill name="${name}" location="${location}">\nReferences are relative to ${folder}.\n\n${body}\n</skill>`;
	return rest === "" ? block : `${block}\n\n${rest}`;
}
