/**
 * Which commands leave no trace. The table decides only that: whatever is not in it counts as work. Three answers:
 * `none` (nothing to look for), `tree` (works on files below the folder and on git, so the tree tells), `work` (may
 * have done anything anywhere, so it is named even when the tree shows nothing).
 */
import { isAbsolute, join, normalize, relative } from "node:path/posix";
import { parseShell, type Simple, type Word } from "./shell.ts";

export type Trace = "none" | "tree" | "work";

export interface Judged {
	readonly trace: Trace;
	/** Programs that are not known, with their subcommand; never arguments, which may hold secrets. */
	readonly programs: readonly string[];
	/** It names git, or is not understood: any ref may have moved because of it. */
	readonly refs: boolean;
	readonly push: boolean;
	/** Part of it may go on after the tool has answered. */
	readonly background: boolean;
}

export interface Place {
	/** Where the command starts. */
	readonly cwd: string;
	/** The observed folder: everything below it is seen. */
	readonly root: string;
	/** The root is a git repository, so commits and refs are seen too. */
	readonly git: boolean;
	/** Folders for passing things, such as /tmp: what is left there does not last. */
	readonly scratch: readonly string[];
}

type Rule = (args: readonly string[], words: readonly Word[], place: Place) => Trace;

const split = (words: string): readonly string[] => words.trim().split(/\s+/);

const LOOK = new Set(
	split(`ls cat head tail wc grep egrep fgrep zgrep rg ag ack pwd echo printf true false : test [ which type whereis
		file stat du df date whoami id uname hostname printenv ps pgrep lsof uptime free basename dirname realpath
		readlink sleep seq cut tr paste column nl tac rev fold fmt diff cmp comm jq md5sum sha1sum sha256sum shasum cksum
		hexdump od strings tree cd pushd popd export unset set shopt read local declare exit return break continue wait
		jobs ulimit hash history man less more nproc getconf locale tty bc expr base64 dig nslookup host ping cloc tokei
		trap shift let umask`),
);

/** They work on the files that they name. */
const FILES = new Set(split("mkdir rmdir touch cp mv rm ln chmod tee patch tar unzip zip gzip gunzip truncate split"));

/** Tests, builds, linters: they leave what they leave in the tree. */
const BUILD = new Set(
	split(`vitest jest mocha ava tap pytest tox nose2 phpunit rspec ctest tsc biome eslint prettier stylelint ruff black
		mypy pyright flake8 pylint isort rustfmt gofmt shellcheck hadolint rollup esbuild swc nyc c8 playwright`),
);

const LOOKING_GIT = new Set(
	split(`status log diff show rev-parse ls-files ls-tree blame grep describe cat-file shortlog rev-list for-each-ref
		merge-base name-rev show-ref check-ignore check-attr count-objects diff-tree diff-index diff-files whatchanged
		version help var cherry range-diff verify-commit show-branch`),
);

/** Seen in the tree or in refs of this repository; `push` and `fetch` in the remote's tracking refs. */
const WORKING_GIT = new Set(
	split(`add rm mv commit checkout switch restore reset revert merge rebase cherry-pick stash branch tag clean apply am
		pull fetch init notes update-ref sparse-checkout worktree push`),
);

const flagless = (args: readonly string[]): readonly string[] => args.filter((arg) => !arg.startsWith("-"));
const has = (args: readonly string[], pattern: RegExp): boolean => args.some((arg) => pattern.test(arg));

const rules: Readonly<Record<string, Rule>> = {
	find: (args) => (has(args, /^-(delete|exec|execdir|ok|okdir|fprint.*|fls)$/) ? "work" : "none"),
	fd: (args) => (has(args, /^(-x|-X|--exec.*)$/) ? "work" : "none"),
	sort: (args) => (has(args, /^(-[a-zA-Z]*o|--output)/) ? "tree" : "none"),
	uniq: (args) => (flagless(args).length > 1 ? "tree" : "none"),
	yq: (args) => (has(args, /^(-[a-zA-Z]*i|--inplace)/) ? "tree" : "none"),
	sed: (args) =>
		args[0] === "-n" && /^[\d,$;p\s]+$/.test(args[1] ?? "")
			? "none"
			: has(args, /^(-[a-zA-Z]*i|--in-place)/) || has(args, /[we]\b/)
				? "tree"
				: "none",
	awk: (args) => (has(args, />|\||system|getline|inplace/) ? "work" : "none"),
	xxd: (args) => (has(args, /^-r/) || flagless(args).length > 1 ? "tree" : "none"),
	curl: (args) =>
		has(args, /^(-[a-zA-Z]*[XdFToOK]|--(request|data|form|upload|output|remote|json|config|post|url-query).*)/)
			? "work"
			: "none",
	git: (args, words, place) => gitRule(args, words, place),
	gh: (args) => (/^(view|list|status|diff|checks|search)$/.test(args[1] ?? "") ? "none" : "work"),
	npm: (args, words, place) => packageRule(args, words, place),
	pnpm: (args, words, place) => packageRule(args, words, place),
	yarn: (args, words, place) => packageRule(args, words, place),
	npx: (args) => (BUILD.has(flagless(args)[0] ?? "") ? "tree" : "work"),
	node: (args) => (args[0] === "--test" ? "tree" : /^(-v|--version|--check|-c)$/.test(args[0] ?? "") ? "none" : "work"),
	cargo: (args) => (/^(test|build|check|clippy|fmt|bench|doc|tree)$/.test(args[0] ?? "") ? "tree" : "work"),
	go: (args) => (/^(test|build|vet|fmt|list|doc|version|env)$/.test(args[0] ?? "") ? "tree" : "work"),
	make: (args) =>
		args.length === 0 || args.every((arg) => /^(test|check|build|lint|all)$/.test(arg)) ? "tree" : "work",
	python: (args) => (args[0] === "-m" && BUILD.has(args[1] ?? "") ? "tree" : versionOr(args, "work")),
	python3: (args) => (args[0] === "-m" && BUILD.has(args[1] ?? "") ? "tree" : versionOr(args, "work")),
	docker: (args) => (/^(ps|images|logs|inspect|version|info|stats)$/.test(args[0] ?? "") ? "none" : "work"),
	kubectl: (args) => (/^(get|describe|logs|version|explain)$/.test(args[0] ?? "") ? "none" : "work"),
	// Reading what the fleet knows; its changes come as tools, or count as work here.
	flagship: (args) => (/^(status|doctor|version|help)$/.test(args[0] ?? "") ? "none" : "work"),
};

const versionOr = (args: readonly string[], otherwise: Trace): Trace =>
	/^(-V|--version)$/.test(args[0] ?? "") && args.length === 1 ? "none" : otherwise;

function gitRule(args: readonly string[], words: readonly Word[], place: Place): Trace {
	let rest = args;
	let elsewhere = false;
	while (rest[0] === "--no-pager" || rest[0] === "--no-optional-locks" || rest[0] === "-C") {
		elsewhere ||= rest[0] === "-C";
		rest = rest.slice(rest[0] === "-C" ? 2 : 1);
	}
	const [verb = "", ...after] = rest;
	if (LOOKING_GIT.has(verb)) return has(after, /^--output/) ? "tree" : "none";
	if (isListing(verb, after)) return "none";
	if (!WORKING_GIT.has(verb) || !place.git || elsewhere) return "work";
	// `worktree add` and `init` may reach outside; a push to an address moves no tracking ref and is named by itself.
	return verb === "worktree" || verb === "init" ? filesRule(words, place) : "tree";
}

function isListing(verb: string, args: readonly string[]): boolean {
	switch (verb) {
		case "branch":
			return args.every((arg) => /^(-a|-r|-v|-vv|--list|--all|--show-current|--(no-)?(merged|contains).*)$/.test(arg));
		case "tag":
			return args.length === 0 || /^(-l|--list|-n\d*)$/.test(args[0] ?? "");
		case "remote":
			return args.length === 0 || /^(-v|show|get-url)$/.test(args[0] ?? "");
		case "stash":
		case "worktree":
		case "reflog":
		case "notes":
			return /^(list|show)$/.test(args[0] ?? "") || (verb === "reflog" && args.length === 0);
		case "config":
			return has(args, /^(--get.*|-l|--list|get|list)$/);
		case "":
		case "--version":
			return true;
		default:
			return false;
	}
}

function packageRule(args: readonly string[], words: readonly Word[], place: Place): Trace {
	const verb = args[0] ?? "";
	if (/^(ls|list|view|info|outdated|audit|why|explain|root|bin|prefix|-v|--version|help)$/.test(verb)) return "none";
	const script = verb === "run" || verb === "run-script" ? (args[1] ?? "") : verb;
	if (/^(t|tst|test|build|lint|check|typecheck|format|fmt|bench|coverage|compile|dev)([:.-].*)?$/.test(script))
		return "tree";
	if (/^(i|ci|install|add|remove|uninstall)$/.test(verb) && !has(args, /^(-g|--global)$/))
		return filesRule(words, place);
	return verb === "run" && script === "" ? "none" : "work";
}

/** `tree` when every path named is below the observed folder, `none` when all of them are scratch. */
function filesRule(words: readonly Word[], place: Place): Trace {
	const traces = words.filter((word) => !word.text.startsWith("-")).map((word) => where(word, place));
	if (traces.includes("work")) return "work";
	return traces.length > 0 && traces.every((trace) => trace === "none") ? "none" : "tree";
}

const below = (folder: string, path: string): boolean => {
	const step = relative(folder, path);
	return step === "" || (!step.startsWith("..") && !isAbsolute(step));
};

/** Where a path lies: seen (`tree`), scratch (`none`), or elsewhere (`work`). */
function where(word: Word, place: Place): Trace {
	if (word.text.startsWith("~") || word.text.includes("$")) return "work";
	const path = normalize(isAbsolute(word.text) ? word.text : join(place.cwd, word.text));
	if (/^\/dev\/(null|stdout|stderr|tty|fd\/\d+)$/.test(path)) return "none";
	if (below(place.root, path)) return "tree";
	return place.scratch.some((folder) => below(folder, path)) ? "none" : "work";
}

const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
/** Programs that run the program after them, with the flags that take a value. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
	env: /^(-u|-C|-S)$/,
	command: /^$/,
	builtin: /^$/,
	nice: /^-n$/,
	timeout: /^(-k|-s)$/,
	stdbuf: /^-[ioe]$/,
	xargs: /^-[nIPLdEs]$/,
};

/** The command without assignments and wrappers. */
export function unwrap(words: readonly Word[]): readonly Word[] {
	let rest = words;
	for (;;) {
		const first = rest[0];
		if (first === undefined) return rest;
		const wrapper = Object.hasOwn(WRAPPERS, first.text) ? WRAPPERS[first.text] : undefined;
		if (ASSIGNMENT.test(first.text)) rest = rest.slice(1);
		else if (wrapper === undefined) return rest;
		else {
			rest = rest.slice(1);
			while (rest[0]?.text.startsWith("-")) rest = rest.slice(wrapper.test(rest[0].text) ? 2 : 1);
			if (first.text === "timeout") rest = rest.slice(1);
		}
	}
}

const WORST: readonly Trace[] = ["none", "tree", "work"];
const worst = (traces: readonly Trace[]): Trace => WORST[Math.max(0, ...traces.map((t) => WORST.indexOf(t)))] ?? "work";

/** What one simple command may leave behind. */
export function traceOf(simple: Simple, place: Place): Trace {
	const words = unwrap(simple.words);
	const redirected = worst(simple.writes.map((target) => (target.expands ? "work" : where(target, place))));
	const program = words[0];
	if (program === undefined) return redirected;
	return worst([redirected, programTrace(program, words.slice(1), place), simple.background ? "work" : "none"]);
}

function programTrace(program: Word, words: readonly Word[], place: Place): Trace {
	if (program.expands) return "work";
	const rule = Object.hasOwn(rules, program.text) ? rules[program.text] : undefined;
	const args = words.map((word) => word.text);
	if (rule !== undefined) return rule(args, words, place);
	if (LOOK.has(program.text)) return "none";
	if (FILES.has(program.text)) return filesRule(words, place);
	return BUILD.has(program.text.replace(/^(\.\/)?node_modules\/\.bin\//, "")) ? "tree" : "work";
}

/** The program and, where it is a plain word, its subcommand: `npm publish`, `deploy.sh`. */
function nameOf(simple: Simple): string {
	const [program, next] = unwrap(simple.words);
	if (program === undefined || program.text.startsWith("$")) return "a command";
	const name = program.text.slice(program.text.lastIndexOf("/") + 1).slice(0, 40);
	const sub = next !== undefined && !next.expands && /^[a-z][a-z-]{1,19}$/.test(next.text) ? ` ${next.text}` : "";
	return `${name}${sub}`;
}

/** What a command line may leave behind when it starts in `place`. */
export function judge(command: string, start: Place): Judged {
	const simples = parseShell(command);
	if (simples === undefined)
		return { trace: "work", programs: [guess(command)], refs: true, push: /\bpush\b/.test(command), background: false };
	let place = start;
	const traces: Trace[] = [];
	const programs = new Set<string>();
	const gits: (readonly string[])[] = [];
	for (const simple of simples) {
		const words = unwrap(simple.words);
		const program = words[0]?.text;
		const trace = traceOf(simple, place);
		traces.push(trace);
		if (trace === "work") programs.add(nameOf(simple));
		if (program === "git") gits.push(words.map((word) => word.text));
		if (program === "cd" || program === "pushd") place = moved(place, words[1]);
	}
	const trace = worst(traces);
	return {
		trace,
		programs: [...programs],
		refs: trace === "work" || gits.length > 0,
		push: gits.some((words) => words.includes("push")),
		background: simples.some((simple) => simple.background || simple.words[0]?.text === "nohup"),
	};
}

/** After `cd`: a folder that is not known to be below the root makes every later path unknown. */
function moved(place: Place, target: Word | undefined): Place {
	const unknown = target === undefined || target.expands || where(target, place) !== "tree";
	if (unknown) return { ...place, cwd: "/", root: "/nowhere", git: false };
	return { ...place, cwd: normalize(isAbsolute(target.text) ? target.text : join(place.cwd, target.text)) };
}

const guess = (command: string): string => /^\s*([\w./-]{1,40})/.exec(command)?.[1] ?? "a command";
