/**
 * Pushes as they are spelled in a command line: the friendly first answer, before anything runs. What holds is the
 * `pre-push` hook (`push.ts`); here are refused the spellings that would make git pass the hook by.
 */
import { parseShell, type Word } from "./shell.ts";

export type Spelling =
	/** Goes around the hook. */
	| { readonly type: "around"; readonly what: string }
	/** Names a protected branch. */
	| { readonly type: "protected"; readonly branch: string };

const SHELLS = /^(ba|z|da|k|a)?sh$/;
/** How deep a command inside a command is followed; nobody types more. */
const DEPTH = 5;
/** Any beginning of it that git would take, too. */
const NO_VERIFY = /^--no-v(e(r(i(f(y)?)?)?)?)?$/;
/** The variables by which the hook is set: `protocol` of git for `-c` in an environment. */
const VARIABLE = /^GIT_CONFIG_(COUNT|KEY_\d+|VALUE_\d+|PARAMETERS)\b/;
/** They speak to a remote without git's hooks. */
const BARE_VERBS = new Set(["send-pack", "http-push", "remote-http", "remote-https", "remote-ext", "remote-fd"]);
const TAKES_VALUE = new Set(["-C", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--exec-path"]);
const PUSH_TAKES_VALUE = new Set(["-o", "--push-option", "--receive-pack", "--exec"]);

/** The first thing in a command line that this gate refuses. `branches`: names of the protected ones. */
export function pushSpelling(command: string, branches: readonly string[], depth = 0): Spelling | undefined {
	if (!/git|GIT_/.test(command) || depth > DEPTH) return undefined;
	const simples = parseShell(command);
	if (simples === undefined) return unreadable(command);
	for (const { words } of simples) {
		const found = ofWords(words, branches, depth, command);
		if (found !== undefined) return found;
	}
	return undefined;
}

const around = (what: string): Spelling => ({ type: "around", what });

/** A command that cannot be read is searched as text. */
function unreadable(command: string): Spelling | undefined {
	const text = command.replace(/["'\\]/g, "");
	if (/\bGIT_CONFIG_(COUNT|KEY_|VALUE_|PARAMETERS)/.test(text)) return around("GIT_CONFIG_…");
	if (/\bgit\b[^\n]*\bhookspath\b/i.test(text)) return around("core.hooksPath");
	if (/\bpush\b[^\n]*--no-v/.test(text)) return around("--no-verify");
	if (/\bgit\b[^\n]*\b(send-pack|http-push)\b/.test(text)) return around("git send-pack");
	return undefined;
}

function ofWords(
	words: readonly Word[],
	branches: readonly string[],
	depth: number,
	whole: string,
): Spelling | undefined {
	const texts = words.map((word) => word.text);
	const variable = texts.find((text) => VARIABLE.test(text));
	if (variable !== undefined) return around(variable.replace(/=.*/s, ""));
	for (const [at, text] of texts.entries()) {
		const program = text.slice(text.lastIndexOf("/") + 1);
		if (program === "git") return gitSpelling(words.slice(at + 1), branches, depth, whole) ?? emptied(texts, at);
		if (BARE_VERBS.has(program.replace(/^git-/, "")) && program.startsWith("git-")) return around(program);
		if (program === "git-push") return pushWords(words.slice(at + 1), branches, whole);
		if (SHELLS.test(program) || program === "eval") {
			const script = texts.slice(at + 1).find((word) => /\s/.test(word));
			const inside = script === undefined ? undefined : pushSpelling(script, branches, depth + 1);
			return inside ?? (script !== undefined && /git/.test(script) ? emptied(texts, at) : undefined);
		}
	}
	return undefined;
}

/** `env -i git …`: without its variables git knows no hook. */
function emptied(texts: readonly string[], at: number): Spelling | undefined {
	const before = texts.slice(0, at);
	const env = before.findIndex((text) => /(^|\/)env$/.test(text));
	return env !== -1 && before.slice(env).some((text) => /^(-|-i|--ignore-environment)$/.test(text))
		? around("env -i")
		: undefined;
}

function gitSpelling(
	words: readonly Word[],
	branches: readonly string[],
	depth: number,
	whole: string,
): Spelling | undefined {
	let at = 0;
	for (; words[at]?.text.startsWith("-"); at += 1) {
		const option = words[at]?.text ?? "";
		const value = words[at + 1]?.text ?? "";
		if (option === "-c" || option.startsWith("--config-env")) {
			const setting = option.includes("=") ? option.slice(option.indexOf("=") + 1) : value;
			const found = ofSetting(setting, branches, depth, whole);
			if (found !== undefined) return found;
			if (!option.includes("=")) at += 1;
		} else if (TAKES_VALUE.has(option)) at += 1;
	}
	const verb = words[at]?.text ?? "";
	const rest = words.slice(at + 1);
	if (BARE_VERBS.has(verb)) return around(`git ${verb}`);
	if (verb === "push") return pushWords(rest, branches, whole);
	// An alias that is stored: `git config alias.p "push --no-verify"`.
	if (verb === "config" && rest.some(({ text }) => /\bpush\b.*--no-v|send-pack|hookspath=/is.test(text)))
		return around("an alias of such a push");
	return undefined;
}

function ofSetting(setting: string, branches: readonly string[], depth: number, whole: string): Spelling | undefined {
	const [name = "", ...value] = setting.split("=");
	if (/^(core\.hookspath$|include)/i.test(name)) return around(`-c ${name}`);
	if (!/^alias\./i.test(name)) return undefined;
	const alias = value.join("=");
	if (alias.startsWith("!")) return pushSpelling(alias.slice(1), branches, depth + 1);
	const words = alias.split(/\s+/).map((text): Word => ({ text, expands: false }));
	return gitSpelling(words, branches, depth + 1, whole);
}

function pushWords(words: readonly Word[], branches: readonly string[], whole: string): Spelling | undefined {
	const texts = words.map((word) => word.text);
	if (texts.some((text) => NO_VERIFY.test(text))) return around("--no-verify");
	if (words.some((word) => word.expands) && /--no-v/.test(whole)) return around("--no-verify");
	const named: string[] = [];
	for (let at = 0; at < texts.length; at += 1) {
		const text = texts[at] ?? "";
		if (PUSH_TAKES_VALUE.has(text)) at += 1;
		else if (!text.startsWith("-")) named.push(text);
	}
	for (const refspec of named.slice(1)) {
		const branch = refspec
			.slice(refspec.lastIndexOf(":") + 1)
			.replace(/^\+/, "")
			.replace(/^(refs\/)?heads\//, "");
		if (branches.includes(branch)) return { type: "protected", branch };
	}
	return undefined;
}

export const aroundText = (what: string): string =>
	`Not run: ${what} would push without the check that keeps main safe. Push a branch of your own with plain \`git push\`; the repository's hooks run with it.`;
