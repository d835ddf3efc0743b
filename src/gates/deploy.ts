/**
 * No deploy without a way back: a command that deploys, as a person has named them, is run by an agent only when a
 * verified backup or a snapshot of the hub is young enough. `flagship deploy` makes its own and is never asked.
 */
import { parseShell, type Simple, type Word } from "./shell.ts";

/** The newest thing that the hub can be had back from. */
export interface WayBack {
	readonly what: "backup" | "snapshot";
	/** ISO 8601, UTC */
	readonly at: string;
}

/** The tag of a snapshot that holds the hub. */
export const HUB_TAG = "hub";

/** They run what follows them. */
const RUNNERS = new Set(
	"env command builtin nice timeout stdbuf xargs sudo doas nohup exec time setsid bash sh zsh dash node python python3".split(
		" ",
	),
);
/** They read a word as a command line, here or elsewhere. */
const SHELLS = /(^|\/)((ba|z|da|k|a)?sh|ssh|su|eval|watch)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
/** How deep a command inside a command is followed; nobody types more. */
const DEPTH = 5;

/** The first of these commands that a command line runs; `commands` are beginnings, such as `npm run deploy`. */
export function deployCommand(command: string, commands: readonly string[], depth = 0): string | undefined {
	const known = commands.map((text) => text.trim()).filter((text) => text !== "");
	if (known.length === 0 || depth > DEPTH) return undefined;
	const simples = parseShell(command);
	if (simples === undefined) return known.find((one) => plain(command).includes(plain(one)));
	for (const { words } of simples) {
		const found = known.find((one) => begins(words, one)) ?? inside(words, known, depth);
		if (found !== undefined) return found;
	}
	return undefined;
}

const plain = (text: string): string => text.replace(/["'\\]/g, "").replace(/\s+/g, " ");

/** A command that is given to a shell as one word. */
function inside(words: Simple["words"], known: readonly string[], depth: number): string | undefined {
	const shell = words.findIndex(({ text }) => SHELLS.test(text));
	const scripts = shell < 0 ? [] : words.slice(shell + 1).filter(({ text }) => /\s/.test(text));
	for (const { text } of scripts) {
		const found = deployCommand(text, known, depth + 1);
		if (found !== undefined) return found;
	}
	return undefined;
}

function begins(words: readonly Word[], command: string): boolean {
	const wanted = command.split(/\s+/);
	return starts(words).some((at) =>
		wanted.every((word, n) => same(words[at + n]?.text ?? "", word, n === 0 && !command.startsWith("/"))),
	);
}

/** `./deploy.sh` and `scripts/deploy.sh` are `deploy.sh`. */
const same = (text: string, word: string, program: boolean): boolean =>
	text === word || (program && (text === `./${word}` || (!word.includes("/") && text.endsWith(`/${word}`))));

/** Where in the words a program may begin: at the first, and after each that runs another, past flags and values. */
function starts(words: readonly Word[]): readonly number[] {
	const found: number[] = [];
	let runs = true;
	for (const [at, { text }] of words.entries()) {
		if (!runs) break;
		found.push(at);
		const name = text.slice(text.lastIndexOf("/") + 1);
		const flag = at > 0 && (text.startsWith("-") || words[at - 1]?.text.startsWith("-") === true);
		runs = RUNNERS.has(name) || ASSIGNMENT.test(text) || flag || /^[\d.]+[smhd]?$/.test(text);
	}
	return found;
}

/** Why the command may not run; `undefined` when it may. `now` in ms; `known`: what the hub says, or why it cannot. */
export function deployRefusal(
	command: string,
	known: WayBack | undefined | { readonly unknown: string },
	{ now, minutes }: { readonly now: number; readonly minutes: number },
): string | undefined {
	if (known !== undefined && "unknown" in known)
		return `Not run: ${command} deploys, and whether there is a backup of the hub is not known: ${known.unknown.replace(/\.$/, "")}. Try again when the hub answers.`;
	const age = known === undefined ? Number.POSITIVE_INFINITY : (now - Date.parse(known.at)) / 60_000;
	if (age <= minutes) return undefined;
	const has = known === undefined ? "there is none" : `the newest ${known.what} is ${Math.floor(age)} minutes old`;
	return `Not run: ${command} deploys, and that wants a backup or snapshot of the hub from the last ${minutes} minutes; ${has}. Have one made first (\`flagship backups make\`, by the orchestrator or a person), then run it again.`;
}
