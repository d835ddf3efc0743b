/**
 * Git hooks of a lieutenant. Its environment names a hooks folder of its own (`GIT_CONFIG_COUNT`), so that nothing of the
 * person's repository is changed and the person's own pushes are untouched. `pre-push` asks this package; every hook
 * then hands on to the one that the repository has, wherever that is configured.
 */
import type { PushPolicy } from "../../gates/push.ts";
import type { Files } from "../../world.ts";

export const hooksFolder = (folder: string): string => `${folder}/hooks`;
const policyFile = (folder: string): string => `${folder}/push-policy.json`;

/**
 * The hooks that git runs on this side. Left out are those that run several times per command
 * (`reference-transaction`, `post-index-change`): a process for each would be felt.
 */
const HANDED_ON = [
	...["applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg"],
	...["commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-auto-gc", "post-rewrite"],
	...["sendemail-validate", "push-to-checkout"],
] as const;

/** Without our own setting, git says where the repository's hooks are. */
const OWN_HOOK = (name: string): string => `hooks=$(GIT_CONFIG_COUNT=0 git rev-parse --git-path hooks) || exit 0
[ "$hooks" != "\${0%/*}" ] || exit 0
hook="$hooks/${name}"
[ -x "$hook" ] || exit 0
`;

const handedOn = (name: string): string => `#!/bin/sh
# Written by Flagship: hands on to the repository's own hook.
${OWN_HOOK(name)}exec "$hook" "$@"
`;

const prePush = (command: readonly string[], policy: string): string => `#!/bin/sh
# Written by Flagship: which branches may be pushed to, then the repository's own hook.
refs=$(cat)
printf '%s\\n' "$refs" | ${[...command, "gate", "pre-push", policy].map(quoted).join(" ")} "$@" || exit 1
${OWN_HOOK("pre-push")}[ -n "$refs" ] || exec "$hook" "$@" </dev/null
printf '%s\\n' "$refs" | "$hook" "$@"
`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Writes them anew at each start. `command`: how this package's command line is run. */
export function writeHooks(files: Files, folder: string, policy: PushPolicy, command: readonly string[]): void {
	const hooks = hooksFolder(folder);
	files.makeFolder(hooks);
	lay(files, policyFile(folder), `${JSON.stringify(policy)}\n`, 0o600);
	for (const name of HANDED_ON) lay(files, `${hooks}/${name}`, handedOn(name), 0o700);
	lay(files, `${hooks}/pre-push`, prePush(command, policyFile(folder)), 0o700);
}

/**
 * A file as it shall be for this start. Not forced to the disk, as `files.write` does it: what each start lays anew need
 * not outlive a power cut, and twenty forced writes are a good part of a second.
 */
export function lay(files: Files, path: string, text: string, mode: number): void {
	if (files.read(path) === text) return;
	files.remove(path);
	files.append(path, text, mode);
}

/** Git takes these as it takes `-c`: they are stronger than every file of configuration. */
export const hooksEnvironment = (folder: string): Readonly<Record<string, string>> => ({
	GIT_CONFIG_COUNT: "1",
	GIT_CONFIG_KEY_0: "core.hooksPath",
	GIT_CONFIG_VALUE_0: hooksFolder(folder),
});
