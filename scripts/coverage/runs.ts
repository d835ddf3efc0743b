/** The scripts of package.json that CI runs by themselves, and whose failure is its own. */

/** At the beginning of a line: what stands in a condition or in a comment may never run. */
const HEEDED = /^run_script (\S+)[^|&;]* \|\| status=1$/gm;

export const runsOf = (ci: string, scripts: Readonly<Record<string, string>>): ReadonlySet<string> =>
	new Set([...ci.matchAll(HEEDED)].map(([, name = ""]) => name).filter((name) => scripts[name] !== undefined));
