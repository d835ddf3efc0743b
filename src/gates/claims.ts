/**
 * Does an entry of the work log say what happened? It must name at least one of the facts that it would cover, and must
 * not claim a commit, a changed file, a push or a test count that nothing in this session shows. Words are read
 * narrowly: only a sentence that says something was done is a claim.
 */
import { type Found, isNothing, short } from "./facts.ts";

export interface Evidence {
	/** What the entry would cover. */
	readonly unlogged: Found;
	/** Everything seen in this session. */
	readonly known: Found;
	/** Test counts seen in this session. */
	readonly tests: readonly number[];
}

/** What is wrong with an entry, one sentence each; empty when it matches. */
export function mismatches(text: string, { unlogged, known, tests }: Evidence): readonly string[] {
	const wrong: string[] = [];
	const claimed = text.split(/(?<=[.!?;])\s+|\n+/).filter((sentence) => DONE.test(sentence) && !DENIED.test(sentence));
	const hashes = knownHashes(known);
	for (const sentence of claimed) {
		const files = filesIn(sentence).filter((file) => !knows(known, file));
		if (files.length > 0)
			wrong.push(
				`it says ${files.join(", ")} changed, but nothing seen here changed ${files.length === 1 ? "it" : "them"}`,
			);
		const missing = hashesIn(sentence).filter((hash) => !hashes.some((id) => id.startsWith(hash)));
		if (missing.length > 0) wrong.push(`it names commit ${missing.join(", ")}, which was not made here`);
		else if (/\bcommitted\b/i.test(sentence) && hashes.length === 0)
			wrong.push("it says something was committed, but no commit was made");
		if (/\bpushed\b(?! back)/i.test(sentence) && !known.effects.some((effect) => /push/.test(effect)))
			wrong.push("it says something was pushed, but no push was seen");
	}
	const counts = testsIn(text).filter((count) => !tests.includes(count));
	if (counts.length > 0) wrong.push(`it says ${counts.join(", ")} tests passed, but no test run here showed that`);
	if (!isNothing(unlogged) && !namesOne(text, unlogged)) wrong.push("it names none of the changes");
	return [...new Set(wrong)];
}

/** Verbs of something done. */
const DONE =
	/\b(added|amended|built|changed|cherry-picked|committed|converted|created|deleted|dropped|edited|extended|extracted|fixed|implemented|improved|inlined|introduced|landed|merged|migrated|modified|moved|patched|ported|pushed|reformatted|refactored|removed|renamed|replaced|reverted|rewrote|rewritten|simplified|split|switched|touched|updated|wrote|written)\b/i;
const DENIED =
	/\b(not|never|no longer|nothing|without|will|would|should|could|todo|plan(ned)?|going to|unchanged|n't)\b|n't\b/i;

const EXTENSIONS =
	"[cm]?[jt]sx?|json5?|jsonl|md|mdx|txt|py|rb|go|rs|java|kt|swift|c|h|cc|cpp|hpp|cs|php|sh|bash|zsh|fish|sql|ya?ml|toml|ini|cfg|conf|lock|html?|css|scss|less|vue|svelte|xml|svg|csv|proto|graphql|tf|nix|lua|pl|ex|exs|erl|hs|scala|clj|dart|r|ipynb|env";
const FILE = new RegExp(`(?<![\\w/@:.-])((?:[\\w@.-]+/)*[\\w@.-]*\\w\\.(?:${EXTENSIONS}))(?![\\w/-])`, "gi");
/** Words before a file or commit that make it a reference rather than a claim. */
const REFERENCE =
	/\b(per|from|see|using|via|like|as in|against|than|by|since|before|after|described in|according to|based on|bug in|regression in|introduced in)\s+(?:commit\s+|the\s+)?[`'"(]*$/i;

function filesIn(sentence: string): readonly string[] {
	return [...sentence.matchAll(FILE)]
		.filter((match) => !REFERENCE.test(sentence.slice(0, match.index)))
		.map((match) => match[1] ?? "")
		.filter((file) => !/^(node|next|vue|express|three|d3|e\.g|i\.e)\.\w+$/i.test(file));
}

function hashesIn(sentence: string): readonly string[] {
	return [...sentence.matchAll(/\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b/g)]
		.filter((match) => !REFERENCE.test(sentence.slice(0, match.index)))
		.map((match) => match[0]);
}

function testsIn(text: string): readonly number[] {
	const patterns = [
		/\b(\d{1,6})(?:\/\d{1,6})? (?:unit |integration |new |more |of \d+ )?(?:tests?|specs?)\b[^.;\n]{0,20}?\b(?:pass(?:ed|ing|es)?|green|succeed(?:ed)?|ok)\b/gi,
		/\b(\d{1,6}) (?:passed|passing)\b/gi,
		/\ball (\d{1,6}) (?:tests?|specs?)\b/gi,
	];
	return [...new Set(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => Number(match[1]))))];
}

const knownHashes = (known: Found): readonly string[] => [
	...known.commits.map((commit) => commit.id),
	...known.effects.flatMap((effect) => [...effect.matchAll(/\b[0-9a-f]{7,40}\b/g)].map((match) => match[0])),
];

const allFiles = (found: Found): readonly string[] => [
	...found.files,
	...found.commits.flatMap((commit) => commit.files),
];

/** `src/a.ts` is known when a changed path is it, ends with it, or it ends with that path. */
const knows = (known: Found, file: string): boolean => {
	const named = file.replace(/^\.\//, "");
	return allFiles(known).some((path) => path === named || path.endsWith(`/${named}`) || named.endsWith(`/${path}`));
};

/** Words that stand for anything. */
const COMMON = new Set([
	"index",
	"main",
	"test",
	"tests",
	"with",
	"from",
	"file",
	"src",
	"lib",
	"docs",
	"ran",
	"called",
]);

const wordsOf = (text: string): readonly string[] =>
	text
		.replace(/([a-z])([A-Z])/g, "$1 $2")
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter((word) => word.length > 2);

/** Generous: a path, a file's name with or without its ending, a hash, a commit's subject, a word of an effect. */
function namesOne(text: string, { files, commits, effects }: Found): boolean {
	const lower = text.toLowerCase();
	const words = new Set(wordsOf(text));
	const paths = [...files, ...commits.flatMap((commit) => commit.files)];
	const stems = paths.flatMap((path) => wordsOf((path.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "")));
	return (
		paths.some((path) => lower.includes((path.split("/").at(-1) ?? path).toLowerCase())) ||
		commits.some(
			({ id, subject }) => lower.includes(short(id)) || (subject.length > 3 && lower.includes(subject.toLowerCase())),
		) ||
		[...stems, ...effects.flatMap(wordsOf)].some((word) => words.has(word) && !COMMON.has(word))
	);
}
