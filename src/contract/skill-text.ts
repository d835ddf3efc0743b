/** What a SKILL.md says of itself: its front matter, of which agents are told name and description. */

export interface Front {
	readonly name?: string;
	readonly description?: string;
}

const FRONT = /^---\r?\n(.*?)\r?\n---(?:\r?\n|$)/s;

/** Plain, quoted and folded values; of more complicated YAML nothing is taken, and whoever publishes is told what lacks. */
export function frontOf(content: string): Front {
	const [, front = ""] = FRONT.exec(content) ?? [];
	const name = valueIn(front, "name");
	const description = valueIn(front, "description");
	return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
}

function valueIn(front: string, key: string): string | undefined {
	const lines = front.split(/\r?\n/);
	const at = lines.findIndex((line) => line.startsWith(`${key}:`));
	const first = lines[at]?.slice(key.length + 1).trim();
	if (first === undefined) return undefined;
	const below = lines.slice(at + 1);
	const end = below.findIndex((line) => /^\S/.test(line));
	const folded = below.slice(0, end === -1 ? undefined : end).map((line) => line.trim());
	const parts = /^[>|][+-]?$/.test(first) ? folded : [first, ...folded];
	const whole = parts.filter((part) => part !== "").join(" ");
	return unquoted(whole) || undefined;
}

function unquoted(value: string): string {
	if (/^'.*'$/s.test(value)) return value.slice(1, -1).replaceAll("''", "'");
	if (!/^".*"$/s.test(value)) return value;
	try {
		return String(JSON.parse(value));
	} catch {
		// An escape that only YAML knows: the text between the quotes says it well enough.
		return value.slice(1, -1);
	}
}
