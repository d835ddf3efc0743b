/**
 * Which files a command line writes, as far as its spelling says it: a table of the programs that people write files
 * with. Narrow on purpose, since to name a file is not to change it; what no spelling shows, the tree shows afterwards.
 */
import { basename } from "node:path/posix";
import { unwrap } from "./commands.ts";
import { absolute, type Ground } from "./paths.ts";
import { parseShell, type Simple } from "./shell.ts";

export interface Written {
	/** Absolute; may hold `*` and `?`. */
	readonly path: string;
	/** With all that is in it. */
	readonly whole: boolean;
}

type Named = Pick<Written, "whole"> & { readonly text: string };
type Rule = (args: readonly string[]) => readonly Named[];

const isFlag = (arg: string): boolean => arg.startsWith("-") && arg !== "-";
const plain = (args: readonly string[]): readonly string[] => args.filter((arg) => !isFlag(arg));
const each = (texts: readonly string[], whole = false): readonly Named[] => texts.map((text) => ({ text, whole }));

const files: Rule = (args) => each(plain(args));
const trees: Rule = (args) => each(plain(args), true);

/** The last one named, or the files that come to lie in it. */
const last: Rule = (args) => {
	const flag = args.findIndex((arg) => arg === "-t" || arg.startsWith("--target-directory"));
	const named = plain(args);
	const folder = flag === -1 ? named.at(-1) : (args[flag]?.split("=")[1] ?? args[flag + 1]);
	if (folder === undefined) return [];
	return each([folder, ...named.filter((text) => text !== folder).map((text) => `${folder}/${basename(text)}`)]);
};

/** Only with the flag that has them write in place. */
const inPlace =
	(flag: RegExp): Rule =>
	(args) =>
		args.some((arg) => flag.test(arg)) ? each(plain(args), true) : [];

const rules: Readonly<Record<string, Rule>> = {
	...Object.fromEntries(["tee", "touch", "truncate", "shred", "patch", "ed", "ex"].map((name) => [name, files])),
	...Object.fromEntries(["rm", "rmdir", "unlink", "chmod", "chown"].map((name) => [name, trees])),
	...Object.fromEntries(["black", "rustfmt", "isort"].map((name) => [name, trees])),
	cp: last,
	ln: last,
	install: last,
	rsync: last,
	mv: (args) => [...last(args), ...trees(plain(args).slice(0, -1))],
	sed: inPlace(/^(-[a-zA-Z]*i|--in-place)/),
	perl: inPlace(/^-[a-zA-Z0]*i/),
	sort: (args) => each(args.filter((_, at) => /^(-o|--output)$/.test(args[at - 1] ?? ""))),
	dd: (args) => each(args.flatMap((arg) => (arg.startsWith("of=") ? [arg.slice(3)] : []))),
	find: (args) =>
		args.some((arg) => /^-(delete|exec|execdir|ok|okdir)$/.test(arg))
			? each(args.slice(0, Math.max(1, args.findIndex(isFlag))), true)
			: [],
	// Putting a file back as it was committed is what one is asked to do about it: checkout and restore are free.
	git: (args) => {
		const [verb = "", ...rest] = args[0] === "-C" ? args.slice(2) : args;
		return verb === "rm" || verb === "mv" ? trees(rest) : [];
	},
};

/** Formatters and the like, whatever their name. */
const anyProgram: Rule = inPlace(/^(-w|--write|--fix|--in-?place|-i)$/);

const SHELL = /^(ba|z|da|k|a)?sh$/;
const CODE = /^(python[\d.]*|node|ruby|perl|php|deno|bun|tsx)$/;
/** Signs of writing in code of any language. */
const WRITES = /write|append|open\s*\([^)]*['"][rb]?[wax]|unlink|remove|rmtree|rename|truncate|copy|\bmv\b|\brm\b|>/i;
const PATHS = /(?:[\w@.+~$[\]-]*\/)+[\w@.+[\]-]+|[\w@+-]+\.\w{1,6}\b/g;
const DEPTH = 5;

/** For a command line that starts in the ground's folder. */
export function writtenBy(ground: Pick<Ground, "cwd" | "variables">, command: string, depth = 0): readonly Written[] {
	const text = command.replace(/\$\{(\w+)\}/g, "$$$1");
	const simples = depth > DEPTH ? undefined : parseShell(text);
	if (simples === undefined) return placed(ground, inCode(text), ground.cwd);
	let cwd: string | undefined = ground.cwd;
	const found: Written[] = [];
	for (const simple of simples) {
		found.push(...placed(ground, named(simple, text), cwd));
		for (const script of scriptsOf(simple))
			found.push(...(cwd === undefined ? [] : writtenBy({ ...ground, cwd }, script, depth + 1)));
		const [program, target] = simple.words;
		if (program?.text === "cd" || program?.text === "pushd")
			cwd = target === undefined ? ground.variables.HOME : absolute(ground, target.text, cwd);
	}
	return found;
}

function named(simple: Simple, whole: string): readonly Named[] {
	const [program, ...args] = unwrap(simple.words).map((word) => word.text);
	const redirected = each(simple.writes.map((target) => target.text));
	if (program === undefined) return redirected;
	const name = basename(program);
	const rule = Object.hasOwn(rules, name) ? rules[name] : anyProgram;
	return [...redirected, ...(rule?.(args) ?? []), ...(CODE.test(name) ? codeOf(args, whole) : [])];
}

/** Code on the command line, or fed to the interpreter: then the whole line is looked through. */
function codeOf(args: readonly string[], whole: string): readonly Named[] {
	const at = args.findIndex((arg) => /^(-[a-zA-Z]*[cepr]|--eval|--print)$/.test(arg));
	if (at !== -1) return inCode(args.slice(at + 1).join("\n"));
	return plain(args).every((arg) => arg === "-") ? inCode(whole) : [];
}

const inCode = (code: string): readonly Named[] =>
	WRITES.test(code) ? each([...code.matchAll(PATHS)].map(([path]) => path)) : [];

function scriptsOf({ words }: Simple): readonly string[] {
	const texts = unwrap(words).map((word) => word.text);
	if (!SHELL.test(basename(texts[0] ?? "")) && texts[0] !== "eval") return [];
	return texts.slice(1).filter((text) => /\s/.test(text));
}

function placed(
	ground: Pick<Ground, "variables">,
	texts: readonly Named[],
	cwd: string | undefined,
): readonly Written[] {
	return texts.flatMap(({ text, whole }) =>
		braces(text).flatMap((one) => {
			const path = one === "" ? undefined : absolute(ground, one.replace(/\[[^\]]*\]/g, "?"), cwd);
			return path === undefined ? [] : [{ path, whole }];
		}),
	);
}

const BRACES_MAX = 64;

/** `src/{a,b}.ts` as the shell takes it apart. */
function braces(text: string): readonly string[] {
	const [whole, before = "", inside = "", after = ""] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(text) ?? [];
	if (whole === undefined) return [text];
	return inside
		.split(",")
		.flatMap((part) => braces(`${before}${part}${after}`))
		.slice(0, BRACES_MAX);
}
